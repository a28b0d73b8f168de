#include "hunt/readers/readers.hpp"
#include "hunt/readers/readers_sql.hpp"

namespace tandem::hunt {
namespace {

namespace sql = tandem::hunt::sql::readers;

reader to_reader(const pg::result::row& row) {
  return {row.get<user_id>(0),
          row.get<std::int64_t>(1),
          row.get<std::string>(2),
          row.get<std::string>(3),
          row.get<bool>(4),
          row.get<std::optional<instant>>(5),
          row.get<std::optional<instant>>(6)};
}

class pg_readers final : public readers {
 public:
  pg_readers(const clock& time, std::int64_t main_bot, reader_settings settings)
      : time_(time), main_bot_(main_bot), settings_(settings) {}

  task<reader> keep(pg::session& in, const accounts::user& who) override {
    const auto rows = co_await in(sql::keep, who.id, who.telegram_id, who.language, who.time_zone);
    co_return to_reader(rows.front());
  }

  task<std::optional<reader>> find(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::find, who);
    if (rows.empty()) co_return std::nullopt;
    co_return to_reader(rows.front());
  }

  task<std::vector<choice>> choices(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::choices, who);
    std::vector<choice> out;
    for (int i = 0; i < rows.size(); ++i) {
      out.push_back({rows[i].get<category_id>(0), rows[i].get<std::int64_t>(1), rows[i].get<bool>(2),
                     rows[i].get<bool>(3)});
    }
    co_return out;
  }

  task<> choose(pg::session& in, user_id who, category_id what, bool wanted) override {
    if (wanted) {
      co_await in(sql::choose, who, what, main_bot_, time_.now());
    } else {
      co_await in(sql::unchoose, who, what);
    }
  }

  task<reader> begin_trial(pg::session& in, user_id who) override {
    co_await in(sql::begin_trial, who, time_.now(), std::chrono::microseconds(settings_.trial));
    const auto rows = co_await in(sql::find, who);
    co_return to_reader(rows.front());
  }

  task<> pause(pg::session& in, user_id who, bool paused) override { co_await in(sql::pause, who, paused); }

  task<std::optional<category_id>> started(pg::session& in, user_id who, std::int64_t bot_id) override {
    co_await in(sql::started, who, bot_id, time_.now());
    co_await in(sql::take_over, who, bot_id);
    const auto rows = co_await in(sql::category_of_bot, bot_id);
    if (rows.empty()) co_return std::nullopt;
    const auto category = rows.front().get<category_id>(0);
    co_await in(sql::choose_bot, who, category, bot_id, time_.now());
    co_return category;
  }

  task<> blocked(pg::session& in, user_id who, std::int64_t bot_id) override {
    co_await in(sql::blocked, who, bot_id, time_.now());
    co_await in(sql::refuse_due, who, bot_id);
  }

  task<> unblocked(pg::session& in, user_id who, std::int64_t bot_id) override {
    co_await in(sql::started, who, bot_id, time_.now());
    co_await in(sql::take_over, who, bot_id);
  }

  task<std::vector<waiting_start>> take_unreminded(pg::session& in, instant chosen_before,
                                                   int limit) override {
    const auto rows = co_await in(sql::take_unreminded, chosen_before, limit, time_.now());
    std::vector<waiting_start> out;
    for (int i = 0; i < rows.size(); ++i) {
      auto who = to_reader(rows[i]);
      if (out.empty() || out.back().who.id != who.id) out.push_back({std::move(who), {}});
      out.back().bots.push_back({rows[i].get<category_id>(7), rows[i].get<std::int64_t>(8), false, true});
    }
    co_return out;
  }

  task<std::vector<reader>> take_ended(pg::session& in, int limit) override {
    const auto now = time_.now();
    const auto rows = co_await in(sql::take_ended, now, now - std::chrono::hours(24 * 7), limit);
    std::vector<reader> out;
    for (int i = 0; i < rows.size(); ++i) out.push_back(to_reader(rows[i]));
    co_return out;
  }

  task<std::vector<moved>> share_out(pg::session& in, category_id what) override {
    const auto plan = co_await in(sql::share_out, what, main_bot_);
    std::vector<std::int64_t> people, targets;
    std::map<std::int64_t, moved> planned;
    for (int i = 0; i < plan.size(); ++i) {
      const auto person = plan[i].get<std::int64_t>(0);
      people.push_back(person);
      targets.push_back(plan[i].get<std::int64_t>(2));
      planned[person] = {{}, what, plan[i].get<std::int64_t>(1), plan[i].get<std::int64_t>(2)};
    }
    std::vector<moved> out;
    if (people.empty()) co_return out;
    const auto changed = co_await in(sql::move, what, people, main_bot_, targets);
    std::vector<std::int64_t> affected;
    for (int i = 0; i < changed.size(); ++i) affected.push_back(changed[i].get<std::int64_t>(0));
    const auto rows = co_await in(sql::find_many, affected);
    for (int i = 0; i < rows.size(); ++i) {
      auto who = to_reader(rows[i]);
      auto& one = planned[who.id.value];
      one.who = std::move(who);
      out.push_back(one);
    }
    co_return out;
  }

  task<> move_waiting(pg::session& in) override {
    co_await in(sql::move_due, main_bot_);
    co_await in(sql::move_gathered, main_bot_);
    co_await in(sql::move_lists, main_bot_);
  }

  task<> told(pg::session& in, user_id who, category_id what) override {
    co_await in(sql::told, who, what, time_.now());
  }

  task<std::vector<crowded>> crowded_bots(pg::session& in) override {
    const auto rows = co_await in(sql::crowded_bots, settings_.warn_readers_per_bot);
    std::vector<crowded> out;
    for (int i = 0; i < rows.size(); ++i) {
      out.push_back({rows[i].get<std::int64_t>(0), rows[i].get<std::int64_t>(1)});
    }
    co_return out;
  }

  task<std::string> export_data(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::export_data, who);
    co_return rows.front().get<std::string>(0);
  }

 private:
  const clock& time_;
  std::int64_t main_bot_;
  reader_settings settings_;
};

}  // namespace

std::unique_ptr<readers> make_readers(const clock& time, std::int64_t main_bot, reader_settings settings) {
  return std::make_unique<pg_readers>(time, main_bot, settings);
}

}  // namespace tandem::hunt
