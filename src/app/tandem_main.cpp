// The program: its command line. What the commands do is in commands_*.cpp; what `up` and `serve` build is in
// house.cpp.
#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>

#include "app/commands.hpp"

using namespace tandem::app;

namespace {

settings load_or_exit(const std::string& config_file) {
  auto loaded = load_settings(config_file);
  if (loaded) return std::move(*loaded);
  std::cerr << "The settings have mistakes:\n";
  for (const auto& mistake : loaded.error()) std::cerr << "  " << mistake << "\n";
  std::exit(2);
}

std::vector<role> every_role() {
  std::vector<role> roles;
  for (const auto& one : all_roles()) roles.push_back(one.what);
  return roles;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Tandem runs Telegram bots that bring people together. Start with `tandem up`: without any setting it "
      "makes a\n"
      "sandbox, a Telegram of its own that you use in the browser.");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Settings: `tandem config print` lists all of them; each can be a line in tandem.toml in the data "
      "folder or "
      "an\nenvironment variable TANDEM_NAME.");
  std::string config;
  app.add_option("--config", config, "The settings file, instead of tandem.toml in the data folder");

  int code = 0;
  const auto settings_now = [&] { return load_or_exit(config); };
  const auto command = [&](CLI::App& in, const char* name, const char* what) {
    return in.add_subcommand(name, what);
  };

  command(app, "up", "Run everything in this process (SIGTERM stops it)")->callback([&] {
    code = run_roles(settings_now(), every_role(), std::cout);
  });

  std::vector<std::string> names;
  auto* serve = command(app, "serve", "Run some roles in this process, for several processes or machines");
  serve->add_option("ROLE", names, "Names of roles, see `tandem roles`")->required();
  serve->callback([&] {
    const auto roles = parse_roles(names);
    if (!roles) {
      std::cerr << roles.error() << "\n";
      code = 2;
      return;
    }
    code = run_roles(settings_now(), *roles, std::cout);
  });

  command(app, "roles", "List the roles, their parts and what they need")->callback([&] {
    code = show_roles(std::cout);
  });

  auto* config_command = command(app, "config", "Look at the settings");
  config_command->require_subcommand(1);
  command(*config_command, "check", "Check all settings at once")->callback([&] {
    code = check_config(settings_now(), std::cout);
  });
  command(*config_command, "print", "Print all settings with their meaning; secrets stay hidden")
      ->callback([&] { code = print_config(settings_now(), std::cout); });

  command(app, "migrate", "Bring the database's schema up to date (`up` does it by itself)")->callback([&] {
    code = migrate(settings_now(), std::cout);
  });
  command(app, "doctor", "Say what is well and what is not: parts, queues, sources, errors, times")
      ->callback([&] { code = doctor(settings_now(), std::cout); });
  command(app, "classify",
          "Judge posts: JSON lines {\"id\",\"text\"} in, one verdict a line out; needs no settings")
      ->callback([&] { code = classify(std::cin, std::cout); });

  std::string profiles_file, showings_file;
  auto* replay_command =
      command(app, "replay",
              "Score past showings of profiles as the dating deck would have: CSV files in, "
              "seq,p_like,p_match out; needs no settings");
  replay_command
      ->add_option("--profiles", profiles_file, "person_id,sex,age,seeks,interests,photos,about_length")
      ->required();
  replay_command
      ->add_option("--showings", showings_file, "seq,viewer_id,candidate_id,liked, in order of time")
      ->required();
  replay_command->callback([&] { code = replay(profiles_file, showings_file, std::cout); });

  std::string file;
  auto* backup_command = command(app, "backup", "Write database, files and keys into one file");
  backup_command->add_option("FILE", file, "The file to write")->required();
  backup_command->callback([&] { code = backup(settings_now(), file, std::cout); });
  auto* restore_command = command(app, "restore", "Bring a backup back, onto an empty installation");
  restore_command->add_option("FILE", file, "The file that `tandem backup` wrote")->required();
  restore_command->callback([&] { code = restore(settings_now(), file, std::cout); });

  auto* admin = command(app, "admin", "The operator");
  admin->require_subcommand(1);
  command(*admin, "create", "Print a one-time code that makes a chat the operator's")->callback([&] {
    code = create_operator_code(settings_now(), std::cout);
  });

  std::string token, category;
  std::int64_t bot_id = 0;
  auto* bots = command(app, "bots", "The Telegram bots of this installation");
  bots->require_subcommand(1);
  auto* add_bot_command =
      command(*bots, "add", "Add a bot for a category; the running program takes it up by itself");
  add_bot_command->add_option("TOKEN", token, "The token from BotFather; - reads it from standard input")
      ->required();
  add_bot_command->add_option("--category", category, "The category that it brings, for example design")
      ->required();
  add_bot_command->callback([&] {
    if (token == "-") std::getline(std::cin, token);
    code = add_bot(settings_now(), token, category, std::cout);
  });
  command(*bots, "list", "List them")->callback([&] { code = list_bots(settings_now(), std::cout); });
  auto* remove_bot_command =
      command(*bots, "remove", "Remove one; its readers move to the others or to the main bot");
  remove_bot_command->add_option("ID", bot_id, "The number in front of the colon of its token")->required();
  remove_bot_command->callback([&] { code = remove_bot(settings_now(), bot_id, std::cout); });

  std::string name, rules_file;
  auto* sources = command(app, "sources", "The channels that are read");
  sources->require_subcommand(1);
  auto* add_source_command = command(*sources, "add", "Read a public channel");
  add_source_command->add_option("NAME", name, "@name or https://t.me/name")->required();
  add_source_command->add_option("--rules", rules_file,
                                 "A file with the rules of this source, see docs/rules.md");
  add_source_command->callback([&] { code = add_source(settings_now(), name, rules_file, std::cout); });
  command(*sources, "list", "List them with their state")->callback([&] {
    code = list_sources(settings_now(), std::cout);
  });
  for (const bool paused : {true, false}) {
    auto* one = command(*sources, paused ? "pause" : "resume", paused ? "Stop reading one" : "Read it again");
    one->add_option("NAME", name, "@name or https://t.me/name")->required();
    one->callback([&, paused] { code = pause_source(settings_now(), name, paused, std::cout); });
  }

  std::string room, level;
  auto* log_command = command(app, "log", "Change what the running program logs");
  log_command->add_option("ROOM", room, "A room such as hunt or telegram; all for every room")->required();
  log_command->add_option("LEVEL", level, "trace, debug, info, warn or error")->required();
  log_command->callback([&] { code = set_log_level(settings_now(), room, level, std::cout); });

  command(app, "version", "Print the version")->callback([] { std::cout << "tandem " TANDEM_VERSION "\n"; });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::exception& error) {
    std::cerr << "tandem: " << error.what() << "\n";
    return 1;
  }
  return code;
}
