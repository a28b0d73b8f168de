#include <boost/asio/experimental/awaitable_operators.hpp>
#include <cmath>

#include "dating/rating/ratings.hpp"
#include "dating/rating/ratings_sql.hpp"
#include "dating/rating/rows.hpp"

namespace tandem::dating {
namespace {

namespace statements = sql::ratings;

constexpr std::int64_t ids_at_once = 5'000;  // people of so many ids are read, rated and written together
constexpr int evidence_kept = 100'000;       // showings

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

std::int64_t millionths(double value) { return std::llround(value * 1e6); }

// What is written, in columns.
struct news {
  std::vector<std::int64_t> who, version_of_row, level1, level2, level3;

  void add(const person& of, const rating& now) {
    add(of.who.value, of.version_of_row, millionths(now.level1), millionths(now.level2),
        millionths(now.level3));
  }
  void add_unmoved(const person& of) { add(of.who.value, of.version_of_row, 0, -1, 0); }
  std::int64_t ids() const { return who.empty() ? 0 : who.back() - who.front() + 1; }

  // With a place for each id from the first to the last.
  news by_place() const {
    const auto places = static_cast<std::size_t>(ids());
    news all{.who = {},
             .version_of_row = std::vector<std::int64_t>(places),
             .level1 = std::vector<std::int64_t>(places),
             .level2 = std::vector<std::int64_t>(places),
             .level3 = std::vector<std::int64_t>(places)};
    for (std::size_t i = 0; i < who.size(); ++i) {
      const auto at = static_cast<std::size_t>(who[i] - who.front());
      all.version_of_row[at] = version_of_row[i];
      all.level1[at] = level1[i];
      all.level2[at] = level2[i];
      all.level3[at] = level3[i];
    }
    return all;
  }

 private:
  void add(std::int64_t person, std::int64_t version, std::int64_t one, std::int64_t two,
           std::int64_t three) {
    who.push_back(person);
    version_of_row.push_back(version);
    level1.push_back(one);
    level2.push_back(two);
    level3.push_back(three);
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
    news moving, others;
    auto fresh = profiles.begin();
    for (const auto& one : people) {
      double level1 = one.stored.level1;
      if (whole_ || one.dirty) {
        while (fresh != profiles.end() && fresh->first < one.who) ++fresh;
        if (fresh == profiles.end() || fresh->first != one.who) continue;  // erased meanwhile
        level1 = fresh->second;
      }
      const auto value = rate(one.known, level1, with_->numbers, now_);
      if (moved(one.stored, value)) {
        moving.add(one, value);
      } else if (one.dirty || one.oldest.value_or(oldest_) < oldest_) {
        others.add_unmoved(one);
      }
    }
    const bool nearly_all = moving.ids() <= 2 * static_cast<std::int64_t>(moving.who.size());
    co_await write(moving, nearly_all);
    co_await write(others, false);
  }

  // Everybody up to `last`, together with others who do the same.
  task<> rate_until(std::int64_t last) {
    while (next_ <= last) {
      const auto first = next_;
      next_ += ids_at_once;
      const auto rows = co_await db_(statements::batch, first, std::min(last, first + ids_at_once - 1));
      if (!rows.empty()) {
        auto people = people_in(rows);
        co_await rate_batch(std::move(people));
      } else if (next_ <= last) {  // a gap
        const auto after = next_ - 1;
        const auto found = co_await db_(statements::next_one, after);
        next_ = std::max(next_, found.empty() ? last + 1 : found.front().get<std::int64_t>(0));
      }
    }
  }

  task<> rate_everybody() {
    const auto bounds = co_await db_(statements::bounds);
    next_ = bounds.front().get<std::int64_t>(0);
    const auto last = bounds.front().get<std::int64_t>(1);
    // Three side by side, so that the server has work on two cores while we rate.
    auto one = rate_until(last), two = rate_until(last), three = rate_until(last);
    using namespace boost::asio::experimental::awaitable_operators;
    co_await (std::move(one) && std::move(two) && std::move(three));
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

  task<> write(const news& what, bool by_place) {
    if (what.who.empty()) co_return;
    pg::params with;
    const auto add_all = [&](const news& columns) {
      with.add(columns.version_of_row);
      with.add(columns.level1);
      with.add(columns.level2);
      with.add(columns.level3);
      with.add(with_->numbers.version);
      with.add(now_);
      with.add(today_);
      with.add(oldest_);
    };
    if (by_place) {
      with.add(what.who.front() - 1);
      add_all(what.by_place());
      with.add(what.who.back());
    } else {
      with.add(what.who);
      add_all(what);
    }
    const auto done =
        co_await db_.run(by_place ? statements::write_between : statements::write, std::move(with));
    report_.written += done.front().get<std::int64_t>(0);
    report_.overtaken += static_cast<std::int64_t>(what.who.size()) - done.front().get<std::int64_t>(1);
  }

  pg::pool& db_;
  instant now_;
  std::shared_ptr<const fitted> with_;
  int today_ = static_cast<int>((std::chrono::floor<std::chrono::days>(now_) - first_day).count());
  int oldest_ = today_ - static_cast<int>(rating_history_kept.count());
  std::int64_t next_ = 0;  // the id that the next batch begins with
  bool whole_;             // profiles of all are read, not of the dirty ones alone
  rerating_report report_;
};

}  // namespace

task<rerating_report> rerate_dirty(pg::pool& db, const clock& time, coefficient_store& learned, int limit) {
  const auto with = co_await learned.current(db);
  rerating work(db, time.now(), with, false);
  constexpr int at_once = 5'000;
  for (int left = limit; left > 0; left -= at_once) {
    const int some = std::min(left, at_once);
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
  rerating work(db, now, with, whole);
  co_await work.rate_everybody();
  if (whole) co_await learned.note_applied(db, with->numbers.version);
  co_return work.report();
}

task<std::int64_t> forget_old_evidence(pg::session& in, int most) {
  const auto rows = co_await in(statements::forget_evidence, evidence_kept, most);
  co_return rows.affected();
}

}  // namespace tandem::dating
