#include "dating/bot/card.hpp"

#include <cmath>

#include "platform/telegram/html.hpp"

namespace tandem::dating::bot {
namespace {

using std::chrono::days;
using std::chrono::floor;

constexpr std::size_t least_about = 40;
constexpr double near_km = 1.5;  // what the rounding of places can tell
constexpr int days_in_words = 6;

auto local_day(const view& to, instant when) {
  return floor<days>(when + std::chrono::minutes(locale::offset_minutes(to.zone, when)));
}

std::string_view word_of(std::optional<sex> who) {
  if (!who) return "other";
  return *who == sex::female ? "female" : "male";
}

std::string head_of(const view& to, const person_card& what) {
  std::string out = to.html("card.title", {{"name", what.name}, {"age", what.age}});
  const auto add = [&out](const std::string& plain) { out += " · " + telegram::escape(plain); };
  if (!what.town.empty()) add(what.town);
  if (what.km) add(say_distance(to, *what.km));
  if (what.active_at) add(say_seen(to, *what.active_at, what.sex));
  if (what.photos > 1) add(std::to_string(what.photo) + "/" + std::to_string(what.photos));
  return out;
}

std::string foot_of(const view& to, const person_card& what) {
  std::vector<std::string> others;
  for (const auto& one : what.interests) {
    if (std::ranges::find(what.common, one) == what.common.end()) others.push_back(one);
  }
  std::string out;
  if (!what.common.empty()) out += "\n" + to.html("card.common", {{"list", say_interests(to, what.common)}});
  if (!others.empty()) {
    const auto* const key = what.common.empty() ? "card.interests" : "card.also";
    out += "\n" + to.html(key, {{"list", say_interests(to, others)}});
  }
  return out;
}

}  // namespace

std::string say_interest(const view& to, std::string_view stored) {
  if (stored.starts_with('+')) return std::string(stored.substr(1));
  return to.plain("interest." + std::string(stored));
}

std::string say_interests(const view& to, const std::vector<std::string>& stored) {
  std::string out;
  for (const auto& one : stored) out += (out.empty() ? "" : ", ") + say_interest(to, one);
  return out;
}

std::string say_distance(const view& to, double km) {
  if (km < near_km) return to.plain("card.near");
  const double step = km < 10 ? 1 : km < 50 ? 5 : 10;
  return to.plain("card.km", {{"km", std::llround(km / step) * std::llround(step)}});
}

std::string say_seen(const view& to, instant active_at, std::optional<sex> who) {
  const locale::arguments whose{{"sex", word_of(who)}};
  if (to.now - active_at < std::chrono::hours(1)) return to.plain("card.seen_now", whose);
  const auto ago = (local_day(to, to.now) - local_day(to, active_at)).count();
  if (ago <= 0) return to.plain("card.seen_today", whose);
  if (ago == 1) return to.plain("card.seen_yesterday", whose);
  if (ago > days_in_words) return to.plain("card.seen_long_ago", whose);
  return to.plain("card.seen_days", {{"sex", word_of(who)}, {"days", ago}});
}

std::string card_html(const view& to, const person_card& what, std::size_t limit) {
  const auto head = head_of(to, what);
  const auto foot = foot_of(to, what);
  if (what.about.empty()) return head + foot;
  const auto around = telegram::code_points(telegram::plain_text(head + foot)) + 1;  // and the line break
  const auto room = limit > around + least_about ? limit - around : least_about;
  return head + "\n" + telegram::shorten(telegram::escape(what.about), room) + foot;
}

}  // namespace tandem::dating::bot
