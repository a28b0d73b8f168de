#include "dating/decks/matching_part.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <list>
#include <utility>

#include "async/crew.hpp"
#include "async/within.hpp"
#include "dating/decks/deck_filling.hpp"
#include "dating/decks/deck_low.hpp"
#include "dating/decks/matching_part_sql.hpp"
#include "dating/matching/matching.hpp"
#include "dating/profiles/profiles.hpp"
#include "platform/log/log.hpp"

namespace tandem::dating {
namespace {

namespace sql = tandem::dating::sql::matching_part;
using namespace std::chrono_literals;

// Judgements are read again from so long before the last reading: a transaction's time is when it began.
constexpr auto overlap = 1min;

const log::logger log_{"dating.matching"};

std::int64_t day_number(instant when) {
  return std::chrono::floor<std::chrono::days>(when).time_since_epoch().count();
}

matching_profile read_profile(const pg::result::row& row, std::int64_t today) {
  matching_profile out;
  out.who = row.get<user_id>(0);
  out.is = row.get<bool>(1) ? sex::male : sex::female;
  const auto seeks = row.get<std::string_view>(2);
  out.seeks = seeks == "female" ? seeking::female : seeks == "male" ? seeking::male : seeking::anyone;
  const auto day = [](std::int64_t number) {
    return calendar_day(std::chrono::sys_days(std::chrono::days(number)));
  };
  out.age = static_cast<std::uint8_t>(age_on(day(row.get<std::int64_t>(3)), day(today)));
  out.wanted = {static_cast<std::uint8_t>(row.get<int>(4)), static_cast<std::uint8_t>(row.get<int>(5))};
  out.at = {row.get<double>(6), row.get<double>(7)};
  out.city = row.get<std::int32_t>(8);
  out.reach_km = static_cast<std::uint16_t>(row.get<int>(9));
  out.rating = static_cast<float>(row.get<double>(10));
  return out;
}

// Which viewers' judgements are in the engine, the latest used first.
class seen_sets {
 public:
  struct known {
    user_id viewer;
    instant read_at;
    std::size_t judgements = 0;
    std::int64_t undone = 0;  // by the viewer, when the set was begun
  };
  // Nothing for a viewer who is not there; else they become the latest.
  known* find(user_id viewer) {
    const auto found = places_.find(viewer.value);
    if (found == places_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return &order_.front();
  }
  known& add(user_id viewer) {
    order_.push_front({viewer, {}, 0, 0});
    places_[viewer.value] = order_.begin();
    return order_.front();
  }
  void forget(user_id viewer) {
    const auto found = places_.find(viewer.value);
    if (found == places_.end()) return;
    total_ -= found->second->judgements;
    order_.erase(found->second);
    places_.erase(found);
  }
  void grew(known& one, std::size_t by) {
    one.judgements += by;
    total_ += by;
  }
  // The one used longest ago, when there are too many judgements of too many viewers.
  std::optional<user_id> drop(std::size_t most) {
    if (total_ <= most || order_.size() < 2) return std::nullopt;
    const auto last = order_.back().viewer;
    forget(last);
    return last;
  }

 private:
  std::list<known> order_;
  boost::unordered_flat_map<std::int64_t, std::list<known>::iterator> places_;
  std::size_t total_ = 0;
};

class matching_part final : public async::part {
 public:
  matching_part(matching_parts with, matching_settings settings)
      : with_(std::move(with)),
        settings_(settings),
        filling_(with_.time, with_.rated, settings.decks),
        profiles_(with_.figures.gauge("tandem_dating_profiles_in_memory", "People in the matching engine")),
        judgements_(
            with_.figures.gauge("tandem_dating_judgements_in_memory", "Judgements in the matching engine")),
        bytes_(with_.figures.gauge("tandem_dating_matching_bytes", "Memory of the matching engine")),
        written_(with_.figures.counter("tandem_dating_decks_written_total", "Decks that the engine wrote")),
        choosing_(with_.figures.histogram("tandem_dating_choosing_seconds",
                                          "The engine's search for one ring of one deck")),
        filling_took_(with_.figures.histogram("tandem_dating_deck_filling_seconds",
                                              "From the request for a deck until it is written")),
        work_(with_.on, log::failures_to(log_)) {}

  std::string_view name() const override { return "matching"; }

  task<> start() override {
    if (work_.runs()) co_return;
    co_await build();
    work_.begin();
    work_.keep("follow", [this] { return follow(); });
    work_.keep("decks", [this] { return consume(); });
  }

  task<> stop() override { return work_.stop(); }

  async::health state() const override { return work_.state(); }

 private:
  task<> build() {
    const auto begun = std::chrono::steady_clock::now();
    engine_ = std::make_unique<matching>();
    seen_ = {};
    today_ = day_number(with_.time.now());
    const auto horizon = co_await with_.db(sql::horizon);
    horizon_ = horizon.front().get<std::string>(0);
    std::vector<matching_profile> people;
    std::vector<user_id> shadows;
    co_await read_everybody(people, shadows);
    auto* engine = engine_.get();
    std::function<void()> load = [engine, &people] { engine->load(people); };
    co_await with_.threads.run(std::move(load));
    for (const auto who : shadows) engine_->remove(who);  // they see decks, and are in none
    rated_at_ = with_.time.now();
    tell_memory();
    log_.info("the engine is built",
              {{"people", people.size()}, {"took", std::chrono::steady_clock::now() - begun}});
  }

  // Several ranges of ids at once: the database does most of the work.
  task<> read_everybody(std::vector<matching_profile>& people, std::vector<user_id>& shadows) {
    const auto rows = co_await with_.db(sql::bounds);
    auto next = rows.front().get<std::int64_t>(0);
    const auto last = rows.front().get<std::int64_t>(1);
    std::exception_ptr failure;
    async::scope readers(with_.on,
                         [&](std::string_view, std::exception_ptr why) { failure = std::move(why); });
    for (int i = 0; i < settings_.parallel; ++i)
      readers.spawn("read", read_ranges(next, last, people, shadows));
    co_await readers.join();
    if (failure) std::rethrow_exception(failure);
  }

  task<> read_ranges(std::int64_t& next, std::int64_t last, std::vector<matching_profile>& people,
                     std::vector<user_id>& shadows) {
    while (next <= last) {
      const auto first = next;
      next += settings_.page;
      const auto rows = co_await with_.db(sql::profiles, first, std::min(last, first + settings_.page - 1));
      for (int i = 0; i < rows.size(); ++i) {
        people.push_back(read_profile(rows[i], today_));
        if (rows[i].get<bool>(11)) shadows.push_back(people.back().who);
      }
      if (!rows.empty() || next > last) continue;
      const auto found = co_await with_.db(sql::next_one, next - 1);  // a gap
      next = std::max(next, found.empty() ? last + 1 : found.front().get<std::int64_t>(0));
    }
  }

  task<> follow() {
    co_await learn_changes();
    co_await learn_birthdays();
    co_await learn_ratings();
    co_await async::sleep_for(settings_.poll);
  }

  // All that is newer than the horizon, again and again until the horizon has passed it: what a transaction
  // that is still under way will commit lies behind it.
  task<> learn_changes() {
    const auto now = co_await with_.db(sql::horizon);
    auto passed = now.front().get<std::string>(0);
    const auto rows = co_await with_.db(sql::changed, horizon_, with_.time.now());
    std::vector<user_id> newcomers;
    for (int i = 0; i < rows.size(); ++i) {
      const auto who = rows[i].get<user_id>(0);
      if (rows[i][1].is_null()) {
        engine_->remove(who);
        continue;
      }
      const auto one = read_profile(rows[i], today_);
      const bool fresh = !engine_->find(who);
      engine_->put(one);
      if (rows[i].get<bool>(11)) {
        engine_->remove(who);
      } else if (fresh) {
        newcomers.push_back(who);
      }
    }
    horizon_ = std::move(passed);
    if (rows.size() > 0) tell_memory();
    for (const auto who : newcomers) {
      const auto has = co_await with_.db(sql::has_deck, who);
      if (!has.front().get<bool>(0)) co_await fill(deck_low{who, 0});
    }
  }

  task<> learn_birthdays() {
    const auto today = day_number(with_.time.now());
    if (today == today_) co_return;
    const auto rows = co_await with_.db(sql::birthdays, today_, today);
    for (int i = 0; i < rows.size(); ++i) {
      auto one = engine_->find(rows[i].get<user_id>(0));
      if (!one) continue;
      one->age = static_cast<std::uint8_t>(rows[i].get<int>(1));
      engine_->put(*one);
    }
    today_ = today;
  }

  task<> learn_ratings() {
    const auto now = with_.time.now();
    if (now - rated_at_ < settings_.ratings_every) co_return;
    rated_at_ = now;
    for (std::int64_t after = 0;;) {
      const auto rows = co_await with_.db(sql::rated, after, settings_.page, now);
      for (int i = 0; i < rows.size(); ++i) {
        after = rows[i].get<std::int64_t>(0);
        engine_->rate(user_id(after), static_cast<float>(rows[i].get<double>(1)));
      }
      if (rows.size() < settings_.page) break;
    }
  }

  task<> consume() {
    queue::consumer_options options;
    options.lane = deck_low_lane;
    options.batch = 10;
    options.parallel = settings_.parallel;
    queue::batch_handler handler = [this](std::span<const queue::message> batch, queue::acknowledger& ack) {
      return serve(batch, ack);
    };
    co_await with_.lanes.consume(std::move(options), std::move(handler));
  }

  // Each deck in a transaction with its message.
  task<> serve(std::span<const queue::message> batch, queue::acknowledger& ack) {
    for (const auto& message : batch) {
      const auto asked = to_deck_low(message);
      if (!asked) log_.error("a message that is no deck_low.v1", {{"kind", message.kind}});
      const std::vector<std::int64_t> done{message.id};
      std::function<task<>(pg::transaction&)> work = [&](pg::transaction& tx) -> task<> {
        if (asked) co_await fill_in(tx, *asked);
        co_await ack.done(tx, done);
      };
      co_await with_.db.in_transaction(work);
    }
  }

  task<> fill(deck_low asked) {
    std::function<task<>(pg::transaction&)> work = [&](pg::transaction& tx) -> task<> {
      co_await fill_in(tx, asked);
    };
    co_await with_.db.in_transaction(work);
  }

  task<> fill_in(pg::transaction& in, const deck_low& asked) {
    const auto begun = std::chrono::steady_clock::now();
    const int stage = std::clamp(asked.stage, 0, last_stage);
    const auto found = co_await filling_.begin(in, asked.viewer);
    if (!found || !found->active) co_return;
    const auto& what = *found;
    co_await know_seen(in, asked.viewer);
    find_within by_engine = [&](double km) { return choose(what, stage, km); };
    co_await filling_.fill(in, what, stage, by_engine);
    written_.add();
    filling_took_.observe(std::chrono::steady_clock::now() - begun);
  }

  task<std::vector<user_id>> choose(const deck_wanted& what, int stage, double km) {
    const auto begun = std::chrono::steady_clock::now();
    const auto reach = widened(what.asked, stage);
    deck_wish wish;
    wish.radius_km = km;
    wish.own_city = true;
    wish.limit = shortlist_size;
    wish.ages = age_range{static_cast<std::uint8_t>(reach.age_from), static_cast<std::uint8_t>(reach.age_to)};
    wish.doubled = stage;
    std::vector<user_id> out;
    for (const auto& one : engine_->next(what.who, wish)) out.push_back(one.who);
    choosing_.observe(std::chrono::steady_clock::now() - begun);
    co_return out;
  }

  // The viewer's judgements: all on first use and after an undo, then what is new. The undos are read first:
  // one at this very moment is found the next time.
  task<> know_seen(pg::session& in, user_id viewer) {
    const auto now = with_.time.now();
    const auto counted = co_await in(sql::undone, viewer);
    const auto undone = counted.front().get<std::int64_t>(0);
    const auto* known = seen_.find(viewer);
    if (known && known->undone != undone) {
      engine_->forget_seen(viewer);
      seen_.forget(viewer);
      known = nullptr;
    }
    const auto since = known ? known->read_at - overlap : instant{};
    const auto rows = co_await in(sql::judged, viewer, since);
    std::vector<user_id> judged;
    judged.reserve(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) judged.push_back(rows[i].get<user_id>(0));
    auto* mine = seen_.find(viewer);  // another task may have been here meanwhile
    if (!mine) {
      mine = &seen_.add(viewer);
      mine->undone = undone;
    }
    engine_->load_seen(viewer, judged);
    mine->read_at = std::max(mine->read_at, now);
    seen_.grew(*mine, judged.size());
    while (const auto dropped = seen_.drop(settings_.most_judgements)) engine_->forget_seen(*dropped);
  }

  void tell_memory() {
    const auto now = std::chrono::steady_clock::now();
    if (now - told_memory_ < 30s) return;  // it looks at every cell
    told_memory_ = now;
    const auto used = engine_->memory();
    profiles_.set(static_cast<double>(used.profiles));
    judgements_.set(static_cast<double>(used.judgements));
    bytes_.set(static_cast<double>(used.profile_bytes + used.seen_bytes));
  }

  matching_parts with_;
  matching_settings settings_;
  deck_filling filling_;
  metrics::gauge profiles_, judgements_, bytes_;
  metrics::counter written_;
  metrics::histogram choosing_, filling_took_;
  std::unique_ptr<matching> engine_;
  seen_sets seen_;
  std::string horizon_;
  std::int64_t today_ = 0;
  instant rated_at_;
  std::chrono::steady_clock::time_point told_memory_{};
  async::crew work_;
};

}  // namespace

std::unique_ptr<async::part> make_matching_part(matching_parts with, matching_settings settings) {
  return std::make_unique<matching_part>(std::move(with), settings);
}

}  // namespace tandem::dating
