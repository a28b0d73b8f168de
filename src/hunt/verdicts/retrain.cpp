#include "hunt/verdicts/retrain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>
#include <random>
#include <stdexcept>

#include "hunt/verdicts/files.hpp"
#include "hunt/verdicts/local_classifier.hpp"
#include "hunt/verdicts/trainer.hpp"
#include "hunt/verdicts/written_posts.hpp"

namespace tandem::hunt {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

// As the shipped model is made (train_main.cpp).
constexpr std::uint64_t train_seed = 20'240'601;
constexpr int heaviest = 100;

std::vector<fs::path> files_in(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == extension) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

[[noreturn]] void refuse(const seed_error& why) {
  throw std::runtime_error(fmt::format("{}:{}: {}", why.file, why.line, why.what));
}

std::vector<labelled_post> written_in(const fs::path& folder) {
  std::vector<labelled_post> out;
  for (const auto& file : files_in(folder, ".jsonl")) {
    auto some = read_written_posts(file.filename().string(), read_file(file));
    if (!some) refuse(some.error());
    std::ranges::move(*some, std::back_inserter(out));
  }
  return out;
}

std::vector<labelled_post> shipped_posts(const fs::path& training) {
  seed_set seeds;
  for (const auto& file : files_in(training / "seed", ".txt")) {
    const auto added = seeds.add(file.filename().string(), read_file(file));
    if (!added) refuse(added.error());
  }
  auto posts = seeds.expand(seed_part::all, train_seed);
  if (!posts) refuse(posts.error());
  for (const auto& one : written_in(training / "written")) posts->insert(posts->end(), written_weight, one);
  return std::move(*posts);
}

bool is_right(const labelled_post& post, const verdict& said) {
  const auto kind = name(said.kind);
  if (post.kind != "vacancy" && post.kind != "cv") return said.kind == post_kind::none;
  if (kind != post.kind) return false;
  if (said.categories.empty()) return post.categories.empty() || post.categories.front() == "none";
  return std::ranges::find(post.categories, slug(said.categories.front().which)) != post.categories.end();
}

measured compare(const std::vector<labelled_post>& posts, const fs::path& now, const fs::path& before) {
  const auto fresh = make_local_classifier(now), old = make_local_classifier(before);
  if (!fresh) throw std::runtime_error(fresh.error());
  if (!old) throw std::runtime_error(old.error());
  measured out;
  for (const auto& post : posts) {
    ++out.posts;
    out.right += is_right(post, (*fresh)->judge(post.text));
    out.right_before += is_right(post, (*old)->judge(post.text));
  }
  return out;
}

}  // namespace

bool retrained::good_enough() const {
  return own.right >= own.right_before && shipped.right + shipped.posts / 100 >= shipped.right_before;
}

std::string print_known(const known_post& one) {
  json::array categories;
  for (const auto& slug : one.post.categories)
    if (slug != "none") categories.emplace_back(slug);
  const bool scam = one.post.kind == "scam";
  json::object line{{"text", one.post.text}, {"kind", scam ? "spam" : one.post.kind}, {"scam", scam}};
  line["categories"] = std::move(categories);
  line["weight"] = one.weight;
  line["held_out"] = one.held_out;
  return json::serialize(line) + "\n";
}

std::expected<std::vector<known_post>, std::string> read_known(std::string_view lines) {
  auto posts = read_written_posts("labels", lines);
  if (!posts) return std::unexpected(fmt::format("line {}: {}", posts.error().line, posts.error().what));
  std::vector<known_post> out;
  auto post = posts->begin();
  for (std::size_t at = 0; at < lines.size() && post != posts->end();) {
    const auto end = std::min(lines.find('\n', at), lines.size());
    const auto line = lines.substr(at, end - at);
    at = end + 1;
    if (line.empty()) continue;
    const auto fields = json::parse(line).as_object();
    known_post one;
    one.post = std::move(*post++);
    const auto* weight = fields.if_contains("weight");
    if (weight && weight->is_int64())
      one.weight = static_cast<int>(std::clamp<std::int64_t>(weight->as_int64(), 1, heaviest));
    const auto* held_out = fields.if_contains("held_out");
    one.held_out = held_out && held_out->is_bool() && held_out->as_bool();
    out.push_back(std::move(one));
  }
  return out;
}

retrained retrain(const retrain_job& job, std::span<const known_post> known) {
  fs::create_directories(job.into);
  const auto lexicon_text = read_file(job.training / lexicon_file);
  text::stemmer stems;
  const auto words = lexicon::parse(lexicon_text, stems);
  if (!words)
    throw std::runtime_error(fmt::format("{}:{}: {}", lexicon_file, words.error().line, words.error().what));
  auto posts = shipped_posts(job.training);
  std::vector<labelled_post> own;
  retrained out;
  for (const auto& one : known) {
    if (one.held_out) {
      own.push_back(one.post);
    } else {
      ++out.learned_from;
      posts.insert(posts.end(), static_cast<std::size_t>(one.weight), one.post);
    }
  }
  // What stands together pulls the trainer to one side.
  std::mt19937_64 dice(train_seed);
  for (std::size_t left = posts.size(); left > 1; --left) std::swap(posts[left - 1], posts[dice() % left]);
  train(posts, *words, job.into);
  fs::copy_file(job.training / lexicon_file, job.into / lexicon_file, fs::copy_options::overwrite_existing);
  auto settings = model_settings::parse(read_file(job.training / "thresholds.txt"));
  if (!settings) throw std::runtime_error("thresholds.txt: " + settings.error());
  settings->version = job.version;
  write_file(job.into / settings_file, settings->print());
  out.own = compare(own, job.into, job.current);
  out.shipped = compare(written_in(job.training / "held_out"), job.into, job.current);
  return out;
}

}  // namespace tandem::hunt
