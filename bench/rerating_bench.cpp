// Re-rating everybody, with its writes: see bench/rerating.py, which makes the data, loads it and measures
// the one-statement SQL beside it.
//
//   rerating_bench prepare FOLDER            profiles.tsv, interactions.tsv → ours_*.tsv there, for COPY
//   rerating_bench run DATABASE_URL          times of our re-rating on that database, as JSON lines
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ostream.h>

#include <charconv>
#include <chrono>
#include <fstream>
#include <iostream>
#include <random>
#include <string>

#include "async/loop.hpp"
#include "dating/profiles/interests.hpp"
#include "dating/rating/ratings.hpp"

using namespace tandem;
using namespace tandem::dating;
using seconds = std::chrono::duration<double>;
using steady = std::chrono::steady_clock;

namespace {

constexpr instant begun{std::chrono::sys_days(std::chrono::year(2026) / 11 / 22)};

std::string read_whole(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) throw std::runtime_error(file + " cannot be read");
  std::string text(static_cast<std::size_t>(in.tellg()), '\0');
  in.seekg(0);
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  return text;
}

// The fields of a line, tab-separated.
template <class F>
void each_line(const std::string& text, F work) {
  std::vector<std::string_view> fields;
  for (std::size_t at = 0; at < text.size();) {
    fields.clear();
    const auto end = std::min(text.find('\n', at), text.size());
    while (at <= end) {
      const auto tab = std::min(text.find('\t', at), end);
      fields.push_back(std::string_view(text).substr(at, tab - at));
      at = tab + 1;
    }
    work(fields);
  }
}
std::int64_t whole(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// Interests are numbers from 1 on there: slugs of our list, and beyond it a person's own words.
std::string interests_of(std::string_view numbers) {
  std::string out = "{";
  std::size_t at = 1;
  while (at + 1 < numbers.size()) {
    const auto end = std::min(numbers.find(',', at), numbers.size() - 1);
    const auto number = static_cast<std::size_t>(whole(numbers.substr(at, end - at))) - 1;
    if (out.size() > 1) out += ',';
    out += number < listed_interests.size() ? std::string(listed_interests[number])
                                            : fmt::format("+own {}", number);
    at = end + 1;
  }
  return out + "}";
}

// A month of judgements in the order of the file, as ratings::judged() would have kept them; kind 1 is a
// like, 2 a skip, 3 a like that was a match.
int prepare(const std::string& folder) {
  std::ofstream users(folder + "/ours_users.tsv"), profiles(folder + "/ours_profiles.tsv"),
      ratings(folder + "/ours_ratings.tsv"), photos(folder + "/ours_photos.tsv"),
      judgements(folder + "/ours_judgements.tsv");
  std::mt19937_64 dice(42);
  std::size_t people = 0;
  const auto said = read_whole(folder + "/profiles.tsv");
  const std::string about(300, 'a');
  each_line(said, [&](const std::vector<std::string_view>& f) {
    const auto id = whole(f[0]);
    people = std::max(people, static_cast<std::size_t>(id));
    const auto born = std::chrono::sys_days(std::chrono::year(2026 - static_cast<int>(whole(f[1]))) / 1 / 1) -
                      std::chrono::days(dice() % 320);
    fmt::print(users, "{}\t{}\tP\tru\t2026-10-01\t2026-11-22\n", id, id);
    fmt::print(profiles,
               "{}\tactive\t1\t2026-10-01\tP\t{:%F}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t2026-10-01\t{}\tt\n", id,
               born, f[2] == "1" ? "male" : "female",
               f[3] == "1"   ? "male"
               : f[3] == "2" ? "female"
                             : "anyone",
               f[6], f[7], f[8], about.substr(0, dice() % 300), interests_of(f[9]), f[11]);
    const auto pictures = 1 + dice() % 3;
    for (std::size_t i = 1; i <= pictures; ++i)
      fmt::print(photos, "{}\t{}\tshown\tb{}\tt{}\t0\t800\t800\t2026-10-01\n", id, i,
                 id * 10 + static_cast<std::int64_t>(i), id * 10 + static_cast<std::int64_t>(i));
  });
  std::vector<standing> known(people + 1);
  const coefficients with;
  const auto judged = read_whole(folder + "/interactions.tsv");
  std::int64_t n = 0;
  each_line(judged, [&](const std::vector<std::string_view>& f) {
    auto& viewer = known[static_cast<std::size_t>(whole(f[0]))];
    auto& candidate = known[static_cast<std::size_t>(whole(f[1]))];
    const bool liked = f[2] != "2";
    const auto at = begun - std::chrono::seconds(30 * 86'400 - n++ / 8);
    learn(viewer.known, candidate.known, liked, with, at);
    fmt::print(judgements, "{}\t{}\t{}\t{:%F %T}+00\n", f[0], f[1], liked ? 't' : 'f',
               std::chrono::floor<std::chrono::seconds>(at));
    candidate.matched = candidate.matched * with.memory + (f[2] == "3" ? 1 : 0);
  });
  const auto moment = [](const std::optional<instant>& at) {
    return at ? fmt::format("{:%F %T}+00", *at) : std::string("\\N");
  };
  for (std::size_t id = 1; id <= people; ++id) {
    const auto& one = known[id];
    fmt::print(ratings, "{}\t{:.6g}\t{:.6g}\t{}\t{:.6g}\t{:.6g}\t{}\t{:.6g}\t2026-10-01\n", id,
               one.known.received.good, one.known.received.count, moment(one.known.received.last),
               one.known.given.good, one.known.given.count, moment(one.known.given.last), one.matched);
  }
  return 0;
}

double passed(steady::time_point since) { return seconds(steady::now() - since).count(); }

void tell(std::string_view what, double took, const rerating_report& done) {
  fmt::print(R"({{"what": "{}", "seconds": {:.2f}, "looked_at": {}, "written": {}, "overtaken": {}}})"
             "\n",
             what, took, done.looked_at, done.written, done.overtaken);
  std::cout.flush();
}

task<> measure(pg::pool& db, fixed_clock& time) {
  const auto learned = make_coefficient_store(time);
  const auto kept = make_ratings({time, *learned});
  const auto everybody = [&](std::string_view what) -> task<> {
    static constexpr pg::statement settle{"bench.settle", "CHECKPOINT", pg::cardinality::exec};
    co_await db(settle);
    const auto since = steady::now();
    const auto done = co_await rerate_all(db, time, *learned);
    tell(what, passed(since), done);
  };
  // Stored ratings are the defaults: who was judged moves.
  co_await everybody("everybody, all that moved written");
  co_await everybody("everybody again, nothing has moved");
  time.advance(std::chrono::days(1));
  co_await everybody("everybody a day later");

  // A new version: all profiles are read, and all whose level 1 moved are written.
  static constexpr pg::statement version{"bench.version",
                                         "INSERT INTO dating.coefficients (version, made_at, body, in_use) "
                                         "SELECT 1, now(), jsonb_build_object('formula', "
                                         "'{\"primary_share\": 1}'::jsonb, 'centre', 0, 'weights', (SELECT "
                                         "jsonb_agg(CASE WHEN i % 2 = 0 THEN 0.4 ELSE "
                                         "-0.4 END) FROM generate_series(1, 56) i)), true",
                                         pg::cardinality::exec};
  co_await db(version);
  time.advance(std::chrono::minutes(2));
  co_await everybody("everybody, with new coefficients");

  constexpr int judgements = 20'000;
  std::mt19937_64 dice(7);
  const auto since = steady::now();
  for (int i = 0; i < judgements; ++i) {
    const auto viewer = static_cast<std::int64_t>(dice() % 1'000'000 + 1);
    const auto candidate = static_cast<std::int64_t>(dice() % 1'000'000 + 1);
    if (viewer == candidate) continue;
    co_await kept->judged(db, user_id(viewer), user_id(candidate), dice() % 3 == 0);
  }
  const double took = passed(since);
  fmt::print(
      R"({{"what": "judged(), one after another, each committed", "judgements": {}, "us_each": {:.0f}}})"
      "\n",
      judgements, took / judgements * 1e6);
  const auto again = steady::now();
  const auto done = co_await rerate_dirty(db, time, *learned);
  tell("those about whom something has happened", passed(again), done);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc == 3 ? argv[1] : "";
  if (what == "prepare") return prepare(argv[2]);
  if (what != "run") {
    std::cerr << "rerating_bench prepare FOLDER | run DATABASE_URL\n";
    return 2;
  }
  async::loop io;
  fixed_clock time(begun + std::chrono::hours(1));
  pg::pool_options options;
  options.url = argv[2];
  options.statement_limit = std::chrono::minutes(5);
  const auto db = pg::make_pool(io.on(), std::move(options));
  io.run(measure(*db, time));
  io.run(db->close());
}
