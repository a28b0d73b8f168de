#include "accounts/dialogs.hpp"
#include "accounts/dialogs_sql.hpp"

namespace tandem::accounts {
namespace {

namespace sql = tandem::accounts::sql::dialogs;

constexpr auto question_lives = std::chrono::hours(24);

class pg_dialogs final : public dialogs {
 public:
  explicit pg_dialogs(const clock& time) : time_(time) {}

  task<std::string> waiting_for(pg::session& in, std::int64_t telegram_id, std::int64_t bot_id) override {
    const auto rows = co_await in(sql::waiting_for, telegram_id, bot_id, time_.now() - question_lives);
    co_return rows.empty() ? std::string() : rows.front().get<std::string>(0);
  }

  task<std::string> answered_by(pg::session& in, std::int64_t telegram_id, std::int64_t bot_id,
                                std::int64_t message_id) override {
    const auto rows =
        co_await in(sql::answered_by, telegram_id, bot_id, time_.now() - question_lives, message_id);
    co_return rows.empty() ? std::string() : rows.front().get<std::string>(0);
  }

  task<> wait_for(pg::session& in, user_id who, std::int64_t bot_id, std::string_view what) override {
    if (what.empty()) {
      co_await in.along(sql::end_waiting, who, bot_id);
    } else {
      co_await in.along(sql::wait_for, who, bot_id, what, time_.now());
    }
  }

  task<> asked_in(pg::session& in, user_id who, std::int64_t bot_id, std::string_view what,
                  std::int64_t message_id) override {
    co_await in.along(sql::asked_in, who, bot_id, what, message_id);
  }

 private:
  const clock& time_;
};

}  // namespace

std::unique_ptr<dialogs> make_dialogs(const clock& time) { return std::make_unique<pg_dialogs>(time); }

}  // namespace tandem::accounts
