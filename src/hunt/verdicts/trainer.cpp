#include "hunt/verdicts/trainer.hpp"

#include <fasttext/fasttext.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

#include "hunt/verdicts/local_classifier.hpp"
#include "hunt/verdicts/local_model.hpp"

namespace tandem::hunt {
namespace {

std::shared_ptr<fasttext::Args> common_args(const std::filesystem::path& input) {
  auto args = std::make_shared<fasttext::Args>();
  args->input = input.string();
  args->model = fasttext::model_name::sup;
  args->minCount = 3;
  args->wordNgrams = 1;
  args->minn = 0;
  args->maxn = 0;
  args->bucket = 0;
  args->thread = 1;  // several threads race for the weights: the result would differ from build to build
  args->seed = 7;
  args->verbose = 0;
  return args;
}

struct category_line {
  std::vector<std::string> labels;
  std::vector<std::string> words;
};

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> out;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) out.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return out;
}

// The words that say something about the work: clearly more frequent in some category than overall. The rest
// ("experience", "project", names of cities) is left out of training; fastText then does not know these words
// and skips them in the posts that it judges, so that the telling ones are not averaged away.
std::unordered_set<std::string> telling_words(std::span<const category_line> lines) {
  std::unordered_map<std::string, std::unordered_map<std::string, double>> by_label;
  std::unordered_map<std::string, double> labels;
  double all = 0;
  for (const auto& line : lines) {
    const std::unordered_set<std::string> distinct(line.words.begin(), line.words.end());
    const double share = 1.0 / static_cast<double>(line.labels.size());
    for (const auto& label : line.labels) {
      labels[label] += share;
      all += share;
      for (const auto& word : distinct) by_label[word][label] += share;
    }
  }
  std::unordered_set<std::string> out;
  for (const auto& [word, counts] : by_label) {
    double total = 0;
    for (const auto& [label, count] : counts) total += count;
    for (const auto& [label, count] : counts) {
      const double expected = total * labels[label] / all;
      // Less one standard deviation: five posts that happen to name one city are no sign.
      if (count - std::sqrt(count) > 1.5 * expected) out.insert(word);
    }
  }
  return out;
}

void train_one(const std::shared_ptr<fasttext::Args>& args, const std::filesystem::path& to) {
  fasttext::FastText model;
  model.train(*args);
  // Whoever opens the model meanwhile finds the old one or the new one, never half of it.
  const std::filesystem::path unfinished = to.string() + ".part";
  model.saveModel(unfinished.string());
  std::filesystem::rename(unfinished, to);
}

constexpr auto grid = std::to_array<float>(
    {0.2F, 0.25F, 0.3F, 0.35F, 0.4F, 0.45F, 0.5F, 0.55F, 0.6F, 0.65F, 0.7F, 0.75F, 0.8F, 0.85F, 0.9F});
// A CV in a category bot annoys all its readers; a missed vacancy costs each of them one.
constexpr std::size_t cost_of_let_through = 2;
// A category's threshold is moved only for a clear gain: some have few posts to choose on, and a choice by
// chance costs more on the posts to come.
constexpr double worth_a_change = 0.02;

struct judged {
  post_scores scores;
  post_kind kind = post_kind::none;
  std::vector<category> categories;
};

post_kind kind_of(const labelled_post& post) {
  if (post.kind == "vacancy") return post_kind::vacancy;
  return post.kind == "cv" ? post_kind::cv : post_kind::none;
}

std::vector<category> categories_of(const labelled_post& post) {
  std::vector<category> out;
  for (const auto& slug : post.categories)
    if (const auto which = category_from_slug(slug)) out.push_back(*which);
  return out;
}

double f1_of(std::span<const judged> posts, const model_settings& settings, category which) {
  double hit = 0, missed = 0, wrong = 0;
  for (const auto& one : posts) {
    const verdict made = decide(one.scores, settings);
    const bool said = std::ranges::any_of(made.categories, [&](const auto& c) { return c.which == which; });
    const bool is = std::ranges::find(one.categories, which) != one.categories.end();
    hit += said && is;
    missed += is && !said;
    wrong += said && !is;
  }
  return hit == 0 ? 0 : 2 * hit / (2 * hit + missed + wrong);
}

}  // namespace

void train(std::span<const labelled_post> posts, const lexicon& words, const std::filesystem::path& folder) {
  const auto kind_lines = folder / "kind.lines", plain_lines = folder / "plain.lines",
             category_lines = folder / "category.lines";
  text::stemmer stems;
  std::vector<category_line> with_work;
  {
    std::ofstream kinds(kind_lines), plain(plain_lines), categories(category_lines);
    std::unordered_map<std::string_view, post_features> known;  // written posts come several times
    for (const auto& post : posts) {
      const auto [found, fresh] = known.try_emplace(post.text);
      if (fresh) found->second = features(post.text, words, stems);
      const post_features& read = found->second;
      kinds << "__label__" << post.kind << ' ' << read.kind_line << '\n';
      plain << "__label__" << post.kind << ' ' << read.plain_line << '\n';
      if (!post.categories.empty()) with_work.push_back({post.categories, words_of(read.category_line)});
    }
    const auto telling = telling_words(with_work);
    for (const auto& line : with_work) {
      for (const auto& label : line.labels) categories << "__label__" << label << ' ';
      for (const auto& word : line.words)
        if (telling.contains(word)) categories << word << ' ';
      categories << '\n';
    }
    if (!kinds.flush() || !plain.flush() || !categories.flush())
      throw std::runtime_error(fmt::format("cannot write into {}", folder.string()));
  }
  const auto kind = common_args(kind_lines);
  kind->loss = fasttext::loss_name::softmax;
  kind->dim = 8;
  kind->lr = 0.1;
  kind->epoch = 12;
  // Pairs of words tell who asks and who offers ("ищу дизайнера", "ищу заказы"); 50,000 places for them are
  // enough.
  kind->wordNgrams = 2;
  kind->bucket = 50'000;
  train_one(kind, folder / kind_model_file);

  // The other opinion: pieces of words, so that an ending ("делаю", "сделайте") and a word never seen count.
  const auto plain = common_args(plain_lines);
  plain->loss = fasttext::loss_name::softmax;
  plain->dim = 8;
  plain->lr = 0.2;
  plain->epoch = 12;
  plain->wordNgrams = 2;
  plain->minn = 3;
  plain->maxn = 5;
  plain->bucket = 50'000;
  train_one(plain, folder / plain_model_file);

  const auto category = common_args(category_lines);
  category->loss = fasttext::loss_name::softmax;
  category->dim = 24;
  category->lr = 0.4;
  category->epoch = 30;
  train_one(category, folder / category_model_file);
  std::filesystem::remove(kind_lines);
  std::filesystem::remove(plain_lines);
  std::filesystem::remove(category_lines);
}

model_settings choose_thresholds(std::span<const labelled_post> posts, const std::filesystem::path& folder) {
  auto model = local_model::open(folder);
  if (!model) throw std::runtime_error(model.error());
  std::vector<judged> all;
  all.reserve(posts.size());
  for (const auto& post : posts)
    all.push_back({(*model)->score(post.text), kind_of(post), categories_of(post)});

  model_settings best = (*model)->settings();
  const auto cost_of = [&all](const model_settings& tried) {
    std::size_t cost = 0;
    for (const auto& one : all) {
      const post_kind kind = decide(one.scores, tried).kind;
      if (kind == one.kind) continue;
      cost += one.kind == post_kind::cv && kind == post_kind::vacancy ? cost_of_let_through : 1;
    }
    return cost;
  };
  std::size_t least_cost = cost_of(best);
  for (const float vacancy : grid)
    for (const float bare : grid) {
      model_settings tried = best;
      tried.vacancy = vacancy;
      tried.bare = bare;
      if (const std::size_t cost = cost_of(tried); cost < least_cost) {
        least_cost = cost;
        best.vacancy = vacancy;
        best.bare = bare;
      }
    }

  // Categories: the first one's threshold for all, then each further one's own.
  const auto quality = [&all](const model_settings& tried) {
    double sum = 0;
    for (std::size_t i = 0; i < category_slugs.size(); ++i)
      sum += f1_of(all, tried, static_cast<category>(i));
    return sum;
  };
  std::erase_if(all, [](const judged& one) { return one.kind == post_kind::none; });
  double best_quality = quality(best) + worth_a_change;
  for (const float strongest : grid) {
    model_settings tried = best;
    tried.strongest = strongest;
    if (const double now = quality(tried); now > best_quality) {
      best_quality = now;
      best.strongest = strongest;
    }
  }
  for (std::size_t i = 0; i < category_slugs.size(); ++i) {
    double best_f1 = f1_of(all, best, static_cast<category>(i)) + worth_a_change;
    for (const float further : grid) {
      model_settings tried = best;
      tried.further[i] = further;
      if (const double now = f1_of(all, tried, static_cast<category>(i)); now > best_f1) {
        best_f1 = now;
        best.further[i] = further;
      }
    }
  }
  return best;
}

}  // namespace tandem::hunt
