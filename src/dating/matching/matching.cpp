#include "dating/matching/matching.hpp"

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cmath>
#include <numbers>

#include "dating/matching/seen_set.hpp"

namespace tandem::dating {
namespace {

constexpr double earth_km = 6371, degree = std::numbers::pi / 180;
constexpr double cell_degrees = 0.25;  // about 28 km from south to north
constexpr int cell_columns = static_cast<int>(360 / cell_degrees),
              cell_rows = static_cast<int>(180 / cell_degrees);

struct vector3 {
  float x, y, z;
};

vector3 on_unit_sphere(const coordinates& at) {
  const double latitude = at.latitude * degree, longitude = at.longitude * degree;
  return {static_cast<float>(std::cos(latitude) * std::cos(longitude)),
          static_cast<float>(std::cos(latitude) * std::sin(longitude)),
          static_cast<float>(std::sin(latitude))};
}

float squared_chord(const vector3& a, const vector3& b) {
  const float x = a.x - b.x, y = a.y - b.y, z = a.z - b.z;
  return x * x + y * y + z * z;
}

// The squared straight line through the unit sphere that spans so many kilometres on its surface.
float squared_chord_of(double km) {
  const double half = std::sin(std::min(km / (2 * earth_km), std::numbers::pi / 2));
  return static_cast<float>(4 * half * half);
}

// Squared chords of whole kilometres up to the largest radius that a person may ask for.
constexpr int largest_radius_km = 500;
const auto chords_by_km = [] {
  std::array<float, largest_radius_km + 1> chords{};
  for (std::size_t km = 0; km < chords.size(); ++km) chords[km] = squared_chord_of(static_cast<double>(km));
  return chords;
}();

// Whether a candidate with this reach may be shown to somebody so far away.
bool reaches(std::uint16_t reach, int doubled, float squared_distance) {
  if (reach == matching_profile::any_distance) return true;
  if (reach == 0) return false;
  const int km = doubled >= 4 ? largest_radius_km : std::min(reach << doubled, largest_radius_km);
  return squared_distance <= chords_by_km[static_cast<std::size_t>(km)];
}

int row_of(double latitude) {
  return std::clamp(static_cast<int>(std::floor((latitude + 90) / cell_degrees)), 0, cell_rows - 1);
}
int column_of(double longitude) {
  const int column = static_cast<int>(std::floor((longitude + 180) / cell_degrees));
  return ((column % cell_columns) + cell_columns) % cell_columns;
}
std::uint32_t cell_of(const coordinates& at) {
  return static_cast<std::uint32_t>(row_of(at.latitude) * cell_columns + column_of(at.longitude));
}

// One person in a group: what is compared while scanning, nothing else.
struct entry {
  vector3 at;
  float rating;
  std::uint32_t number;
  std::int32_t city;
  age_range wanted;
  std::uint16_t reach;
};
static_assert(sizeof(entry) == 28);

// All people of a cell who are of one sex, seek the same and have the same age, the best-rated first.
struct group {
  std::uint16_t key;
  std::vector<entry> people;
};
// Groups of one sex and kind of seeking lie side by side, by age, so that an age range is one span.
constexpr std::uint16_t group_key(sex is, seeking seeks, std::uint8_t age) {
  return static_cast<std::uint16_t>((static_cast<unsigned>(is) * 3 + static_cast<unsigned>(seeks)) << 8 |
                                    age);
}

using cell = std::vector<group>;  // sorted by key

// The rest of what is known of a person, by number.
struct record {
  user_id who;
  float latitude = 0, longitude = 0, rating = 0;
  std::int32_t city = 0;
  age_range wanted;
  std::uint16_t reach = matching_profile::any_distance;
  std::uint8_t age = 0;
  sex is = sex::female;
  seeking seeks = seeking::anyone;
  bool shown = false;  // has an entry in a group
};

bool before(const entry& a, const entry& b) {
  return a.rating != b.rating ? a.rating > b.rating : a.number < b.number;
}

// The best so far, the worst of them on top.
class best_ones {
 public:
  explicit best_ones(std::size_t limit) : limit_(limit) { heap_.reserve(limit); }
  bool takes(const entry& one) const { return heap_.size() < limit_ || before(one, heap_.front()); }
  void add(const entry& one) {
    if (heap_.size() == limit_) {
      std::ranges::pop_heap(heap_, before);
      heap_.pop_back();
    }
    heap_.push_back(one);
    std::ranges::push_heap(heap_, before);
  }
  std::vector<entry> sorted() && {
    std::ranges::sort_heap(heap_, before);
    return std::move(heap_);
  }

 private:
  std::size_t limit_;
  std::vector<entry> heap_;
};

}  // namespace

struct matching::columns {
  boost::unordered_flat_map<std::int64_t, std::uint32_t>
      numbers;  // by user id; a number is never given twice
  std::vector<record> records;
  boost::unordered_flat_map<std::uint32_t, cell> cells;
  boost::unordered_flat_map<std::int32_t, std::vector<std::pair<std::uint32_t, std::uint32_t>>> cells_of_city;
  boost::unordered_flat_map<std::uint32_t, seen_set> seen;
  std::size_t shown = 0;

  std::uint32_t number_of(user_id who) {
    const auto [at, fresh] = numbers.try_emplace(who.value, static_cast<std::uint32_t>(records.size()));
    if (fresh) records.emplace_back().who = who;
    return at->second;
  }
  std::optional<std::uint32_t> known(user_id who) const {
    const auto found = numbers.find(who.value);
    if (found == numbers.end()) return std::nullopt;
    return found->second;
  }
  coordinates place_of(const record& one) const { return {one.latitude, one.longitude}; }

  entry entry_of(std::uint32_t number) const {
    const auto& one = records[number];
    return {on_unit_sphere(place_of(one)), one.rating, number, one.city, one.wanted, one.reach};
  }

  static group& group_in(cell& in, std::uint16_t key) {
    const auto at = std::ranges::lower_bound(in, key, {}, &group::key);
    if (at != in.end() && at->key == key) return *at;
    return *in.insert(at, group{key, {}});
  }

  void enter(std::uint32_t number) {
    auto& one = records[number];
    const auto where = cell_of(place_of(one));
    auto& people = group_in(cells[where], group_key(one.is, one.seeks, one.age)).people;
    const auto added = entry_of(number);
    people.insert(std::ranges::upper_bound(people, added, before), added);
    count_city(one.city, where, 1);
    one.shown = true;
    ++shown;
  }

  void leave(std::uint32_t number) {
    auto& one = records[number];
    if (!one.shown) return;
    const auto where = cell_of(place_of(one));
    auto& in = cells[where];
    auto& from = group_in(in, group_key(one.is, one.seeks, one.age));
    from.people.erase(std::ranges::lower_bound(from.people, entry_of(number), before));
    if (from.people.empty()) in.erase(in.begin() + (&from - in.data()));
    if (in.empty()) cells.erase(where);
    count_city(one.city, where, -1);
    one.shown = false;
    --shown;
  }

  // How many people of a city live in which cells: a city may be larger than the radius.
  void count_city(std::int32_t city, std::uint32_t where, int change) {
    if (city == 0) return;
    auto& all = cells_of_city[city];
    const auto at = std::ranges::find(all, where, &std::pair<std::uint32_t, std::uint32_t>::first);
    if (at == all.end())
      all.emplace_back(where, 1);
    else if ((at->second += static_cast<std::uint32_t>(change)) == 0)
      all.erase(at);
  }

  // The cells that hold people within the radius or of the city, the viewer's own first.
  std::vector<std::uint32_t> cells_around(const record& viewer, const deck_wish& wish) const {
    const auto own = cell_of(place_of(viewer));
    std::vector<std::uint32_t> around{own};
    const double up = wish.radius_km / (earth_km * degree);
    const int first_row = row_of(static_cast<double>(viewer.latitude) - up);
    const int last_row = row_of(static_cast<double>(viewer.latitude) + up);
    const double farthest = std::min(std::abs(static_cast<double>(viewer.latitude)) + up, 89.9);
    // How far east the circle reaches at most (the tangent meridian), in degrees.
    const double ratio = std::sin(std::min(wish.radius_km / earth_km, std::numbers::pi / 2)) /
                         std::cos(std::min(std::abs(static_cast<double>(viewer.latitude)), 89.9) * degree);
    const double across = ratio >= 1 || farthest >= 89.9 ? 180 : std::asin(ratio) / degree;
    const double west = static_cast<double>(viewer.longitude) - across;
    const int wide = std::min(static_cast<int>(2 * across / cell_degrees) + 2, cell_columns);
    const auto cell_count =
        static_cast<std::size_t>(last_row - first_row + 1) * static_cast<std::size_t>(wide);
    if (cell_count > cells.size()) {  // a radius of half the world: look at what is there instead
      for (const auto& [where, people] : cells)
        if (where != own) around.push_back(where);
      return around;
    }
    for (int row = first_row; row <= last_row; ++row) {
      for (int i = 0; i < wide; ++i) {
        const auto where =
            static_cast<std::uint32_t>(row * cell_columns + column_of(west + i * cell_degrees));
        if (where != own && cells.contains(where)) around.push_back(where);
      }
    }
    if (wish.own_city && viewer.city != 0) {
      if (const auto city = cells_of_city.find(viewer.city); city != cells_of_city.end()) {
        for (const auto& [where, people] : city->second)
          if (std::ranges::find(around, where) == around.end()) around.push_back(where);
      }
    }
    return around;
  }
};

matching::matching() : its_(std::make_unique<columns>()) {}
matching::~matching() = default;

void matching::put(const matching_profile& profile) {
  const auto number = its_->number_of(profile.who);
  its_->leave(number);
  auto& one = its_->records[number];
  one.latitude = static_cast<float>(profile.at.latitude);
  one.longitude = static_cast<float>(profile.at.longitude);
  one.rating = profile.rating;
  one.city = profile.city;
  one.wanted = profile.wanted;
  one.reach = profile.reach_km;
  one.age = profile.age;
  one.is = profile.is;
  one.seeks = profile.seeks;
  its_->enter(number);
}

void matching::load(std::span<const matching_profile> profiles) {
  auto& its = *its_;
  its.numbers.reserve(its.numbers.size() + profiles.size());
  its.records.reserve(its.records.size() + profiles.size());
  std::vector<std::tuple<std::uint32_t, std::uint16_t, std::uint32_t>> order;  // cell, group, number
  order.reserve(profiles.size());
  for (const auto& profile : profiles) {
    const auto number = its.number_of(profile.who);
    its.leave(number);
    its.records[number] = {profile.who,
                           static_cast<float>(profile.at.latitude),
                           static_cast<float>(profile.at.longitude),
                           profile.rating,
                           profile.city,
                           profile.wanted,
                           profile.reach_km,
                           profile.age,
                           profile.is,
                           profile.seeks,
                           true};
    const auto where = cell_of(its.place_of(its.records[number]));
    order.emplace_back(where, group_key(profile.is, profile.seeks, profile.age), number);
    its.count_city(profile.city, where, 1);
    ++its.shown;
  }
  std::ranges::sort(order);
  for (std::size_t from = 0; from < order.size();) {
    const auto [where, key, first] = order[from];
    std::size_t to = from;
    while (to < order.size() && std::get<0>(order[to]) == where && std::get<1>(order[to]) == key) ++to;
    auto& people = columns::group_in(its.cells[where], key).people;
    people.reserve(people.size() + to - from);
    for (; from < to; ++from) people.push_back(its.entry_of(std::get<2>(order[from])));
    std::ranges::sort(people, before);
  }
}

bool matching::remove(user_id who) {
  const auto number = its_->known(who);
  if (!number || !its_->records[*number].shown) return false;
  its_->leave(*number);
  return true;
}

bool matching::rate(user_id who, float rating) {
  const auto number = its_->known(who);
  if (!number || !its_->records[*number].shown) return false;
  auto& one = its_->records[*number];
  if (one.rating == rating) return true;
  auto& people =
      columns::group_in(its_->cells[cell_of(its_->place_of(one))], group_key(one.is, one.seeks, one.age))
          .people;
  const auto old = std::ranges::lower_bound(people, its_->entry_of(*number), before);
  one.rating = rating;
  const auto now = its_->entry_of(*number);
  // The others between the old and the new place move up or down by one; nothing is allocated.
  if (old != people.begin() && before(now, *(old - 1))) {
    const auto to = std::upper_bound(people.begin(), old, now, before);
    std::rotate(to, old, old + 1);
    *to = now;
  } else {
    const auto to = std::lower_bound(old + 1, people.end(), now, before);
    std::rotate(old, old + 1, to);
    *(to - 1) = now;
  }
  return true;
}

std::optional<matching_profile> matching::find(user_id who) const {
  const auto number = its_->known(who);
  if (!number || !its_->records[*number].shown) return std::nullopt;
  const auto& one = its_->records[*number];
  return matching_profile{one.who,  one.is,     one.seeks, one.age, one.wanted, its_->place_of(one),
                          one.city, one.rating, one.reach};
}

bool matching::knows_seen(user_id viewer) const {
  const auto number = its_->known(viewer);
  return number && its_->seen.contains(*number);
}

void matching::load_seen(user_id viewer, std::span<const user_id> judged) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(judged.size());
  for (const auto who : judged) numbers.push_back(its_->number_of(who));
  its_->seen[its_->number_of(viewer)].add(numbers);
}

void matching::forget_seen(user_id viewer) {
  if (const auto number = its_->known(viewer)) its_->seen.erase(*number);
}

void matching::saw(user_id viewer, user_id judged) {
  const auto number = its_->known(viewer);
  if (!number) return;
  // A set that has not been read yet will hold this judgement when it is.
  if (const auto set = its_->seen.find(*number); set != its_->seen.end())
    set->second.add(its_->number_of(judged));
}

std::vector<candidate> matching::next(user_id viewer, const deck_wish& wish) const {
  const auto& its = *its_;
  const auto number = its.known(viewer);
  if (!number || wish.limit == 0) return {};
  const auto& me = its.records[*number];
  const auto here = on_unit_sphere(its.place_of(me));
  const auto farthest = squared_chord_of(wish.radius_km);
  const auto found_seen = its.seen.find(*number);
  const seen_set* seen = found_seen == its.seen.end() ? nullptr : &found_seen->second;

  best_ones best(wish.limit);
  const auto scan = [&](const group& one) {
    for (const auto& other : one.people) {
      if (!best.takes(other)) return;  // the rest of the group is rated lower still
      if (!other.wanted.holds(me.age)) continue;
      const bool neighbour = me.city != 0 && other.city == me.city;
      if (!neighbour || !wish.own_city) {
        const auto away = squared_chord(here, other.at);
        if (away > farthest || (!neighbour && !reaches(other.reach, wish.doubled, away))) continue;
      }
      if (other.number == *number || (seen && seen->contains(other.number))) continue;
      best.add(other);
    }
  };
  const auto ages = wish.ages.value_or(me.wanted);
  const auto scan_cell = [&](const cell& in, sex is, seeking seeks) {
    const auto last = group_key(is, seeks, ages.to);
    for (auto at = std::ranges::lower_bound(in, group_key(is, seeks, ages.from), {}, &group::key);
         at != in.end() && at->key <= last; ++at)
      scan(*at);
  };
  const auto mine = me.is == sex::female ? seeking::female : seeking::male;
  for (const auto where : its.cells_around(me, wish)) {
    const auto in = its.cells.find(where);
    if (in == its.cells.end()) continue;
    for (const auto is : {sex::female, sex::male}) {
      if (me.seeks != seeking::anyone && (me.seeks == seeking::female) != (is == sex::female)) continue;
      scan_cell(in->second, is, mine);
      scan_cell(in->second, is, seeking::anyone);
    }
  }
  std::vector<candidate> chosen;
  for (const auto& one : std::move(best).sorted())
    chosen.push_back({its.records[one.number].who, one.rating});
  return chosen;
}

engine_memory matching::memory() const {
  const auto& its = *its_;
  engine_memory used;
  used.profiles = its.shown;
  // A flat map keeps one byte of metadata beside each slot.
  used.profile_bytes = its.records.capacity() * sizeof(record) +
                       its.numbers.bucket_count() * (sizeof(std::pair<std::int64_t, std::uint32_t>) + 1) +
                       its.cells.bucket_count() * (sizeof(std::pair<std::uint32_t, cell>) + 1);
  for (const auto& [where, groups] : its.cells) {
    used.profile_bytes += groups.capacity() * sizeof(group);
    for (const auto& one : groups) used.profile_bytes += one.people.capacity() * sizeof(entry);
  }
  for (const auto& [city, where] : its.cells_of_city)
    used.profile_bytes += where.capacity() * sizeof where[0];
  used.viewers = its.seen.size();
  for (const auto& [viewer, set] : its.seen) {
    used.judgements += set.size();
    used.seen_bytes += set.bytes();
  }
  return used;
}

}  // namespace tandem::dating
