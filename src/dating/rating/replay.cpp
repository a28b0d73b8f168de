#include "dating/rating/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <istream>
#include <map>
#include <ostream>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "dating/rating/rating.hpp"

namespace tandem::dating {
namespace {

constexpr std::size_t refit_every = 1'000, remembered = 20'000;  // showings: what the nightly task does

// A file of comma-separated values whose first line names the columns. Fields may be quoted ("a,""b""").
class csv_reader {
 public:
  csv_reader(std::istream& from, std::string_view what) : from_(from), what_(what) {
    if (next()) names_ = fields_;
  }
  bool next() {
    std::string line;
    do {
      if (!std::getline(from_, line)) return false;
      ++line_;
      if (line_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
      if (line.ends_with('\r')) line.pop_back();
    } while (line.empty());
    split(line);
    return true;
  }
  std::optional<std::size_t> column(std::string_view name) const {
    const auto found = std::ranges::find(names_, name);
    if (found == names_.end()) return std::nullopt;
    return static_cast<std::size_t>(found - names_.begin());
  }
  // Empty if the line is too short or the file has no such column.
  std::string_view field(std::optional<std::size_t> column) const {
    return column && *column < fields_.size() ? std::string_view(fields_[*column]) : std::string_view();
  }
  std::string mistake(std::string_view what) const {
    return fmt::format("{}, line {}: {}\n", what_, line_, what);
  }

 private:
  void split(std::string_view line) {
    fields_.assign(1, {});
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
        fields_.back() += line[i++];
      else if (line[i] == '"')
        quoted = !quoted;
      else if (line[i] == ',' && !quoted)
        fields_.emplace_back();
      else
        fields_.back() += line[i];
    }
  }

  std::istream& from_;
  std::string what_;
  std::size_t line_ = 0;
  std::vector<std::string> names_, fields_;
};

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::vector<std::string> words(std::string_view list) {
  std::vector<std::string> found;
  for (std::size_t from = 0; from <= list.size();) {
    const auto end = std::min(list.find(';', from), list.size());
    if (end > from) found.emplace_back(list.substr(from, end - from));
    from = end + 1;
  }
  return found;
}

struct person {
  primary_profile profile;
  behaviour known;
};

class history {
 public:
  // Both throw std::runtime_error with the sentence for the user.
  void read_profiles(std::istream& from) {
    csv_reader csv(from, "profiles");
    const auto id = csv.column("person_id");
    if (!id) throw std::runtime_error("profiles: the first line must name the column person_id\n");
    const auto is = csv.column("sex"), age = csv.column("age"), interests = csv.column("interests"),
               photos = csv.column("photos"), about = csv.column("about_length");
    std::vector<std::pair<std::string, std::vector<std::string>>> said;
    std::unordered_map<std::string, std::size_t> uses;
    while (csv.next()) {
      const std::string name(csv.field(id));
      if (name.empty()) throw std::runtime_error(csv.mistake("person_id is empty"));
      person one;
      const auto what = csv.field(is);
      if (what == "m" || what == "f")
        one.profile.is = what == "m" ? sex::male : sex::female;
      else if (!what.empty())
        throw std::runtime_error(csv.mistake(fmt::format("sex is f, m or empty, not \"{}\"", what)));
      one.profile.age = read<double>(csv, age, "age");
      one.profile.photos = read<int>(csv, photos, "photos");
      one.profile.about_length = read<int>(csv, about, "about_length");
      if (!people_.emplace(name, std::move(one)).second)
        throw std::runtime_error(csv.mistake(fmt::format("person {} is there twice", name)));
      said.emplace_back(name, words(csv.field(interests)));
      for (const auto& interest : said.back().second) ++uses[interest];
    }
    number_interests(said, uses);
  }

  void score_showings(std::istream& from, std::ostream& scores) {
    csv_reader csv(from, "showings");
    const auto seq = csv.column("seq"), viewer = csv.column("viewer_id"),
               candidate = csv.column("candidate_id"), liked = csv.column("liked");
    if (!seq || !viewer || !candidate || !liked)
      throw std::runtime_error(
          "showings: the first line must name the columns seq, viewer_id, candidate_id and liked\n");
    scores << "seq,p_like,p_match\n";
    while (csv.next()) {
      const auto judgement = csv.field(liked);
      if (judgement != "0" && judgement != "1")
        throw std::runtime_error(csv.mistake(fmt::format("liked is 0 or 1, not \"{}\"", judgement)));
      const auto given =
          show(std::string(csv.field(viewer)), std::string(csv.field(candidate)), judgement == "1");
      scores << fmt::format("{},{:.6f},{:.6f}\n", csv.field(seq), given.like, given.match);
    }
  }

 private:
  template <class Number>
  static std::optional<Number> read(const csv_reader& csv, std::optional<std::size_t> column,
                                    std::string_view name) {
    const auto text = csv.field(column);
    if (text.empty()) return std::nullopt;
    const auto value = number<Number>(text);
    if (!value) throw std::runtime_error(csv.mistake(fmt::format("{} is no number: \"{}\"", name, text)));
    return value;
  }

  void number_interests(const std::vector<std::pair<std::string, std::vector<std::string>>>& said,
                        const std::unordered_map<std::string, std::size_t>& uses) {
    std::vector<std::pair<std::size_t, std::string>> commonest;
    for (const auto& [interest, count] : uses) commonest.emplace_back(count, interest);
    std::ranges::sort(commonest, [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::unordered_map<std::string, std::uint16_t> numbers;
    for (const auto& [count, interest] : commonest)
      numbers.emplace(interest, static_cast<std::uint16_t>(std::min<std::size_t>(numbers.size(), 0xFFFF)));
    for (const auto& [name, interests] : said) {
      auto& of = people_.at(name).profile.interests;
      for (const auto& interest : interests) of.push_back(numbers.at(interest));
      std::ranges::sort(of);
      of.erase(std::ranges::unique(of).begin(), of.end());
    }
  }

  pair_score show(const std::string& viewer_name, const std::string& candidate_name, bool liked) {
    auto& viewer = people_[viewer_name];
    auto& candidate = people_[candidate_name];
    std::optional<bool> back;
    if (const auto judged = judgements_.find({candidate_name, viewer_name}); judged != judgements_.end())
      back = judged->second;
    const auto x = features_of(viewer.profile, candidate.profile);
    const auto given =
        score({viewer.profile, viewer.known}, {candidate.profile, candidate.known}, primary_, now_, back);

    // From here on the judgement is known.
    samples_.push_back({x, liked});
    evidence_.push_back(
        {candidate.known.received.good, candidate.known.received.count, primary_.log_odds(x), liked});
    if (samples_.size() > remembered) samples_.pop_front(), evidence_.pop_front();
    learn(viewer.known, candidate.known, liked, now_);
    judgements_.insert_or_assign({viewer_name, candidate_name}, liked);
    if (++shown_ % refit_every == 0) {
      const std::vector<primary_sample> samples(samples_.begin(), samples_.end());
      const std::vector<showing_evidence> evidence(evidence_.begin(), evidence_.end());
      primary_ = primary_model::fit(samples);
      now_ = refit(now_, evidence);
    }
    return given;
  }

  std::unordered_map<std::string, person> people_;
  std::map<std::pair<std::string, std::string>, bool> judgements_;
  std::deque<primary_sample> samples_;
  std::deque<showing_evidence> evidence_;
  primary_model primary_;
  coefficients now_;
  std::size_t shown_ = 0;
};

}  // namespace

int replay(std::istream& profiles, std::istream& showings, std::ostream& scores, std::ostream& mistakes) {
  try {
    history past;
    past.read_profiles(profiles);
    past.score_showings(showings, scores);
  } catch (const std::runtime_error& mistake) {
    mistakes << mistake.what();
    return 1;
  }
  return 0;
}

}  // namespace tandem::dating
