#include <boost/unordered/unordered_flat_map.hpp>

#include "dating/decks/deck_filling.hpp"
#include "dating/decks/deck_low.hpp"
#include "dating/decks/decks_sql.hpp"

namespace tandem::dating {
namespace {

namespace sql = tandem::dating::sql::decks;
using namespace std::chrono_literals;

constexpr auto asked_again_after = 30s;      // the engine, for the same deck
constexpr std::size_t most_asked = 100'000;  // viewers remembered for it
// People of the index, in a town and in a ring. Where there is an engine, it orders the rest of the deck
// soon.
constexpr int looked_at = 4'000, looked_at_before_engine = 500;
constexpr int narrow_years = 10;

deck_card read_card(const pg::result::row& row) {
  deck_card out;
  out.who = row.get<user_id>(0);
  out.name = row.get<std::string>(1);
  out.about = row.get<std::string>(2);
  out.age = row.get<int>(3);
  out.km = row.get<double>(4);
  out.place_id = row.get<std::int64_t>(5);
  out.same_town = row.get<bool>(6);
  out.active_at = row.get<instant>(7);
  out.interests = row.get<std::vector<std::string>>(8);
  out.common = row.get<std::vector<std::string>>(9);
  const auto ids = row.get<std::vector<photo_id>>(10);
  const auto files = row.get<std::vector<std::string>>(11);
  for (std::size_t i = 0; i < ids.size(); ++i) out.photos.push_back({ids[i], files[i]});
  out.wrote = row.get<bool>(12);
  out.is = row.get<bool>(13) ? sex::male : sex::female;
  return out;
}

class pg_decks final : public decks {
 public:
  pg_decks(deck_parts with, deck_settings settings)
      : with_(with), settings_(settings), filling_(with.time, with.rated, settings) {}

  task<next_in_deck> next(pg::transaction& in, deck_viewer viewer) override {
    viewer.accepted = std::clamp(viewer.accepted, 0, last_stage);
    auto shown = co_await take(in, viewer);
    if (!shown) {
      const auto nobody = co_await refill(in, viewer);
      if (nobody) co_return *nobody;
      shown = co_await take(in, viewer);
      if (!shown) co_return empty_deck{};
    }
    if (shown->behind < settings_.low) co_await ask_for_more(in, viewer);
    co_return std::move(shown->card);
  }

  task<std::optional<deck_card>> card(pg::session& in, deck_viewer viewer, user_id candidate) override {
    const auto rows = co_await in(sql::card, viewer.who, today(), candidate, viewer.bot_id);
    if (rows.empty()) co_return std::nullopt;
    co_return read_card(rows.front());
  }

  task<> anew(pg::session& in, user_id viewer) override {
    co_await in(sql::throw_away, viewer);
    asked_.erase(viewer.value);
  }

  task<std::int64_t> forget_changes(pg::session& in, int most) override {
    const auto gone = co_await in(sql::forget_changes, with_.time.now() - 24h, most);
    co_return gone.affected();
  }

 private:
  struct taken {
    deck_card card;
    int behind = 0;  // that lie ready after this one; counted up to `low`
  };

  std::int64_t today() const {
    return std::chrono::floor<std::chrono::days>(with_.time.now()).time_since_epoch().count();
  }

  task<std::optional<taken>> take(pg::session& in, const deck_viewer& viewer) {
    const auto rows = co_await in(sql::next, viewer.who, today(), viewer.accepted, settings_.showings_a_day,
                                  settings_.low + 1, viewer.bot_id);
    if (rows.empty()) co_return std::nullopt;
    taken out{read_card(rows.front()), rows.front().get<int>(14) - 1};
    co_return out;
  }

  // Nobody lies ready: finds some now, or says why there are none.
  task<std::optional<empty_deck>> refill(pg::transaction& in, const deck_viewer& viewer) {
    empty_deck out;
    out.stage = viewer.accepted;
    out.why = empty_deck::reason::hidden;
    const auto wanted = co_await filling_.begin(in, viewer.who);
    if (!wanted || !wanted->active) co_return out;
    out.asked = wanted->asked;
    const auto& what = *wanted;
    find_within by_query = [&](double km) -> task<std::vector<user_id>> {
      return filling_.query(in, what, viewer.accepted, km, shortlist_size,
                            settings_.engine ? looked_at_before_engine : looked_at);
    };
    const auto found = co_await filling_.fill(in, what, viewer.accepted, by_query);
    if (found > 0) co_return std::nullopt;
    for (auto stage = next_stage(what.asked, viewer.accepted); stage;
         stage = next_stage(what.asked, *stage)) {
      const auto reach = widened(what.asked, *stage);
      const auto anybody = co_await filling_.query(in, what, *stage, reach.radius_km, 1, 1);
      if (anybody.empty()) continue;
      out.why = empty_deck::reason::wider;
      out.offer = stage;
      out.there = reach;
      co_return out;
    }
    out.why = what.has_judged                                           ? empty_deck::reason::all_seen
              : what.asked.age_to - what.asked.age_from <= narrow_years ? empty_deck::reason::narrow
                                                                        : empty_deck::reason::nobody;
    co_return out;
  }

  // Once in a while for a deck; a message too many does no harm.
  task<> ask_for_more(pg::transaction& in, const deck_viewer& viewer) {
    if (!settings_.engine) co_return;
    const auto now = with_.time.now();
    if (const auto asked = asked_.find(viewer.who.value);
        asked != asked_.end() && now - asked->second < asked_again_after)
      co_return;
    if (asked_.size() >= most_asked) asked_.clear();
    asked_[viewer.who.value] = now;
    const std::vector<queue::publication> more{to_publication(deck_low{viewer.who, viewer.accepted})};
    co_await with_.lanes.publish(in, more);
  }

  deck_parts with_;
  deck_settings settings_;
  deck_filling filling_;
  boost::unordered_flat_map<std::int64_t, instant> asked_;
};

}  // namespace

std::unique_ptr<decks> make_decks(deck_parts with, deck_settings settings) {
  return std::make_unique<pg_decks>(with, settings);
}

}  // namespace tandem::dating
