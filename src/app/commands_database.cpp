#include <fmt/format.h>

#include <iostream>

#include "accounts/users.hpp"
#include "app/commands.hpp"
#include "app/office.hpp"
#include "app/resources.hpp"
#include "hunt/bots/bots.hpp"
#include "platform/bots/installation.hpp"
#include "platform/bots/registry.hpp"
#include "platform/pg/migrate.hpp"

namespace tandem::app {

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

}  // namespace tandem::app
