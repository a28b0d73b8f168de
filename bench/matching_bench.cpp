// How long the matching engine takes for the next ten, on the data of a generator: see bench/matching.py,
// which makes it, asks PostgreSQL the same and compares the answers.
//
//   matching_bench FOLDER < requests > answers
//
// FOLDER holds profiles.tsv and interactions.tsv. A line of requests: "GROUP PERSON …". A line of answers:
// "PERSON CANDIDATE…". The times of each group are told on the error stream as JSON lines. A viewer's
// judgements are given to the engine before the first request, as after their first use.
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <numeric>
#include <sstream>
#include <string>
#include <unordered_map>

#include "dating/matching/matching.hpp"

using namespace tandem;
using namespace tandem::dating;
using seconds = std::chrono::duration<double>;
using steady = std::chrono::steady_clock;

namespace {

std::string read_whole(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) throw std::runtime_error(file + " cannot be read");
  std::string text(static_cast<std::size_t>(in.tellg()), '\0');
  in.seekg(0);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

// The fields of a tab-separated line as numbers.
template <class... Number>
const char* read_line(const char* at, const char* end, Number&... fields) {
  const auto read = [&](auto& field) {
    at = std::from_chars(at, end, field).ptr;
    while (at < end && *at != '\t' && *at != '\n') ++at;
    if (at < end && *at == '\t') ++at;
  };
  (read(fields), ...);
  while (at < end && *at != '\n') ++at;
  return at < end ? at + 1 : end;
}

std::vector<matching_profile> read_profiles(const std::string& folder) {
  const auto text = read_whole(folder + "/profiles.tsv");
  std::vector<matching_profile> all;
  for (const char *at = text.data(), *end = at + text.size(); at < end;) {
    std::int64_t id = 0;
    int age = 0, is = 0, seeks = 0, from = 0, to = 0, city = 0, interests = 0;
    double latitude = 0, longitude = 0, rating = 0;
    at = read_line(at, end, id, age, is, seeks, from, to, latitude, longitude, city, interests, rating);
    all.push_back({user_id(id),
                   is == 1 ? sex::male : sex::female,
                   seeks == 3 ? seeking::anyone : (seeks == 1 ? seeking::male : seeking::female),
                   static_cast<std::uint8_t>(age),
                   {static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to)},
                   {latitude, longitude},
                   city,
                   static_cast<float>(rating)});
  }
  return all;
}

void tell(const std::string& group, std::vector<double>& times, std::size_t found) {
  std::ranges::sort(times);
  const auto at = [&](double part) {
    return times[static_cast<std::size_t>(part * static_cast<double>(times.size() - 1))];
  };
  std::cerr << fmt::format(
      R"({{"group": "{}", "viewers": {}, "p50_ms": {:.4f}, "p90_ms": {:.4f}, "p99_ms": {:.4f}, "max_ms": {:.4f}, "found_avg": {:.2f}}})"
      "\n",
      group, times.size(), at(0.5), at(0.9), at(0.99), times.back(),
      static_cast<double>(found) / static_cast<double>(times.size()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "matching_bench FOLDER < requests > answers\n";
    return 2;
  }
  const std::string folder = argv[1];
  struct request {
    std::string group;
    std::vector<std::int64_t> people;
  };
  std::vector<request> requests;
  std::unordered_map<std::int64_t, std::vector<user_id>> seen;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    request one;
    words >> one.group;
    for (std::int64_t id = 0; words >> id;) one.people.push_back(id), seen[id];
    requests.push_back(std::move(one));
  }

  matching engine;
  {
    const auto profiles = read_profiles(folder);
    const auto begun = steady::now();
    engine.load(profiles);
    std::cerr << fmt::format(R"({{"load_s": {:.3f}}})"
                             "\n",
                             seconds(steady::now() - begun).count());
  }
  {
    const auto text = read_whole(folder + "/interactions.tsv");
    for (const char *at = text.data(), *end = at + text.size(); at < end;) {
      std::int64_t viewer = 0, judged = 0;
      at = read_line(at, end, viewer, judged);
      if (const auto of = seen.find(viewer); of != seen.end()) of->second.emplace_back(judged);
    }
  }
  for (const auto& [viewer, judged] : seen) engine.load_seen(user_id(viewer), judged);

  for (const auto& [group, people] : requests) {
    std::vector<double> times;
    std::size_t found = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(people.size(), 30); ++i)
      engine.next(user_id(people[i]), {});
    for (const auto person : people) {
      const auto begun = steady::now();
      const auto chosen = engine.next(user_id(person), {});
      times.push_back(seconds(steady::now() - begun).count() * 1e3);
      found += chosen.size();
      fmt::print(std::cout, "{}", person);
      for (const auto& one : chosen) fmt::print(std::cout, " {}", one.who.value);
      fmt::print(std::cout, "\n");
    }
    tell(group, times, found);
  }
  const auto used = engine.memory();
  std::cerr << fmt::format(
      R"({{"profiles": {}, "bytes_per_profile": {:.1f}, "viewers": {}, "judgements": {}, "bytes_per_judgement": {:.2f}}})"
      "\n",
      used.profiles, static_cast<double>(used.profile_bytes) / static_cast<double>(used.profiles),
      used.viewers, used.judgements,
      static_cast<double>(used.seen_bytes) / static_cast<double>(std::max<std::size_t>(used.judgements, 1)));
}
