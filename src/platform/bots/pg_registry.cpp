#include "platform/bots/registry.hpp"
#include "platform/bots/registry_sql.hpp"
#include "platform/seal/vault.hpp"
#include "platform/telegram/bot_set.hpp"

namespace tandem::bots {
namespace {

namespace statements = sql::registry;
constexpr std::string_view token_purpose = "platform.bots.token";

class pg_registry final : public registry {
 public:
  pg_registry(const seal::vault& secrets, const clock& time) : secrets_(secrets), time_(time) {}

  task<std::expected<std::int64_t, bot_error>> add(pg::session& in, std::string_view token,
                                                   std::string_view role, std::string_view title) override {
    const auto id = telegram::bot_id_of(token);
    if (!id) co_return std::unexpected(bot_error::no_token);
    const auto sealed = secrets_.close(token, token_purpose);
    const std::span<const std::byte> bytes = sealed;
    co_await in(statements::add, *id, role, bytes, "", title, time_.now());
    co_return *id;
  }

  task<bool> remove(pg::session& in, std::int64_t bot_id) override {
    const auto rows = co_await in(statements::remove, bot_id);
    co_return !rows.empty();
  }

  task<std::vector<std::int64_t>> keep_only(pg::session& in, std::string_view role,
                                            std::int64_t bot_id) override {
    const auto rows = co_await in(statements::keep_only, role, bot_id);
    std::vector<std::int64_t> gone;
    for (int i = 0; i < rows.size(); ++i) gone.push_back(rows[i].get<std::int64_t>(0));
    co_return gone;
  }

  task<std::vector<registered_bot>> list(pg::session& in) override {
    const auto rows = co_await in(statements::list);
    std::vector<registered_bot> out;
    for (int i = 0; i < rows.size(); ++i) {
      registered_bot bot;
      bot.id = rows[i].get<std::int64_t>(0);
      bot.role = rows[i].get<std::string>(1);
      bot.token = secrets_.open(rows[i].get<std::vector<std::byte>>(2), token_purpose);
      bot.username = rows[i].get<std::string>(3);
      bot.title = rows[i].get<std::string>(4);
      bot.last_error = rows[i].get<std::string>(5);
      out.push_back(std::move(bot));
    }
    co_return out;
  }

  task<> introduce(pg::session& in, std::int64_t bot_id, std::string_view username, std::string_view title,
                   std::string_view error) override {
    co_await in(statements::introduce, bot_id, username, title, error);
  }

 private:
  const seal::vault& secrets_;
  const clock& time_;
};

class pg_update_log final : public telegram::update_log {
 public:
  explicit pg_update_log(pg::session& db) : db_(db) {}

  task<telegram::update_progress> load(std::int64_t bot_id) override {
    const auto rows = co_await db_(statements::load_progress, bot_id);
    telegram::update_progress progress;
    if (rows.empty()) co_return progress;
    progress.next_offset = rows.front().get<std::int64_t>(0);
    progress.seen = rows.front().get<std::vector<std::int64_t>>(1);
    progress.last_update = rows.front().get<std::int64_t>(2);
    co_return progress;
  }

  task<> save(std::int64_t bot_id, const telegram::update_progress& progress) override {
    // The newest hundred are enough: what is older lies below the offset.
    constexpr std::size_t kept = 100;
    const std::span<const std::int64_t> all = progress.seen;
    const auto seen = all.size() > kept ? all.last(kept) : all;
    co_await db_(statements::save_progress, bot_id, progress.next_offset, seen, progress.last_update);
  }

 private:
  pg::session& db_;
};

}  // namespace

std::unique_ptr<registry> make_registry(const seal::vault& secrets, const clock& time) {
  return std::make_unique<pg_registry>(secrets, time);
}

std::unique_ptr<telegram::update_log> make_update_log(pg::session& db) {
  return std::make_unique<pg_update_log>(db);
}

}  // namespace tandem::bots
