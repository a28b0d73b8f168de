#include "hunt/bot/view.hpp"

namespace tandem::hunt::bot {
namespace {

const listed_category* find(const std::vector<listed_category>& all, category_id what) {
  const auto found = std::ranges::find(all, what, &listed_category::id);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

std::string view::title(category_id what) const {
  const auto* one = find(categories, what);
  return one ? texts.plain(language, "category." + one->slug) : std::string();
}
std::string_view view::emoji(category_id what) const {
  const auto* one = find(categories, what);
  return one ? std::string_view(one->emoji) : std::string_view("•");
}

std::string view::until(instant when) const {
  static constexpr std::string_view days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  const auto local = when + std::chrono::minutes(locale::offset_minutes(zone, when));
  const std::chrono::weekday day(std::chrono::floor<std::chrono::days>(local));
  return plain("moment.until", {{"weekday", days[day.c_encoding()]},
                                {"date", locale::say_date(language, zone, when)},
                                {"time", locale::say_time(language, zone, when)}});
}

}  // namespace tandem::hunt::bot
