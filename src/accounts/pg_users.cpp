#include "accounts/users.hpp"
#include "accounts/users_sql.hpp"
#include "platform/locale/locale.hpp"

namespace tandem::accounts {
namespace {

namespace sql = tandem::accounts::sql::users;

user to_user(const pg::result::row& row) {
  return {row.get<user_id>(0),     row.get<std::int64_t>(1), row.get<std::string>(2), row.get<std::string>(3),
          row.get<std::string>(4), row.get<std::string>(5),  row.get<instant>(6)};
}

std::optional<user> first(const pg::result& rows) {
  if (rows.empty()) return std::nullopt;
  return to_user(rows.front());
}

class pg_users final : public users {
 public:
  explicit pg_users(const clock& time) : time_(time) {}

  task<user> meet(pg::session& in, seen_person person) override {
    // A client that does not tell its language leaves the language as it was.
    const bool unknown = person.language_code.empty();
    const std::string language(locale::texts::language_for(unknown ? "ru" : person.language_code));
    const auto rows = co_await in(sql::meet, person.telegram_id, person.first_name, person.username, language,
                                  time_.now(), unknown);
    co_return to_user(rows.front());
  }

  task<std::optional<user>> find(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::find, who);
    co_return first(rows);
  }
  task<std::optional<user>> find_by_telegram(pg::session& in, std::int64_t telegram_id) override {
    const auto rows = co_await in(sql::find_by_telegram, telegram_id);
    co_return first(rows);
  }
  task<std::optional<user>> find_by_username(pg::session& in, std::string_view username) override {
    const auto rows = co_await in(sql::find_by_username, username);
    co_return first(rows);
  }
  task<> set_language(pg::session& in, user_id who, std::string_view language) override {
    co_await in(sql::set_language, who, language);
  }
  task<> set_time_zone(pg::session& in, user_id who, std::string_view zone) override {
    co_await in(sql::set_time_zone, who, zone);
  }

  task<> started(pg::session& in, user_id who, std::int64_t bot_id) override {
    co_await in(sql::started, who, bot_id, time_.now());
  }
  task<> blocked(pg::session& in, user_id who, std::int64_t bot_id) override {
    co_await in(sql::blocked, who, bot_id, time_.now());
  }
  task<bool> can_reach(pg::session& in, user_id who, std::int64_t bot_id) override {
    const auto rows = co_await in(sql::can_reach, who, bot_id);
    co_return rows.front().get<bool>(0);
  }
  task<std::vector<std::int64_t>> reachable_bots(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::reachable_bots, who);
    std::vector<std::int64_t> bots;
    for (int i = 0; i < rows.size(); ++i) bots.push_back(rows[i].get<std::int64_t>(0));
    co_return bots;
  }

  task<> note(pg::session& in, user_id who, std::string_view product, std::string_view action,
              std::string_view screen, std::string_view subject) override {
    co_await in.along(sql::note, who, time_.now(), product, action, screen, subject);
  }
  task<std::vector<journal_entry>> journal(pg::session& in, user_id who, int limit) override {
    const auto rows = co_await in(sql::journal, who, limit);
    std::vector<journal_entry> entries;
    for (int i = 0; i < rows.size(); ++i) {
      entries.push_back({rows[i].get<instant>(0), rows[i].get<std::string>(1), rows[i].get<std::string>(2),
                         rows[i].get<std::string>(3)});
    }
    co_return entries;
  }
  task<std::int64_t> forget_journal(pg::session& in, instant before) override {
    const auto rows = co_await in(sql::forget_journal, before);
    co_return rows.affected();
  }
  task<> erase_journal(pg::session& in, user_id who, std::string_view product) override {
    co_await in(sql::erase_journal, who, product);
  }

  task<std::string> export_data(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::export_data, who);
    co_return rows.front().get<std::string>(0);
  }
  task<> erase(pg::session& in, user_id who) override {
    co_await in(sql::erase, who);
    co_await in(sql::note_deletion, time_.now());
  }

 private:
  const clock& time_;
};

}  // namespace

std::unique_ptr<users> make_users(const clock& time) { return std::make_unique<pg_users>(time); }

}  // namespace tandem::accounts
