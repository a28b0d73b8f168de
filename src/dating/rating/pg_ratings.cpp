#include <algorithm>
#include <cmath>

#include "dating/rating/ratings.hpp"
#include "dating/rating/ratings_sql.hpp"
#include "dating/rating/rows.hpp"

namespace tandem::dating {
namespace {

namespace statements = sql::ratings;

const double half_life_s = std::chrono::duration<double>(behaviour_half_life).count();

// How many showings become evidence: all of a small installation, an even sample of a large one.
class evidence_share {
 public:
  bool takes(instant now) {
    const double passed =
        std::chrono::duration<double>(now - std::max(last_, now - std::chrono::days(1))).count();
    last_ = now;
    left_ = std::min(most_at_once, left_ + std::max(passed, 0.0) * a_day / 86'400);
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  static constexpr double a_day = 20'000, most_at_once = 2'000;
  instant last_{};
  double left_ = most_at_once;
};

rating rating_in(const pg::result::row& row, int first) {
  return {row.get<double>(first), row.get<double>(first + 1), row.get<double>(first + 2)};
}

class pg_ratings final : public ratings {
 public:
  explicit pg_ratings(rating_parts with) : with_(with) {}

  task<> judged(pg::session& in, user_id viewer, user_id candidate, bool liked) override {
    const auto learned = co_await with_.learned.current(in);
    const auto now = with_.time.now();
    co_await in.along(statements::judged, viewer, candidate, liked, now, learned->numbers.memory, half_life_s,
                      evidence_.takes(now));
  }
  task<> unjudged(pg::session& in, user_id viewer, user_id candidate, bool liked, bool matched) override {
    const auto learned = co_await with_.learned.current(in);
    co_await in.along(statements::unjudged, viewer, candidate, liked, learned->numbers.memory, matched);
  }
  task<> matched(pg::session& in, user_id one, user_id other) override {
    co_await in.along(statements::outcome, one, other, 1, 0);
  }
  task<> talked(pg::session& in, user_id one, user_id other) override {
    co_await in.along(statements::outcome, one, other, 0, 1);
  }
  task<> changed(pg::session& in, user_id who) override {
    co_await in.along(statements::changed, who, with_.time.now());
  }

  task<std::vector<scored_candidate>> score(pg::session& in, user_id viewer,
                                            std::vector<user_id> candidates) override {
    const auto learned = co_await with_.learned.current(in);
    const auto& numbers = learned->numbers;
    const auto now = with_.time.now();
    auto asked = std::move(candidates);
    asked.insert(asked.begin(), viewer);
    const auto rows = co_await in(statements::sides, asked, viewer);
    std::vector<scored_candidate> scored;
    if (rows.empty() || rows.front().get<user_id>(0) != viewer) co_return scored;
    const auto me = profile_in(rows.front(), 1, now);
    const auto mine = faded(standing_in(rows.front(), 6), now);
    scored.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 1; i < rows.size(); ++i) {
      const auto row = rows[i];
      const auto them = profile_in(row, 1, now);
      const auto stored = standing_in(row, 6);
      const auto theirs = faded(stored, now);
      auto given = dating::score({me, mine}, {them, theirs}, learned->primary, numbers,
                                 row.get<std::optional<bool>>(14));
      const double readiness = theirs.given.rate(numbers.usual_rate, numbers.give_weight);
      given.match *= lift(stored, given.like, readiness, numbers, now);
      scored.push_back({row.get<user_id>(0), given, theirs.received.count});
    }
    co_return scored;
  }

  task<std::optional<stored_rating>> find(pg::session& in, user_id who) override {
    const auto rows = co_await in(statements::find, who);
    if (rows.empty()) co_return std::nullopt;
    const auto row = rows.front();
    co_return stored_rating{row.get<user_id>(0), standing_in(row, 1), rating_in(row, 9), row.get<int>(12),
                            row.get<instant>(13)};
  }
  task<std::vector<rating_entry>> history(pg::session& in, user_id who, int limit) override {
    const auto rows = co_await in(statements::history, who, limit);
    std::vector<rating_entry> entries;
    for (int i = 0; i < rows.size(); ++i)
      entries.push_back({rows[i].get<instant>(0), rating_in(rows[i], 1), rows[i].get<int>(4)});
    co_return entries;
  }

 private:
  static behaviour faded(const standing& of, instant now) {
    return {of.known.received.faded(now), of.known.given.faded(now)};
  }

  rating_parts with_;
  evidence_share evidence_;
};

}  // namespace

std::unique_ptr<ratings> make_ratings(rating_parts with) { return std::make_unique<pg_ratings>(with); }

}  // namespace tandem::dating
