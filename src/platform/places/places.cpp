#include "platform/places/places.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <numbers>
#include <unordered_map>

#include "base/text/fold.hpp"

namespace tandem::places {
namespace {

constexpr double earth_km = 6371, suburb_km = 15;
constexpr std::int64_t dwarfs = 10;
constexpr std::size_t least_beginning = 3;

// The name as it is compared: folded words without what separates them.
std::u32string key_of(std::string_view name) {
  std::u32string key;
  const std::string folded = text::fold(name);
  const auto* bytes = folded.data();
  const auto length = static_cast<std::int32_t>(folded.size());
  for (std::int32_t i = 0; i < length;) {
    UChar32 letter = 0;
    U8_NEXT_OR_FFFD(bytes, i, length, letter);
    if (u_isalnum(letter)) key.push_back(static_cast<char32_t>(letter));
  }
  return key;
}

// Optimal string alignment: letters inserted, left out, replaced, or swapped with their neighbour; `most` + 1
// if there are more mistakes than `most`.
std::size_t mistakes(std::u32string_view a, std::u32string_view b, std::size_t most) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > most || b.size() >= 64) return most + 1;
  std::array<std::array<std::uint8_t, 64>, 3> rows{};
  for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = static_cast<std::uint8_t>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& now = rows[i % 3];
    const auto &last = rows[(i - 1) % 3], &before = rows[(i + 1) % 3];
    now[0] = static_cast<std::uint8_t>(i);
    std::uint8_t least = now[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      auto cost = static_cast<std::uint8_t>(last[j - 1] + (same ? 0 : 1));
      cost =
          std::min({cost, static_cast<std::uint8_t>(last[j] + 1), static_cast<std::uint8_t>(now[j - 1] + 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost = std::min(cost, static_cast<std::uint8_t>(before[j - 2] + 1));
      now[j] = cost;
      least = std::min(least, cost);
    }
    if (least > most) return most + 1;
  }
  return std::min<std::size_t>(rows[a.size() % 3][b.size()], most + 1);
}

template <class Number>
bool read(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size();
}

std::vector<std::string_view> split(std::string_view line, char at) {
  std::vector<std::string_view> parts;
  for (std::size_t from = 0;;) {
    const auto end = line.find(at, from);
    parts.push_back(line.substr(from, end - from));
    if (end == std::string_view::npos) return parts;
    from = end + 1;
  }
}

class loaded_gazetteer final : public gazetteer {
 public:
  // False if the line is none of a list of places.
  bool add(std::string_view line) {
    const auto fields = split(line, '\t');
    place one;
    if (fields.size() != 10 || !read(fields[0], one.id) || !read(fields[1], one.population) ||
        !read(fields[2], one.latitude) || !read(fields[3], one.longitude))
      return false;
    one.time_zone = fields[4];
    one.country = fields[5];
    one.name = fields[6];
    one.name_ru = fields[7];
    one.region = fields[8];
    const auto number = static_cast<std::uint32_t>(places_.size());
    by_id_.emplace(one.id, number);
    name(fields[6], number, true);
    name(fields[7], number, true);
    if (!fields[9].empty())
      for (const auto other : split(fields[9], '|')) name(other, number, false);
    places_.push_back(std::move(one));
    return true;
  }

  void finish() {
    std::ranges::sort(names_, [](const named& a, const named& b) {
      return a.key != b.key ? a.key < b.key : (a.number != b.number ? a.number < b.number : a.own > b.own);
    });
    const auto twice = std::ranges::unique(
        names_, [](const named& a, const named& b) { return a.key == b.key && a.number == b.number; });
    names_.erase(twice.begin(), twice.end());
    names_.shrink_to_fit();
  }
  bool empty() const { return places_.empty(); }

  found_places find(std::string_view asked, std::size_t limit) const override {
    found_places found;
    const auto key = key_of(asked);
    if (key.empty() || limit == 0) return found;
    std::vector<std::uint32_t> own, other;
    for (auto at = std::ranges::lower_bound(names_, key, {}, &named::key);
         at != names_.end() && at->key == key; ++at)
      (at->own ? own : other).push_back(at->number);
    // What others call a town matters only where no town is called so.
    found.matches = likeliest(own.empty() ? other : own, limit);
    if (!found.matches.empty()) return found;

    found.guessed = true;
    if (key.size() >= least_beginning) {
      std::vector<std::uint32_t> begun;
      for (auto at = std::ranges::lower_bound(names_, key, {}, &named::key);
           at != names_.end() && at->key.starts_with(key); ++at)
        if (at->own) begun.push_back(at->number);
      found.matches = likeliest(std::move(begun), limit);
      if (!found.matches.empty()) return found;
    }
    found.matches = misspelt(key, limit);
    return found;
  }

  const place* by_id(std::int64_t id) const override {
    const auto at = by_id_.find(id);
    return at == by_id_.end() ? nullptr : &places_[at->second];
  }

  const place& nearest(double latitude, double longitude) const override {
    const place *closest = &places_.front(), *largest = nullptr;
    double least = 1e9;
    for (const auto& one : places_) {
      const double away = kilometres(latitude, longitude, one.latitude, one.longitude);
      if (away < least) least = away, closest = &one;
      if (away <= suburb_km && (!largest || one.population > largest->population)) largest = &one;
    }
    return largest ? *largest : *closest;
  }

  const place* landmark(const place& of, std::int64_t at_least) const override {
    const place* closest = nullptr;
    double least = 1e9;
    for (const auto& one : places_) {
      if (one.population < at_least) break;  // the largest come first
      if (one.id == of.id) continue;
      const double away = kilometres(of.latitude, of.longitude, one.latitude, one.longitude);
      if (away < least) least = away, closest = &one;
    }
    return closest;
  }

 private:
  struct named {
    std::u32string key;
    std::uint32_t number = 0;
    bool own = false;  // its name in English or Russian, none of the other ones
  };

  void name(std::string_view text, std::uint32_t number, bool own) {
    auto key = key_of(text);
    if (key.size() > 1) names_.push_back({std::move(key), number, own});
  }

  std::vector<const place*> likeliest(std::vector<std::uint32_t> numbers, std::size_t limit) const {
    std::ranges::sort(numbers);  // the largest have the smallest numbers
    numbers.erase(std::ranges::unique(numbers).begin(), numbers.end());
    std::vector<const place*> chosen;
    for (const auto number : numbers) {
      if (chosen.size() == limit ||
          (!chosen.empty() && places_[number].population * dwarfs <= chosen.front()->population))
        break;
      chosen.push_back(&places_[number]);
    }
    return chosen;
  }

  std::vector<const place*> misspelt(const std::u32string& key, std::size_t limit) const {
    if (key.size() < 4) return {};
    std::size_t most = key.size() < 8 ? 1 : 2;
    std::vector<std::uint32_t> close;
    for (const auto& one : names_) {
      if (!one.own || one.key.size() + most < key.size() || key.size() + most < one.key.size()) continue;
      const auto wrong = mistakes(key, one.key, most);
      if (wrong > most) continue;
      if (wrong < most) close.clear(), most = wrong;
      close.push_back(one.number);
    }
    return likeliest(std::move(close), limit);
  }

  std::vector<place> places_;  // the largest first
  std::vector<named> names_;   // sorted by key
  std::unordered_map<std::int64_t, std::uint32_t> by_id_;
};

}  // namespace

double kilometres(double latitude_a, double longitude_a, double latitude_b, double longitude_b) {
  constexpr double degree = std::numbers::pi / 180;
  const double up = std::sin((latitude_b - latitude_a) * degree / 2);
  const double across = std::sin((longitude_b - longitude_a) * degree / 2);
  const double h = up * up + std::cos(latitude_a * degree) * std::cos(latitude_b * degree) * across * across;
  return 2 * earth_km * std::asin(std::sqrt(std::min(h, 1.0)));
}

std::expected<std::unique_ptr<gazetteer>, std::string> load_gazetteer(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in)
    return std::unexpected(
        fmt::format("{} cannot be read: it is made by the build (tools/places.py)", file.string()));
  auto all = std::make_unique<loaded_gazetteer>();
  std::string line;
  for (std::size_t number = 1; std::getline(in, line); ++number) {
    if (!all->add(line)) return std::unexpected(fmt::format("{}, line {}: no place", file.string(), number));
  }
  if (all->empty()) return std::unexpected(fmt::format("{} is empty", file.string()));
  all->finish();
  return all;
}

}  // namespace tandem::places
