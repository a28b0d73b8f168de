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
  bool with_model = false;
  auto* classify_command =
      command(app, "classify", "Judge posts: JSON lines {\"id\",\"text\"} in, one verdict a line out");
  classify_command->add_flag(
      "--with-model", with_model,
      "Ask the language model of the settings, with the shipped prompt; the local judge where it "
      "has no answer");
  classify_command->callback([&] {
    if (with_model) {
      const auto all = settings_now();
      code = classify(std::cin, std::cout, &all);
    } else {
      code = classify(std::cin, std::cout, nullptr);
    }
  });

  int version = 0, limit = 50;
  bool force = false;
  std::string prompt_file;
  auto* prompts = command(app, "prompts", "What the language model is asked");
  prompts->require_subcommand(1);
  command(*prompts, "list", "List the versions, with how they did on labelled posts")->callback([&] {
    code = list_prompts(settings_now(), std::cout);
  });
  auto* show_prompt_command = command(*prompts, "show", "Print one, the live one if none is named");
  show_prompt_command->add_option("VERSION", version, "Its number");
  show_prompt_command->callback([&] {
    code = show_prompt(settings_now(), version == 0 ? std::nullopt : std::optional(version), std::cout);
  });
  auto* add_prompt_command = command(*prompts, "add", "Add a version as a draft");
  add_prompt_command->add_option("FILE", prompt_file, "Its text, as `tandem prompts show` prints it")
      ->required();
  add_prompt_command->callback([&] { code = add_prompt(settings_now(), prompt_file, std::cout); });
  auto* try_prompt_command = command(
      *prompts, "try", "Ask the model about stored posts whose label is known; costs what the model costs");
  try_prompt_command->add_option("VERSION", version, "Its number")->required();
  try_prompt_command
      ->add_option("--limit", limit, "So many posts at most, not tried before; the default is 50")
      ->check(CLI::Range(1, 10'000));
  try_prompt_command->callback([&] { code = try_prompt(settings_now(), version, limit, std::cout); });
  auto* publish_prompt_command =
      command(*prompts, "publish", "Make one live, unless it did worse than the live one");
  publish_prompt_command->add_option("VERSION", version, "Its number")->required();
  publish_prompt_command->add_flag("--force", force, "Also when it did worse, or was not tried");
  publish_prompt_command->callback([&] { code = publish_prompt(settings_now(), version, force, std::cout); });

  std::string model_version;
  auto* models = command(app, "models", "The models of the local judge");
  models->require_subcommand(1);
  command(*models, "list", "List them, with what they were measured on")->callback([&] {
    code = list_models(settings_now(), std::cout);
  });
  command(*models, "train", "Learn from the labels now; a model that is worse is not used")->callback([&] {
    code = train_model(settings_now(), std::cout);
  });
  auto* use_model_command =
      command(*models, "use", "Let one judge; `shipped` is the one that came with the program");
  use_model_command->add_option("VERSION", model_version, "Its name, see `tandem models list`")->required();
  use_model_command->callback([&] { code = use_model(settings_now(), model_version, std::cout); });
  std::string learn_folder;
  auto* learn_command = command(app, "learn", "");
  learn_command->group("");  // started by the program itself
  learn_command->add_option("FOLDER", learn_folder)->required();
  learn_command->callback([&] { code = learn_as_child(learn_folder); });

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

  auto* dating = command(app, "dating", "The dating bot");
  dating->require_subcommand(1);
  std::string granted_to, granted;
  int granted_days = 0;
  auto* grant_command = command(*dating, "grant", "Give a person premium or a boost");
  grant_command->add_option("USER", granted_to, "Telegram id or @username")->required();
  grant_command->add_option("KIND", granted, "premium or boost")->required();
  grant_command->add_option("DAYS", granted_days, "For how long")->required()->check(CLI::Range(1, 3650));
  grant_command->callback(
      [&] { code = grant_right(settings_now(), granted_to, granted, granted_days, std::cout); });

  auto* coefficients = command(*dating, "coefficients", "The numbers of the rating, which are learned");
  coefficients->require_subcommand(1);
  command(*coefficients, "list", "List the versions, with what they were fitted to")->callback([&] {
    code = list_coefficients(settings_now(), std::cout);
  });
  auto* use_coefficients_command =
      command(*coefficients, "use", "Use one and keep it; 0 is what came with the program");
  use_coefficients_command->add_option("VERSION", version, "Its number")->required();
  use_coefficients_command->callback([&] { code = use_coefficients(settings_now(), version, std::cout); });
  command(*coefficients, "refit", "Learn from the latest showings now, and go on every night")->callback([&] {
    code = refit_coefficients(settings_now(), std::cout);
  });

  std::string file;
  auto* backup_command =
      command(app, "backup", "Write database, files, keys and the settings file into one file");
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
  std::string list_file;
  bool skip_bad = false, again = false, sure = false, all_lines = false;
  int days = 7;
  auto* sources = command(app, "sources", "Channels, feeds and chats that are read");
  sources->require_subcommand(1);
  auto* add_source_command = command(*sources, "add", "Read a public channel or a feed, or a list of them");
  add_source_command->add_option("NAME", name, "@name, https://t.me/name or the address of a feed");
  add_source_command->add_option("--file", list_file,
                                 "A list: one a line, or a table; - is the standard input");
  add_source_command->add_option("--rules", rules_file,
                                 "A file with the rules of these sources, see docs/rules.md");
  add_source_command->add_flag("--skip-bad", skip_bad, "Leave out lines that are no sources");
  add_source_command->add_flag("--again", again, "Also a source that was taken down");
  add_source_command->callback(
      [&] { code = add_source(settings_now(), name, list_file, rules_file, skip_bad, again, std::cout); });
  command(*sources, "list", "List them: state, last post, posts a day, share of vacancies")->callback([&] {
    code = list_sources(settings_now(), std::cout);
  });
  for (const bool paused : {true, false}) {
    auto* one = command(*sources, paused ? "pause" : "resume", paused ? "Stop reading one" : "Read it again");
    one->add_option("NAME", name, "As `tandem sources list` shows it")->required();
    one->callback([&, paused] { code = pause_source(settings_now(), name, paused, std::cout); });
  }
  auto* try_source_command =
      command(*sources, "try", "Read one now and show what its rules would do; nothing is stored");
  try_source_command->add_option("NAME", name, "@name, https://t.me/name or the address of a feed")
      ->required();
  try_source_command->add_option("--rules", rules_file, "A file with rules; without it everything passes");
  try_source_command->callback([&] { code = try_source(settings_now(), name, rules_file, std::cout); });
  auto* take_down_command =
      command(*sources, "takedown", "Erase a source's posts, withdraw its vacancies, never read it again");
  take_down_command->alias("remove");
  take_down_command->add_option("NAME", name, "As `tandem sources list` shows it")->required();
  take_down_command->add_flag("--yes", sure, "Do it; it cannot be undone");
  take_down_command->callback([&] { code = take_down_source(settings_now(), name, sure, std::cout); });

  auto* rules = command(app, "rules", "The rules of sources");
  rules->require_subcommand(1);
  auto* try_rules_command =
      command(*rules, "try", "Show what rules pass and drop of the stored posts, and why; changes nothing");
  try_rules_command->add_option("--source", name, "Only posts of this source");
  try_rules_command->add_option("--rules", rules_file, "A file with rules; without it those in force");
  try_rules_command->add_option("--days", days, "Posts seen in the last so many days")
      ->check(CLI::Range(1, 3650));
  try_rules_command->add_flag("--all", all_lines, "Show all posts, not the first 200");
  try_rules_command->callback(
      [&] { code = try_rules(settings_now(), name, rules_file, days, all_lines, std::cout); });

  auto* import_command = command(app, "import", "Take in what was written before");
  import_command->require_subcommand(1);
  auto* export_command = command(*import_command, "export",
                                 "An export of Telegram Desktop in JSON; safe to repeat, however it ended");
  export_command->add_option("FILE", file, "result.json")->required();
  export_command->add_option("--source", name, "The source that its posts belong to; a new one is made")
      ->required();
  export_command->callback([&] { code = import_export(settings_now(), file, name, std::cout); });

  std::string account = "reader";
  auto* reader = command(app, "reader", "Telegram accounts that read what only members see");
  reader->require_subcommand(1);
  auto* login_command =
      command(*reader, "login", "Log an account in on this machine: phone, code, password; or a QR code");
  login_command->add_option("--name", account, "Your word for the account; the default is reader");
  login_command->callback([&] { code = log_in_reader(settings_now(), account, std::cout); });
  command(*reader, "list", "List them: state, sources, joins left today")->callback([&] {
    code = list_readers(settings_now(), std::cout);
  });
  auto* logout_command = command(*reader, "logout", "Log an account out; its sources go to the others");
  logout_command->add_option("NAME", account, "The account's name, see `tandem reader list`")->required();
  logout_command->callback([&] { code = log_out_reader(settings_now(), account, std::cout); });
  for (const bool paused : {true, false}) {
    auto* one =
        command(*reader, paused ? "pause" : "resume", paused ? "Let an account rest" : "Let it read again");
    one->add_option("NAME", account, "The account's name, see `tandem reader list`")->required();
    one->callback([&, paused] { code = pause_reader(settings_now(), account, paused, std::cout); });
  }
  auto* reader_add_command = command(*reader, "add", "Read a chat or channel with an account");
  reader_add_command->add_option("NAME", name, "@name, or the invite link of a private chat")->required();
  reader_add_command->add_option("--rules", rules_file,
                                 "A file with the rules of this source, see docs/rules.md");
  reader_add_command->callback(
      [&] { code = add_reader_source(settings_now(), name, rules_file, std::cout); });

  std::string lane;
  std::vector<std::int64_t> letters;
  int letters_shown = 20, entries_shown = 100;
  auto* queue_command = command(app, "queue", "Messages that could not be handled, however often tried");
  queue_command->require_subcommand(1);
  auto* dead_command = command(*queue_command, "dead",
                               "List them: number, when it was given up, how often tried, what it is, why");
  dead_command->add_option("LANE", lane, "The queue, such as judge or deliver; without it all of them");
  dead_command->add_option("--limit", letters_shown, "So many of each lane at most; the default is 20")
      ->check(CLI::Range(1, 100'000));
  dead_command->callback([&] { code = show_dead_letters(settings_now(), lane, letters_shown, std::cout); });
  auto* replay_letters_command =
      command(*queue_command, "replay", "Hand them out again, once what was wrong with them is mended");
  replay_letters_command->add_option("LANE", lane, "The queue, as `tandem queue dead` names it")->required();
  replay_letters_command->add_option("ID", letters, "Their numbers; without any, all of the lane");
  replay_letters_command->callback(
      [&] { code = replay_dead_letters(settings_now(), lane, letters, std::cout); });

  std::string person;
  auto* journal_command =
      command(app, "journal", "What a person did in the bots, the newest first; it has no private text");
  journal_command->add_option("USER", person, "Telegram id or @username")->required();
  journal_command->add_option("--limit", entries_shown, "So many entries at most; the default is 100")
      ->check(CLI::Range(1, 100'000));
  journal_command->callback([&] { code = show_journal(settings_now(), person, entries_shown, std::cout); });

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
