#include "hunt/verdicts/local_classifier.hpp"

#include <fasttext/fasttext.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <streambuf>

#include "hunt/verdicts/lexicon.hpp"
#include "hunt/verdicts/local_model.hpp"

namespace tandem::hunt {
namespace {

constexpr std::string_view label_prefix = "__label__";
constexpr std::size_t long_text = 20, longest_own_words = 80;  // words
// "Фотограф, Казань" may be either side: where nobody is asked for anything, the model must be this sure of a
// vacancy.
constexpr float sure_of_bare = 0.85F;
// … and of a long text in which nobody speaks of work.
constexpr float sure_of_long = 0.75F;
// How sure a profession in the title makes of its category, whatever else the post speaks of.
constexpr float title_confidence = 0.85F;

// fastText reads a line from a stream; this one reads our string without a copy.
class view_buffer final : public std::streambuf {
 public:
  explicit view_buffer(std::string& line) { setg(line.data(), line.data(), line.data() + line.size()); }

 protected:
  // fastText rewinds at the end of the input; a line is read once, so there is nothing to do.
  pos_type seekpos(pos_type, std::ios_base::openmode) override { return pos_type(off_type(-1)); }
};

std::vector<label_score> predict(const fasttext::FastText& model, std::string& line) {
  line += '\n';
  view_buffer buffer(line);
  std::istream in(&buffer);
  std::vector<std::pair<fasttext::real, std::string>> found;
  model.predictLine(in, found, -1, 0);
  std::vector<label_score> out;
  out.reserve(found.size());
  for (auto& [probability, label] : found)
    out.push_back(
        {label.substr(label_prefix.size()), std::clamp(static_cast<float>(probability), 0.0F, 1.0F)});
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

std::expected<std::unique_ptr<fasttext::FastText>, std::string> read_model(
    const std::filesystem::path& path) {
  auto out = std::make_unique<fasttext::FastText>();
  try {
    out->loadModel(path.string());
  } catch (const std::exception& wrong) {
    return std::unexpected(fmt::format("cannot read the model {}: {}", path.string(), wrong.what()));
  }
  return out;
}

}  // namespace

struct local_model::state {
  lexicon words;
  model_settings settings;
  std::unique_ptr<fasttext::FastText> kinds, categories;
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
  auto kinds = read_model(folder / kind_model_file);
  if (!kinds) return std::unexpected(kinds.error());
  auto categories = read_model(folder / category_model_file);
  if (!categories) return std::unexpected(categories.error());
  return std::unique_ptr<local_model>(new local_model(std::make_unique<state>(
      std::move(*words), std::move(*settings), std::move(*kinds), std::move(*categories), std::move(stems))));
}

post_scores local_model::score(std::string_view text) {
  post_scores out;
  post_features read = features(text, state_->words, state_->stems);
  out.signals = std::move(read.signals);
  out.words = read.words;
  out.speaks_of_work = read.speaks_of_work;
  out.speaks_for_itself = read.speaks_for_itself;
  out.asks = read.asks;
  if (out.words == 0) return out;
  for (const auto& [label, probability] : predict(*state_->kinds, read.kind_line)) {
    if (label == "vacancy")
      out.vacancy = probability;
    else if (label == "cv")
      out.cv = probability;
    else
      out.none += probability;
    if (label == "scam") out.scam = probability;
  }
  out.categories = predict(*state_->categories, read.category_line);
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
  // The rule beside the model: a long text without one word of hiring or offering is reading, not work,
  // unless the model is sure. A bare order title is short.
  const bool reading = scores.words >= long_text && !scores.speaks_of_work &&
                       std::max(scores.vacancy, scores.cv) < sure_of_long;
  const bool too_bare = !scores.asks && scores.vacancy < sure_of_bare;
  if (!reading && scores.cv >= settings.cv && scores.cv >= scores.vacancy) {
    out.kind = post_kind::cv;
    out.confidence = scores.cv;
  } else if (scores.speaks_for_itself && scores.words <= longest_own_words &&
             scores.vacancy >= settings.vacancy) {
    // The rule that keeps CVs out of the bots: whoever only speaks of himself does not hire.
    out.kind = post_kind::cv;
    out.confidence = 1 - scores.vacancy;
  } else if (!reading && !too_bare && scores.vacancy >= settings.vacancy && scores.vacancy > scores.cv) {
    out.kind = post_kind::vacancy;
    out.confidence = scores.vacancy;
  } else {
    out.confidence = std::clamp(1 - std::max(scores.vacancy, scores.cv), 0.0F, 1.0F);
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
