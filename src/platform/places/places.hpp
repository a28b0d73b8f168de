// Towns by name, in Russian or English, with mistakes in it, and by coordinates. Offline: the list is made at
// build time of GeoNames' towns of 15,000 people and more (tools/places.py; CC BY 4.0, named in the README).
#pragma once
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::places {

struct place {
  std::int64_t id = 0;                 // GeoNames'
  std::string name, name_ru;           // name_ru may be empty
  std::string region;                  // in English, may be empty
  std::string country;                 // ISO 3166-1, two letters
  std::string time_zone;               // IANA
  double latitude = 0, longitude = 0;  // degrees
  std::int64_t population = 0;

  const std::string& name_in(std::string_view language) const {
    return language == "ru" && !name_ru.empty() ? name_ru : name;
  }
};

// Great-circle distance in kilometres (haversine, 6371 km).
double kilometres(double latitude_a, double longitude_a, double latitude_b, double longitude_b);

struct found_places {
  std::vector<const place*> matches;  // the likeliest first; more than one: ask which
  bool guessed = false;               // none is called that: these are called nearly so
};

class gazetteer {
 public:
  virtual ~gazetteer() = default;
  // By any name of a town, whatever its case, ё or е, hyphens and spaces; else by a beginning of three
  // letters and more; else with up to two letters mistaken. A town that dwarfs its namesakes (a tenth of its
  // people or fewer) is the only match; otherwise at most `limit` of them, the largest first.
  virtual found_places find(std::string_view name, std::size_t limit = 5) const = 0;
  virtual const place* by_id(std::int64_t id) const = 0;
  // The nearest town; of those within 15 km the largest, since a suburb says less than its city.
  virtual const place& nearest(double latitude, double longitude) const = 0;
  // The nearest town of at least so many people other than `of`: tells namesakes apart.
  virtual const place* landmark(const place& of, std::int64_t at_least = 200'000) const = 0;
};

// Reads places.tsv (some 40 ms, 15 MB). The error is a sentence for the log.
std::expected<std::unique_ptr<gazetteer>, std::string> load_gazetteer(const std::filesystem::path& file);

}  // namespace tandem::places
