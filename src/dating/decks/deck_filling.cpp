#include "dating/decks/deck_filling.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <unordered_map>

#include "dating/decks/decks_sql.hpp"
#include "dating/rating/ratings.hpp"

namespace tandem::dating {
namespace {

constexpr int likers_looked_at = 20;

// Latitudes and longitudes around a circle; across the date line the longitudes are two ranges.
struct box {
  double south, north;
  std::array<double, 2> west, east;
};
box around(const coordinates& at, double km) {
  constexpr double earth_km = 6371, degree = std::numbers::pi / 180;
  constexpr double slack = 0.001;  // degrees: coordinates are stored as real
  const double up = km / (earth_km * degree) + slack;
  box out{at.latitude - up, at.latitude + up, {-180, 1}, {180, 0}};  // the second range is empty
  const double reach = std::sin(std::min(km / earth_km, std::numbers::pi / 2));
  const double slim = std::cos(at.latitude * degree);
  if (std::abs(at.latitude) + up >= 89.9 || reach >= slim) return out;
  const double across = std::asin(reach / slim) / degree + slack;
  const double west = at.longitude - across, east = at.longitude + across;
  out.west[0] = west, out.east[0] = east;
  if (west < -180) out.west[1] = west + 360, out.east[1] = 180;
  if (east > 180) out.west[1] = -180, out.east[1] = east - 360;
  return out;
}

}  // namespace

std::int64_t deck_filling::today() const {
  return std::chrono::floor<std::chrono::days>(time_.now()).time_since_epoch().count();
}

task<std::optional<deck_wanted>> deck_filling::begin(pg::transaction& in, user_id viewer) {
  const auto rows = co_await in(sql::decks::to_fill, viewer);
  if (rows.empty()) co_return std::nullopt;
  const auto row = rows.front();
  deck_wanted out;
  out.who = viewer;
  out.active = row.get<bool>(0);
  if (!out.active) co_return out;
  const auto seeks = row.get<std::string>(1);
  for (const auto* sex : {"female", "male"})
    if (seeks == sex || seeks == "anyone") out.sexes.emplace_back(sex);
  out.at = {row.get<double>(2), row.get<double>(3)};
  out.place_id = row.get<std::int64_t>(4);
  out.asked = {row.get<int>(5), row.get<bool>(6), row.get<int>(7), row.get<int>(8)};
  out.has_judged = row.get<bool>(9);
  co_return out;
}

task<std::vector<user_id>> deck_filling::query(pg::session& in, const deck_wanted& what, int stage, double km,
                                               int limit, int most) {
  const auto where = around(what.at, km);
  const auto rows = co_await in(sql::decks::shortlist, what.who, today(), stage, limit, most,
                                what.place_id != 0, what.sexes, where.south, where.north, where.west[0],
                                where.east[0], where.west[1], where.east[1], km, settings_.showings_a_day);
  std::vector<user_id> out;
  for (int i = 0; i < rows.size(); ++i) out.push_back(rows[i].get<user_id>(0));
  co_return out;
}

task<std::vector<deck_candidate>> deck_filling::facts(pg::session& in, user_id viewer, int stage,
                                                      const std::vector<user_id>& listed) {
  const auto rows = co_await in(sql::decks::facts, viewer, today(), stage, settings_.showings_a_day, listed,
                                likers_looked_at, time_.now());
  std::vector<deck_candidate> out;
  for (int i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    deck_candidate one;
    one.who = row.get<user_id>(0);
    one.km = row.get<double>(1);
    one.same_town = row.get<bool>(2);
    one.likes_viewer = row.get<bool>(3);
    one.boosted = row.get<bool>(4);
    one.showings = row.get<double>(5);
    one.ready = row.get<std::optional<int>>(6);
    out.push_back(one);
  }
  co_return out;
}

task<std::size_t> deck_filling::fill(pg::transaction& in, const deck_wanted& what, int stage,
                                     find_within find) {
  const auto reach = widened(what.asked, stage);
  const auto rings = reach.own_city ? std::vector<double>{0} : rings_within(reach.radius_km);
  const auto size = static_cast<std::size_t>(settings_.size);
  std::vector<user_id> listed;
  std::vector<deck_candidate> all;
  for (const auto ring : rings) {
    const auto found = co_await find(ring);
    for (const auto who : found)
      if (std::ranges::find(listed, who) == listed.end()) listed.push_back(who);
    const bool last = ring == rings.back();
    if (listed.size() < size && !last) continue;
    all = co_await facts(in, what.who, stage, listed);
    if (all.size() >= size) break;
  }
  std::vector<user_id> people;
  for (const auto& one : all) people.push_back(one.who);
  const auto scored = co_await rated_.score(in, what.who, std::move(people));
  std::unordered_map<user_id, pair_score> scores;
  for (const auto& one : scored) scores.emplace(one.who, one.score);
  for (auto& one : all) {
    const auto& score = scores[one.who];
    one.like = score.like;
    one.back = score.back;
    one.match = score.match;
  }
  const auto deck = in_order(std::move(all), size);
  std::vector<user_id> order;
  std::vector<double> km;
  for (const auto& one : deck) order.push_back(one.who), km.push_back(one.km);
  co_await in(sql::decks::write, what.who, order, km, stage, time_.now());
  co_return deck.size();
}

}  // namespace tandem::dating
