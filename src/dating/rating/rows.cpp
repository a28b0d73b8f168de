#include "dating/rating/rows.hpp"

#include <algorithm>

#include "dating/profiles/interests.hpp"
#include "dating/profiles/profiles.hpp"

namespace tandem::dating {
namespace {

static_assert(listed_interests.size() <= learned_interests);

// Interests of the list have a weight of their own. One's own words only count as shared: a number beyond.
std::uint16_t number_of(std::string_view interest) {
  const auto listed = std::ranges::find(listed_interests, interest);
  if (listed != listed_interests.end()) return static_cast<std::uint16_t>(listed - listed_interests.begin());
  std::uint32_t hash = 2'166'136'261U;  // FNV-1a: the same in every process
  for (const char one : interest) hash = (hash ^ static_cast<unsigned char>(one)) * 16'777'619U;
  return static_cast<std::uint16_t>(learned_interests + hash % (0x10000U - learned_interests));
}

std::optional<instant> moment_in(const pg::cell& epoch) {
  const auto seconds = epoch.as<std::optional<std::int64_t>>();
  if (!seconds) return std::nullopt;
  return instant(std::chrono::seconds(*seconds));
}

}  // namespace

primary_profile profile_in(const pg::result::row& row, int first, instant now) {
  primary_profile is;
  const auto sex_name = row.get<std::string_view>(first);
  if (!sex_name.empty()) is.is = sex_name == "male" ? sex::male : sex::female;
  if (const auto born = row.get<std::optional<std::int64_t>>(first + 1))
    is.age = age_on(std::chrono::sys_days(std::chrono::days(*born)), day_of(now));
  for (const auto& interest : row.get<std::vector<std::string>>(first + 2))
    is.interests.push_back(number_of(interest));
  std::ranges::sort(is.interests);
  is.interests.erase(std::ranges::unique(is.interests).begin(), is.interests.end());
  is.photos = row.get<int>(first + 3);
  is.about_length = row.get<int>(first + 4);
  return is;
}

standing standing_in(const pg::result::row& row, int first) {
  standing is;
  is.known.received = {row.get<double>(first), row.get<double>(first + 1), moment_in(row[first + 2])};
  is.known.given = {row.get<double>(first + 3), row.get<double>(first + 4), moment_in(row[first + 5])};
  is.matched = row.get<double>(first + 6);
  is.talked = row.get<double>(first + 7);
  return is;
}

}  // namespace tandem::dating
