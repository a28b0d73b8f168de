#include "hunt/verdicts/seed.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/text/stable_hash.hpp"
#include "hunt/verdicts/categories.hpp"

namespace tandem::hunt {
namespace {

constexpr std::string_view kinds[] = {"vacancy", "cv", "ad", "spam", "scam", "other"};

// Work that is really offered together; a post of one category takes its partner's duties now and then.
constexpr auto partners = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"development", "data"},
    {"development", "design"},
    {"development", "management"},
    {"data", "management"},
    {"data", "marketing"},
    {"design", "illustration"},
    {"design", "video"},
    {"design", "smm"},
    {"smm", "copywriting"},
    {"smm", "marketing"},
    {"smm", "video"},
    {"smm", "design"},
    {"marketing", "copywriting"},
    {"marketing", "management"},
    {"marketing", "sales"},
    {"copywriting", "translation"},
    {"management", "sales"},
    {"management", "assistant"},
    {"assistant", "sales"},
    {"video", "illustration"},
    {"marketing", "smm"},
    {"copywriting", "marketing"},
    {"assistant", "smm"},
});

// SplitMix64: small, and the same on every machine, which the distributions of <random> are not.
class dice {
 public:
  explicit dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31U);
  }
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }
  bool chance(unsigned percent) { return next() % 100 < percent; }

 private:
  std::uint64_t state_;
};

std::uint64_t hash(std::string_view text) { return dice(tandem::text::stable_hash_of(text)).next(); }
bool is_held_out(std::string_view text) { return hash(text) % 5 == 0; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    const std::size_t end = std::min(text.find(' '), text.size());
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

// Splits at `bar` where no bracket is open.
std::vector<std::string_view> split_alternatives(std::string_view text) {
  std::vector<std::string_view> out;
  int depth = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (text[i] == '|' && depth == 0) {
      out.push_back(text.substr(from, i - from));
      from = i + 1;
    }
  }
  out.push_back(text.substr(from));
  return out;
}

std::size_t closing_bracket(std::string_view text, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) return i;
  }
  return std::string_view::npos;
}

// Writes some letters as their Latin doubles, the way that fraud hides from filters.
std::string disguise(std::string_view text, dice& luck) {
  static constexpr auto doubles = std::to_array<std::pair<std::string_view, char>>({{"а", 'a'},
                                                                                    {"е", 'e'},
                                                                                    {"о", 'o'},
                                                                                    {"р", 'p'},
                                                                                    {"с", 'c'},
                                                                                    {"у", 'y'},
                                                                                    {"х", 'x'},
                                                                                    {"А", 'A'},
                                                                                    {"О", 'O'}});
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto found = std::find_if(doubles.begin(), doubles.end(),
                                    [&](const auto& pair) { return text.substr(i).starts_with(pair.first); });
    if (found != doubles.end() && luck.chance(80)) {
      out += found->second;
      i += found->first.size();
    } else {
      out += text[i++];
    }
  }
  return out;
}

// Leaves out about `percent` of the words. Real posts are full of words that no seed has: a model that has
// only seen whole grammar would trust them too much, and thresholds chosen on whole grammar would be too
// high.
std::string strike_out(std::string_view text, unsigned percent, dice& luck) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of(" \n", at), text.size());
    if (!luck.chance(percent)) out.append(text.substr(at, end - at));
    if (end < text.size()) out += text[end];
    at = end + 1;
  }
  return out;
}

}  // namespace

const std::vector<std::string>& seed_set::alternatives::of(seed_part part) const {
  if (part == seed_part::train && !train.empty()) return train;
  if (part == seed_part::held_out && !held_out.empty()) return held_out;
  return all;
}

std::expected<void, seed_error> seed_set::add(std::string_view name, std::string_view content) {
  std::string category;
  if (name.starts_with("category_") && name.ends_with(".txt")) {
    category = name.substr(9, name.size() - 13);
    if (category != "none" && !category_from_slug(category))
      return std::unexpected(seed_error{std::string(name), 0, "no such category"});
    categories_.push_back(category);
  }
  alternatives* section = nullptr;
  bool in_template = false;
  std::size_t number = 0;
  while (!content.empty()) {
    const std::size_t end = content.find('\n');
    const std::string_view line = trim(content.substr(0, end));
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    ++number;
    const auto wrong = [&](std::string what) {
      return std::unexpected(seed_error{std::string(name), number, std::move(what)});
    };
    if (line.starts_with(';')) continue;
    if (line.starts_with('[') && line.ends_with(']')) {
      const auto title = line.substr(1, line.size() - 2);
      section = &slots_[category.empty() ? std::string(title) : category + "." + std::string(title)];
      in_template = false;
    } else if (line.starts_with("@ ")) {
      post_template made;
      made.file = name;
      made.line = number;
      auto words = words_of(line.substr(2));
      if (std::find(std::begin(kinds), std::end(kinds), words.front()) == std::end(kinds))
        return wrong("no such kind: " + words.front());
      made.kind = words.front();
      words.erase(words.begin());
      if (!words.empty() && words.back().starts_with('x')) {
        const auto& last = words.back();
        const auto read = std::from_chars(last.data() + 1, last.data() + last.size(), made.times);
        if (read.ec != std::errc{}) return wrong("how many times? " + last);
        words.pop_back();
      }
      made.categories = std::move(words);
      templates_.push_back(std::move(made));
      in_template = true;
      section = nullptr;
    } else if (in_template) {
      std::string& text = templates_.back().text;
      if (!text.empty() || !line.empty()) text.append(text.empty() ? "" : "\n").append(line);
    } else if (!line.empty()) {
      if (!section) return wrong("a line before the first section");
      section->all.emplace_back(line);
      // Only what carries meaning is kept apart, not cities and greetings.
      if (!category.empty()) (is_held_out(line) ? section->held_out : section->train).emplace_back(line);
    }
  }
  return {};
}

class seed_set::expansion {
 public:
  expansion(const seed_set& from, seed_part part, dice& luck) : from_(from), part_(part), luck_(luck) {}

  std::expected<labelled_post, seed_error> post(const post_template& of, std::string_view category) {
    current_.clear();
    used_.clear();
    if (!category.empty()) {
      current_.emplace_back(category);
      if (luck_.chance(12)) add_partner(category);
    } else {
      for (const auto& fixed : of.categories) used_.insert(fixed);
      current_ = of.categories;
    }
    labelled_post out;
    out.kind = of.kind;
    failed_.clear();
    out.text = trim(text(of.text));
    if (!failed_.empty()) return std::unexpected(seed_error{of.file, of.line, failed_});
    if (out.kind == "scam" && luck_.chance(35)) out.text = disguise(out.text, luck_);
    if (out.kind == "vacancy" || out.kind == "cv") {
      if (used_.size() > 1) used_.erase("none");
      out.categories.assign(used_.begin(), used_.end());
    }
    return out;
  }

 private:
  void add_partner(std::string_view category) {
    std::vector<std::string_view> fitting;
    const auto known = [this](std::string_view slug) {
      return std::ranges::find(from_.categories_, slug) != from_.categories_.end();
    };
    for (const auto& [one, other] : partners) {
      if (one == category && known(other)) fitting.push_back(other);
      if (other == category && known(one)) fitting.push_back(one);
    }
    if (!fitting.empty()) current_.emplace_back(fitting[luck_.below(fitting.size())]);
  }

  std::string text(std::string_view pattern) {
    std::string out;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const char c = pattern[i];
      if (c == '{') {
        const std::size_t end = pattern.find('}', i);
        if (end == std::string_view::npos) {
          failed_ = "a { without its }";
          return out;
        }
        out += slot(pattern.substr(i + 1, end - i - 1));
        i = end;
      } else if (c == '(') {
        const std::size_t end = closing_bracket(pattern, i);
        if (end == std::string_view::npos) {
          failed_ = fmt::format("a ( without its ) in \"{}\"", pattern);
          return out;
        }
        const auto inner = pattern.substr(i + 1, end - i - 1);
        const auto choices = split_alternatives(inner);
        if (choices.size() > 1)
          out += text(choices[luck_.below(choices.size())]);
        else
          out.append("(").append(text(inner)).append(")");
        i = end;
      } else {
        out += c;
      }
    }
    return out;
  }

  std::string slot(std::string_view reference) {
    const std::size_t colon = reference.find(':');
    const auto name = reference.substr(0, colon);
    const auto form = colon == std::string_view::npos ? std::string_view{} : reference.substr(colon + 1);
    if (form.empty()) return one(name);
    static constexpr auto bullets = std::to_array<std::string_view>({"- ", "• ", "— ", "", "* ", "✅ "});
    const auto bullet = bullets[luck_.below(bullets.size())];
    const bool list = form == "list";
    const std::size_t count = list ? 2 + luck_.below(3) : 3 + luck_.below(4);
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
      if (list)
        out.append(i ? ", " : "").append(one(name));
      else
        out.append(i ? "\n" : "").append(bullet).append(one(name)).append(luck_.chance(30) ? ";" : "");
    }
    return out;
  }

  std::string one(std::string_view name) {
    std::string category;
    const bool any = name.starts_with("any.");
    if (any) {
      category = from_.categories_[luck_.below(from_.categories_.size())];
      name.remove_prefix(4);
    } else if (!current_.empty()) {
      category = current_[luck_.below(current_.size())];
    }
    auto found =
        category.empty() ? from_.slots_.end() : from_.slots_.find(category + "." + std::string(name));
    const bool of_category = found != from_.slots_.end();
    if (!of_category) found = from_.slots_.find(name);
    if (found == from_.slots_.end() || found->second.all.empty()) {
      failed_ = fmt::format("nothing is called {{{}}}", name);
      return {};
    }
    const auto& choices = found->second.of(part_);
    std::string chosen = choices[luck_.below(choices.size())];
    if (of_category) {
      const std::size_t arrow = chosen.find(" => ");
      if (arrow == std::string::npos) {
        used_.insert(category);
      } else {
        const auto instead = words_of(std::string_view(chosen).substr(arrow + 4));
        used_.insert(instead.begin(), instead.end());
        if (current_.size() == 1) current_ = instead;
        chosen.resize(arrow);
      }
      if (any) current_.push_back(category);  // what follows ("your duties: …") speaks of this work
    }
    return text(chosen);
  }

  const seed_set& from_;
  seed_part part_;
  dice& luck_;
  std::vector<std::string> current_;         // categories that {name} draws from
  std::set<std::string, std::less<>> used_;  // categories that something was drawn of
  std::string failed_;
};

std::expected<std::vector<labelled_post>, seed_error> seed_set::expand(seed_part part,
                                                                       std::uint64_t seed) const {
  std::vector<labelled_post> out;
  dice luck(seed);
  expansion work(*this, part, luck);
  for (const auto& of : templates_) {
    const bool each = of.categories.size() == 1 && of.categories.front() == "*";
    // A template made only of slots stays on both sides: what it says is in the slots, which are kept apart.
    const bool all_slots = of.text.find('{') != std::string::npos && of.times > 1;
    if (part != seed_part::all && !all_slots && is_held_out(of.text) != (part == seed_part::held_out))
      continue;
    const auto targets = each ? categories_ : std::vector<std::string>{""};
    for (const auto& category : targets)
      for (std::size_t i = 0; i < of.times; ++i) {
        auto made = work.post(of, category);
        if (!made) return std::unexpected(made.error());
        if (part == seed_part::held_out)
          made->text = strike_out(made->text, 30, luck);
        else if (luck.chance(40))
          made->text = strike_out(made->text, static_cast<unsigned>(10 + luck.below(40)), luck);
        out.push_back(std::move(*made));
      }
  }
  // Training reads the lines in order: mixed, so that the last kind does not have the last word.
  for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[luck.below(i)]);
  return out;
}

}  // namespace tandem::hunt
