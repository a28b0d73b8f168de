#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <sstream>

#include "accounts/users.hpp"
#include "app/commands.hpp"
#include "app/database.hpp"
#include "app/resources.hpp"
#include "async/loop.hpp"
#include "hunt/bots/bots.hpp"
#include "hunt/sources/sources.hpp"
#include "platform/bots/installation.hpp"
#include "platform/bots/registry.hpp"
#include "platform/pg/migrate.hpp"

namespace tandem::app {
namespace {

// What a command has while it works on the database: beside a running `tandem up`, or alone.
struct office {
  executor on;
  const settings& all;
  database& db;
  std::ostream& out;
  system_clock time;
};

using work = std::function<task<int>(office&)>;

task<int> open_and(executor on, const settings& all, cluster_use how, std::ostream& out, work what) {
  const auto db = co_await database::open(on, all, how);
  office here{on, all, *db, out, {}};
  std::exception_ptr failure;
  int code = 1;
  try {
    code = co_await what(here);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await db->close();
  if (failure) std::rethrow_exception(failure);
  co_return code;
}

int with_database(const settings& all, cluster_use how, std::ostream& out, work what) {
  async::loop io;
  return io.run(open_and(io.on(), all, how, out, std::move(what)));
}

// As with_database, once the installation has been started at least once.
int with_installation(const settings& all, std::ostream& out, work what) {
  work checked = [what = std::move(what)](office& here) -> task<int> {
    const auto pending = co_await pg::pending_migrations(here.db.pool(), share_folder() / "migrations");
    if (!pending.empty()) {
      std::cerr << "The database's schema is not up to date: start `tandem up`, or run `tandem migrate`.\n";
      co_return 1;
    }
    co_return co_await what(here);
  };
  return with_database(all, cluster_use::beside, out, std::move(checked));
}

}  // namespace

int migrate(const settings& all, std::ostream& out) {
  return with_database(all, cluster_use::empty, out, [](office& here) -> task<int> {
    const auto report = co_await pg::migrate(here.db.pool(), share_folder() / "migrations");
    for (const auto& file : report.applied) here.out << "applied " << file << "\n";
    here.out << fmt::format("{} applied, {} were there\n", report.applied.size(), report.before);
    co_return 0;
  });
}

int create_operator_code(const settings& all, std::ostream& out) {
  return with_installation(all, out, [](office& here) -> task<int> {
    const auto operators = accounts::make_operators(here.time);
    const auto code = co_await operators->new_code(here.db.pool());
    here.out << "Send this to the main bot, from the chat that shall be the operator's (valid for 24 hours, "
                "once):\n"
             << "/claim " << code << "\n";
    co_return 0;
  });
}

int add_bot(const settings& all, const std::string& token, const std::string& category, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    const auto secrets = seal::open_vault(data_folder(here.all).key(), false);
    const auto registry = bots::make_registry(*secrets, here.time);
    const auto tx = co_await here.db.pool().begin();
    const auto id = co_await registry->add(*tx, token, "hunt.category", "");
    if (!id) {
      std::cerr << "This is no token: BotFather gives one like 123456789:AAF…\n";
      co_return 1;
    }
    const bool known = co_await hunt::assign_bot(*tx, *id, category, here.time.now());
    if (!known) {
      std::cerr << category
                << " is no category; write one of development, data, design, illustration, video, "
                   "copywriting, translation, smm, marketing, management, assistant, sales\n";
      co_return 1;
    }
    co_await tx->commit();
    here.out << fmt::format("Bot {} brings {}. A running program takes it up within a few seconds.\n", *id,
                            category);
    co_return 0;
  });
}

int remove_bot(const settings& all, std::int64_t bot_id, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    const auto secrets = seal::open_vault(data_folder(here.all).key(), false);
    const auto registry = bots::make_registry(*secrets, here.time);
    const auto tx = co_await here.db.pool().begin();
    const bool was_there = co_await registry->remove(*tx, bot_id);
    if (!was_there) {
      std::cerr << "There is no such bot; `tandem bots list` lists them.\n";
      co_return 1;
    }
    co_await hunt::unassign_bot(*tx, bot_id);
    co_await tx->commit();
    here.out << "Removed. Its readers move to the other bots of the category, or to the main bot.\n";
    co_return 0;
  });
}

int list_bots(const settings& all, std::ostream& out) {
  return with_installation(all, out, [](office& here) -> task<int> {
    const auto secrets = seal::open_vault(data_folder(here.all).key(), false);
    const auto registry = bots::make_registry(*secrets, here.time);
    const auto known = co_await registry->list(here.db.pool());
    const auto categories = co_await hunt::assigned_bots(here.db.pool());
    for (const auto& bot : known) {
      std::string category;
      for (const auto& one : categories) {
        if (one.bot_id == bot.id) category = one.slug;
      }
      here.out << fmt::format("{:<12} {:<14} {:<13} @{} {}\n", bot.id, bot.role, category, bot.username,
                              bot.last_error);
    }
    here.out << fmt::format("{} bots\n", known.size());
    co_return 0;
  });
}

int add_source(const settings& all, const std::string& name, const std::string& rules_file,
               std::ostream& out) {
  std::string rules;
  if (!rules_file.empty()) {
    std::ifstream in(rules_file);
    if (!in) {
      std::cerr << rules_file << " cannot be read\n";
      return 1;
    }
    std::ostringstream text;
    text << in.rdbuf();
    rules = text.str();
  }
  return with_installation(all, out, [&](office& here) -> task<int> {
    const auto sources = hunt::make_sources(here.db.pool(), here.time);
    const auto added = co_await sources->add(name, rules);
    if (added) {
      here.out << name << " is read from now on.\n";
      co_return 0;
    }
    switch (added.error().why) {
      case hunt::source_error::bad_name:
        std::cerr << name << " is no public channel name; write @name or https://t.me/name\n";
        break;
      case hunt::source_error::already_there: std::cerr << name << " is read already\n"; break;
      case hunt::source_error::bad_rules:
        std::cerr << rules_file << ": " << added.error().detail << "\n";
        break;
      case hunt::source_error::unknown: break;
    }
    co_return 1;
  });
}

int list_sources(const settings& all, std::ostream& out) {
  return with_installation(all, out, [](office& here) -> task<int> {
    const auto sources = hunt::make_sources(here.db.pool(), here.time);
    const auto known = co_await sources->list();
    for (const auto& one : known) {
      here.out << fmt::format("{:<32} {:<10} last post {:<8} {}\n", "@" + one.name, hunt::name_of(one.state),
                              one.last_message_id, one.last_error);
    }
    here.out << fmt::format("{} sources\n", known.size());
    co_return 0;
  });
}

int pause_source(const settings& all, const std::string& name, bool paused, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    const auto sources = hunt::make_sources(here.db.pool(), here.time);
    const auto found = co_await sources->find(name);
    if (!found) {
      std::cerr << name << " is not among the sources; `tandem sources list` lists them\n";
      co_return 1;
    }
    co_await sources->set_paused(found->id, paused);
    here.out << name << (paused ? " is not read any more.\n" : " is read again.\n");
    co_return 0;
  });
}

}  // namespace tandem::app
