// Pairs of posts written for the measurement of near repeats: tests/data/hunt/repeats.txt says how they are
// written.
#pragma once
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace tandem::hunt {

struct written_pair {
  std::string how;  // "a logo: greeting, contact"
  std::string post, other;
  bool repeat = false;
};

inline std::vector<written_pair> read_written_pairs(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot read " + file.string());
  std::vector<written_pair> out;
  std::string line, family, original, sign, how, text;
  const auto end_text = [&] {
    if (sign == "===") {
      family = how;
      original = text;
    } else if (!sign.empty()) {
      out.push_back({.how = family + ": " + how, .post = original, .other = text, .repeat = sign == "+++"});
    }
    text.clear();
  };
  while (std::getline(in, line)) {
    if (line.starts_with("=== ") || line.starts_with("+++ ") || line.starts_with("--- ")) {
      end_text();
      sign = line.substr(0, 3);
      how = line.substr(4);
    } else {
      text += line + "\n";
    }
  }
  end_text();
  return out;
}

}  // namespace tandem::hunt
