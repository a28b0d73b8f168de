#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cmath>
#include <limits>

#include "dating/rating/ratings.hpp"
#include "dating/rating/ratings_sql.hpp"
#include "dating/rating/rows.hpp"

namespace tandem::dating {
namespace {

namespace statements = sql::ratings;

constexpr int people_at_once = 5'000;   // read, rated and written by one transaction
constexpr int evidence_kept = 100'000;  // showings

constexpr std::chrono::sys_days first_day = std::chrono::year(2020) / 1 / 1;  // of the history

struct person {
  user_id who;
  std::int64_t version_of_row = 0;
  standing known;
  rating stored;
  bool dirty = false;
  std::optional<int> oldest;  // day of the history
};

std::vector<person> people_in(const pg::result& rows) {
  std::vector<person> people;
  people.reserve(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    people.push_back({row.get<user_id>(0),
                      row.get<std::int64_t>(1),
                      standing_in(row, 2),
                      {row.get<double>(10), row.get<double>(11), row.get<double>(12)},
                      row.get<bool>(13),
                      row.get<std::optional<int>>(14)});
  }
  return people;
}

bool moved(const rating& from, const rating& to) {
  return std::abs(from.level2 - to.level2) > rating_step || std::abs(from.level3 - to.level3) > rating_step ||
         std::abs(from.level1 - to.level1) > level1_step;
}

// Kept as float4: more digits are only more text on the way.
double six_digits(double value) { return std::round(value * 1e6) / 1e6; }

// What is written, in columns.
struct news {
  std::vector<std::int64_t> who, version_of_row, moved;
  std::vector<double> level1, level2, level3;

  void add(const person& of, const rating& now, bool has_moved) {
    who.push_back(of.who.value);
    version_of_row.push_back(of.version_of_row);
    level1.push_back(six_digits(now.level1));
    level2.push_back(six_digits(now.level2));
    level3.push_back(six_digits(now.level3));
    moved.push_back(has_moved ? 1 : 0);
  }
};

class rerating {
 public:
  rerating(pg::pool& db, instant now, std::shared_ptr<const fitted> with, bool whole)
      : db_(db), now_(now), with_(std::move(with)), whole_(whole) {}

  // Rates those in `people`, who are in the order of their ids.
  task<> rate_batch(std::vector<person> people) {
    if (people.empty()) co_return;
    report_.looked_at += static_cast<std::int64_t>(people.size());
    const auto profiles = co_await level1_of(people);
    news written;
    auto fresh = profiles.begin();
    for (const auto& one : people) {
      double level1 = one.stored.level1;
      if (whole_ || one.dirty) {
        while (fresh != profiles.end() && fresh->first < one.who) ++fresh;
        if (fresh == profiles.end() || fresh->first != one.who) continue;  // erased meanwhile
        level1 = fresh->second;
      }
      const auto value = rate(one.known, level1, with_->numbers, now_);
      const bool has_moved = moved(one.stored, value);
      if (has_moved || one.dirty || one.oldest.value_or(oldest_) < oldest_)
        written.add(one, has_moved ? value : one.stored, has_moved);
    }
    if (written.who.empty()) co_return;
    const auto done = co_await db_(statements::write, written.who, written.version_of_row, written.level1,
                                   written.level2, written.level3, written.moved, with_->numbers.version,
                                   now_, written.who.front(), written.who.back(), today_, oldest_);
    report_.written += done.front().get<std::int64_t>(0);
    report_.overtaken += static_cast<std::int64_t>(written.who.size()) - done.front().get<std::int64_t>(1);
  }

  task<> rate_between(std::int64_t after, std::int64_t last) {
    for (;;) {
      const auto rows = co_await db_(statements::batch, after, last, people_at_once);
      if (rows.empty()) co_return;
      after = rows[rows.size() - 1].get<std::int64_t>(0);
      auto people = people_in(rows);
      co_await rate_batch(std::move(people));
    }
  }

  const rerating_report& report() const { return report_; }

 private:
  // Level 1 of those whose profile has to be looked at, in the order of their ids.
  task<std::vector<std::pair<user_id, double>>> level1_of(const std::vector<person>& people) {
    std::vector<std::pair<user_id, double>> found;
    std::vector<user_id> asked;
    for (const auto& one : people)
      if (one.dirty) asked.push_back(one.who);
    if (asked.empty() && !whole_) co_return found;
    auto reading = whole_ ? db_(statements::profiles_between, people.front().who, people.back().who)
                          : db_(statements::profiles_of, asked);
    const auto rows = co_await std::move(reading);
    found.reserve(static_cast<std::size_t>(rows.size()));
    const primary_profile anybody;
    for (int i = 0; i < rows.size(); ++i) {
      const auto candidate = profile_in(rows[i], 1, now_);
      found.emplace_back(rows[i].get<user_id>(0), with_->primary.log_odds(features_of(anybody, candidate)));
    }
    co_return found;
  }

  pg::pool& db_;
  instant now_;
  std::shared_ptr<const fitted> with_;
  int today_ = static_cast<int>((std::chrono::floor<std::chrono::days>(now_) - first_day).count());
  int oldest_ = today_ - static_cast<int>(rating_history_kept.count());
  bool whole_;  // profiles of all are read, not of the dirty ones alone
  rerating_report report_;
};

}  // namespace

task<rerating_report> rerate_dirty(pg::pool& db, const clock& time, coefficient_store& learned, int limit) {
  const auto with = co_await learned.current(db);
  rerating work(db, time.now(), with, false);
  for (int left = limit; left > 0; left -= people_at_once) {
    const int some = std::min(left, people_at_once);
    const auto rows = co_await db(statements::dirty_batch, some);
    auto people = people_in(rows);
    co_await work.rate_batch(std::move(people));
    if (rows.size() < some) break;
  }
  co_return work.report();
}

task<rerating_report> rerate_all(pg::pool& db, const clock& time, coefficient_store& learned) {
  const auto now = time.now();
  const auto with = co_await learned.current(db);
  const bool whole = !co_await learned.applied(db, with->numbers.version);
  // Two halves side by side: one is rated here while the server works on the other.
  const auto found = co_await db(statements::middle);
  const auto middle = found.empty() ? std::int64_t{0} : found.front().get<std::int64_t>(0);
  rerating work(db, now, with, whole);
  auto lower = work.rate_between(std::numeric_limits<std::int64_t>::min(), middle);
  auto upper = work.rate_between(middle, std::numeric_limits<std::int64_t>::max());
  using namespace boost::asio::experimental::awaitable_operators;
  co_await (std::move(lower) && std::move(upper));
  if (whole) co_await learned.note_applied(db, with->numbers.version);
  co_return work.report();
}

task<std::int64_t> forget_old_evidence(pg::session& in) {
  const auto rows = co_await in(statements::forget_evidence, evidence_kept);
  co_return rows.affected();
}

}  // namespace tandem::dating
