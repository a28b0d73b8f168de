#include "hunt/verdicts/local_classifier.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <span>
#include <sstream>

#include "hunt/verdicts/lexicon.hpp"
#include "hunt/verdicts/local_model.hpp"

namespace tandem::hunt {
namespace {

// How sure a profession in the title makes of its category, whatever else the post speaks of.
constexpr float title_confidence = 0.85F;

// No model is so sure that the other could not say anything.
constexpr float least_probability = 1e-4F;

struct kind_scores {
  float vacancy = least_probability, cv = least_probability, none = least_probability,
        scam = least_probability;
};

kind_scores kinds_of(std::span<const label_score> found) {
  kind_scores out;
  for (const auto& [label, probability] : found) {
    (label == "vacancy" ? out.vacancy : label == "cv" ? out.cv : out.none) += probability;
    if (label == "scam") out.scam += probability;
  }
  return out;
}

class local_classifier final : public classifier {
 public:
  explicit local_classifier(std::unique_ptr<local_model> model)
      : model_(std::move(model)), name_("local " + model_->settings().version) {}

  verdict judge(std::string_view text) override {
    const post_scores scores = model_->score(text);
    verdict out = decide(scores, model_->settings());
    out.reason = scores.signals;
    out.model = name_;
    return out;
  }

 private:
  std::unique_ptr<local_model> model_;
  std::string name_;
};

std::expected<std::string, std::string> read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::unexpected(fmt::format("cannot read {}", path.string()));
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

}  // namespace

struct local_model::state {
  lexicon words;
  model_settings settings;
  line_model kinds, plain, categories;
  text::stemmer stems;
};

local_model::local_model(std::unique_ptr<state> ready) : state_(std::move(ready)) {}
local_model::~local_model() = default;

const model_settings& local_model::settings() const { return state_->settings; }

std::expected<std::unique_ptr<local_model>, std::string> local_model::open(
    const std::filesystem::path& folder) {
  const auto lexicon_text = read_file(folder / lexicon_file);
  if (!lexicon_text) return std::unexpected(lexicon_text.error());
  const auto settings_text = read_file(folder / settings_file);
  if (!settings_text) return std::unexpected(settings_text.error());
  text::stemmer stems;
  auto words = lexicon::parse(*lexicon_text, stems);
  if (!words)
    return std::unexpected(
        fmt::format("{}, line {}: {}", lexicon_file, words.error().line, words.error().what));
  auto settings = model_settings::parse(*settings_text);
  if (!settings) return std::unexpected(fmt::format("{}: {}", settings_file, settings.error()));
  auto kinds = line_model::open(folder / kind_model_file);
  if (!kinds) return std::unexpected(kinds.error());
  auto plain = line_model::open(folder / plain_model_file);
  if (!plain) return std::unexpected(plain.error());
  auto categories = line_model::open(folder / category_model_file);
  if (!categories) return std::unexpected(categories.error());
  return std::unique_ptr<local_model>(
      new local_model(std::make_unique<state>(std::move(*words), std::move(*settings), std::move(*kinds),
                                              std::move(*plain), std::move(*categories), std::move(stems))));
}

post_scores local_model::score(std::string_view text) {
  post_scores out;
  post_features read = features(text, state_->words, state_->stems);
  out.signals = std::move(read.signals);
  out.words = read.words;
  out.asks = read.asks;
  if (out.words == 0) return out;
  const kind_scores by_signals = kinds_of(state_->kinds.predict(read.kind_line)),
                    by_words = kinds_of(state_->plain.predict(read.plain_line));
  const auto both = [&](float kind_scores::* one) { return std::sqrt(by_signals.*one * by_words.*one); };
  out.vacancy = both(&kind_scores::vacancy);
  out.cv = both(&kind_scores::cv);
  out.none = both(&kind_scores::none);
  out.scam = both(&kind_scores::scam);
  const float sum = out.vacancy + out.cv + out.none;
  for (float* one : {&out.vacancy, &out.cv, &out.none, &out.scam}) *one /= sum;
  out.categories = state_->categories.predict(read.category_line);
  // The rule beside the model: a profession in the title is what the post is about.
  for (auto& [label, probability] : out.categories)
    if (std::ranges::find(read.titles, label) != read.titles.end())
      probability = std::max(probability, title_confidence);
  std::ranges::sort(out.categories, std::ranges::greater{}, &label_score::probability);
  return out;
}

verdict decide(const post_scores& scores, const model_settings& settings) {
  verdict out;
  if (scores.words == 0) {  // a picture, a sticker, signs only
    out.confidence = 1;
    return out;
  }
  // The rule beside the model that keeps CVs out of the bots: where nobody is asked for anything, it must be
  // surer of a vacancy. What it is not sure enough of goes to the next likely side.
  if (scores.vacancy >= (scores.asks ? settings.vacancy : settings.bare)) {
    out.kind = post_kind::vacancy;
    out.confidence = scores.vacancy;
  } else if (scores.cv >= scores.none) {
    out.kind = post_kind::cv;
    out.confidence = scores.cv;
  } else {
    out.confidence = scores.none;
    out.scam = scores.scam >= settings.scam;
    return out;
  }
  bool first = true;
  for (const auto& [label, probability] : scores.categories) {  // most probable first
    const auto which = category_from_slug(label);
    if (!which) {
      if (first) break;  // "nothing of the twelve" leads
      continue;
    }
    if (probability < (first ? settings.strongest : settings.further[static_cast<std::size_t>(*which)]))
      continue;
    out.categories.push_back({*which, probability});
    first = false;
  }
  return out;
}

std::expected<std::unique_ptr<classifier>, std::string> make_local_classifier(
    const std::filesystem::path& folder) {
  auto model = local_model::open(folder);
  if (!model) return std::unexpected(model.error());
  return std::make_unique<local_classifier>(std::move(*model));
}

std::filesystem::path find_local_model(const std::filesystem::path& program) {
  std::error_code ignored;
  const auto here = std::filesystem::weakly_canonical(program, ignored).parent_path();
  for (const auto& folder : {here / "share/tandem/hunt", here.parent_path() / "share/tandem/hunt"})
    if (std::filesystem::exists(folder / settings_file, ignored)) return folder;
  return {};
}

}  // namespace tandem::hunt
