// Precision and recall of near repeats, on the pairs of tests/data/hunt: those written for it, and labelled
// pairs of public posts, whose texts are not ours to keep.
//   repeats_bench [SHARE] [POSTS.jsonl …]     posts as {"id": …, "text": …}, or "channel" and "message_id"
//   for an id
// SHARE: of common pairs of words that makes a repeat; the product's own if it is left out.
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "hunt/repeats/fingerprint.hpp"
#include "hunt/repeats/near.hpp"
#include "hunt/repeats/written_pairs_for_test.hpp"

namespace {

using namespace tandem;

// What the intake does: the same fingerprint, or a common band and a comparison.
bool is_found(std::string_view one, std::string_view other, const hunt::near_settings& settings) {
  text::stemmer stems;
  const auto tokens = text::split(one, stems), others = text::split(other, stems);
  const auto print = hunt::fingerprint(tokens);
  if (print && print == hunt::fingerprint(others)) return true;
  const hunt::compared_text mine(tokens), theirs(others);
  const auto bands = mine.bands(), other_bands = theirs.bands();
  if (std::ranges::find_first_of(bands, other_bands) == bands.end()) return false;
  return hunt::compare(mine, theirs, settings).is_repeat();
}

class table {
 public:
  void add(const std::string& set, const std::string& label, bool found) {
    auto& [of, all] = counts_[set][label];
    of += found;
    ++all;
  }
  void print() const {
    for (const auto& [set, labels] : counts_) {
      int found = 0, repeats = 0, taken = 0;
      std::cout << set << ":";
      for (const auto& [label, count] : labels) {
        std::cout << " " << label << " " << count.first << " of " << count.second << ",";
        if (label == "other") {
          taken += count.first;
        } else {
          found += count.first;
          repeats += count.second;
        }
      }
      std::cout << " precision " << static_cast<double>(found) / std::max(1, found + taken) << ", recall "
                << static_cast<double>(found) / std::max(1, repeats) << "\n";
    }
  }

 private:
  std::map<std::string, std::map<std::string, std::pair<int, int>>> counts_;  // found, all
};

void read_posts(const char* file, std::map<std::string, std::string>& into) {
  std::ifstream in(file);
  std::string line;
  while (std::getline(in, line)) {
    const auto post = boost::json::parse(line).as_object();
    std::string id;
    if (const auto* own = post.if_contains("id")) {
      id = own->as_string();
    } else {
      id = std::string(post.at("channel").as_string()) + "/" +
           std::to_string(post.at("message_id").as_int64());
    }
    into[id] = post.at("text").as_string();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto data = std::filesystem::path(TANDEM_SOURCE_DIR) / "tests/data/hunt";
  hunt::near_settings settings;
  int at = 1;
  if (argc > 1 && std::atof(argv[1]) > 0) settings.shared = std::atof(argv[at++]);
  std::map<std::string, std::string> posts;
  for (; at < argc; ++at) read_posts(argv[at], posts);
  table figures;
  for (const auto& pair : hunt::read_written_pairs(data / "repeats.txt")) {
    figures.add("written", pair.repeat ? "copy" : "other", is_found(pair.post, pair.other, settings));
  }
  std::ifstream labels(data / "repeat_labels.tsv");
  std::string line;
  while (std::getline(labels, line)) {
    if (line.starts_with("#")) continue;
    std::istringstream fields(line);
    std::string set, label, one, other;
    for (auto* field : {&set, &label, &one, &other}) std::getline(fields, *field, '\t');
    const auto mine = posts.find(one), theirs = posts.find(other);
    if (mine == posts.end() || theirs == posts.end()) continue;
    figures.add(set, label, is_found(mine->second, theirs->second, settings));
  }
  figures.print();
}
