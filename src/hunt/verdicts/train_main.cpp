// tandem-train: makes the local judge's model out of the seed set. Run by the build:
//   tandem-train models/hunt OUTPUT_FOLDER
// and by hand, after the seed set has changed, to choose the thresholds anew on a part of it kept out of
// training:
//   tandem-train --choose-thresholds models/hunt WORK_FOLDER
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <random>

#include "base/text/stable_hash.hpp"
#include "hunt/verdicts/files.hpp"
#include "hunt/verdicts/local_classifier.hpp"
#include "hunt/verdicts/trainer.hpp"
#include "hunt/verdicts/written_posts.hpp"

namespace {

using namespace tandem::hunt;
namespace fs = std::filesystem;

// Every so many-th written post is kept out while thresholds are chosen.
constexpr std::size_t kept_out = 5;

constexpr std::uint64_t train_seed = 20'240'601, held_out_seed = 20'240'602;

// The same content gives the same version, whatever the machine: it tells which model judged a post.
std::string version_of(std::string_view content) {
  const std::uint64_t hash = tandem::text::stable_hash_of(content);
  return fmt::format("{:08x}", static_cast<std::uint32_t>(hash ^ (hash >> 32U)));
}

template <class T, class Error>
T orthrow(std::expected<T, Error> result, std::string_view file) {
  if (result) return std::move(*result);
  if constexpr (std::is_same_v<Error, std::string>)
    throw std::runtime_error(fmt::format("{}: {}", file, result.error()));
  else if constexpr (std::is_same_v<Error, seed_error>)
    throw std::runtime_error(
        fmt::format("{}:{}: {}", result.error().file, result.error().line, result.error().what));
  else
    throw std::runtime_error(fmt::format("{}:{}: {}", file, result.error().line, result.error().what));
}

std::vector<fs::path> files_in(const fs::path& folder, std::string_view extension) {
  std::vector<fs::path> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == extension) files.push_back(entry.path());
  std::ranges::sort(files);
  return files;
}

int run(const fs::path& from, const fs::path& to, bool choose) {
  fs::create_directories(to);
  std::string content = read_file(from / lexicon_file);
  tandem::text::stemmer stems;
  const lexicon words = orthrow(lexicon::parse(content, stems), lexicon_file);
  seed_set seeds;
  for (const auto& file : files_in(from / "seed", ".txt")) {
    const std::string text = read_file(file);
    const auto added = seeds.add(file.filename().string(), text);
    if (!added) orthrow(std::expected<int, seed_error>(std::unexpected(added.error())), "");
    content += text;
  }
  fs::copy_file(from / lexicon_file, to / lexicon_file, fs::copy_options::overwrite_existing);

  std::vector<labelled_post> written;
  for (const auto& file : files_in(from / "written", ".jsonl")) {
    const std::string text = read_file(file);
    auto some = orthrow(read_written_posts(file.filename().string(), text), "");
    std::ranges::move(some, std::back_inserter(written));
    content += text;
  }

  auto posts = orthrow(seeds.expand(choose ? seed_part::train : seed_part::all, train_seed), "");
  std::vector<labelled_post> written_apart;
  for (std::size_t i = 0; i < written.size(); ++i) {
    if (choose && i % kept_out == 0) {
      written_apart.push_back(written[i]);
    } else {
      posts.insert(posts.end(), written_weight, written[i]);
    }
  }
  // The trainer goes through the posts in this order again and again: what stands together pulls it to one
  // side.
  std::mt19937_64 dice(train_seed);
  for (std::size_t left = posts.size(); left > 1; --left) std::swap(posts[left - 1], posts[dice() % left]);
  train(posts, words, to);
  fmt::print("{} posts\n", posts.size());
  if (choose) {
    write_file(to / settings_file, read_file(from / "thresholds.txt"));
    auto held_out = orthrow(seeds.expand(seed_part::held_out, held_out_seed), "");
    for (const auto& one : written_apart) held_out.insert(held_out.end(), written_weight, one);
    const model_settings chosen = choose_thresholds(held_out, to);
    write_file(from / "thresholds.txt", chosen.print());
    fmt::print("thresholds chosen on {} held-out posts\n{}", held_out.size(), chosen.print());
    return 0;
  }
  auto settings = orthrow(model_settings::parse(read_file(from / "thresholds.txt")), "thresholds.txt");
  settings.version = version_of(content + settings.print());
  write_file(to / settings_file, settings.print());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> args(argv + 1, argv + argc);
  const bool choose = !args.empty() && args.front() == "--choose-thresholds";
  if (args.size() != (choose ? 3U : 2U)) {
    std::cerr << "usage: tandem-train [--choose-thresholds] MODELS_FOLDER OUTPUT_FOLDER\n";
    return 2;
  }
  try {
    return run(args[choose ? 1 : 0], args[choose ? 2 : 1], choose);
  } catch (const std::exception& wrong) {
    std::cerr << "tandem-train: " << wrong.what() << '\n';
    return 1;
  }
}
