#include "hunt/verdicts/line_model.hpp"

#include <fasttext/fasttext.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace tandem::hunt {
namespace {

constexpr std::string_view label_prefix = "__label__";
// fastText numbers a pair of words so (Dictionary::addWordNgrams).
constexpr std::uint64_t ngram_factor = 116'049'371;

// What is looked at next is fetched while something else is added up: most of the time of a line is waiting
// for memory.
constexpr std::size_t ahead = 8;

}  // namespace

std::expected<line_model, std::string> line_model::open(const std::filesystem::path& file) {
  fasttext::FastText trained;
  try {
    trained.loadModel(file.string());
    return line_model(trained);
  } catch (const std::exception& wrong) {
    return std::unexpected(fmt::format("cannot read the model {}: {}", file.string(), wrong.what()));
  }
}

line_model::line_model(const fasttext::FastText& trained)
    : dictionary_(trained.getDictionary()),
      input_(trained.getInputMatrix()),
      output_(trained.getOutputMatrix()) {
  const auto args = trained.getArgs();
  width_ = static_cast<std::size_t>(args.dim);
  ngrams_ = static_cast<std::size_t>(args.wordNgrams);
  buckets_ = static_cast<std::size_t>(args.bucket);
  pieces_count_ = args.maxn > 0;
  for (std::int32_t i = 0; i < dictionary_->nlabels(); ++i)
    labels_.push_back(dictionary_->getLabel(i).substr(label_prefix.size()));
  table_.resize(std::bit_ceil(4 * static_cast<std::size_t>(dictionary_->nwords()) + 1));
  sums_.resize(static_cast<std::size_t>(dictionary_->nwords()) * width_);
  for (std::int32_t word = 0; word < dictionary_->nwords(); ++word) {
    const auto& rows = dictionary_->getSubwords(word);
    rows_of_.push_back(rows.size());
    const key its = key_of(dictionary_->getWord(word));
    std::size_t at = its.hash & (table_.size() - 1);
    while (table_[at].word >= 0) at = (at + 1) & (table_.size() - 1);
    table_[at] = {its, word};
    float* sum = sums_.data() + static_cast<std::size_t>(word) * width_;
    for (const std::int32_t row : rows)
      for (std::size_t i = 0; i < width_; ++i) sum[i] += input_->at(row, static_cast<std::int64_t>(i));
  }
}

// The first is Dictionary::hash, FNV-1a over signed characters; the second is the same with another factor.
line_model::key line_model::key_of(std::string_view word) {
  key out{2'166'136'261U, 0};
  for (const char c : word) {
    out.hash = (out.hash ^ static_cast<std::uint32_t>(static_cast<std::int8_t>(c))) * 16'777'619U;
    out.check = (out.check + static_cast<std::uint8_t>(c)) * 2'654'435'761U;
  }
  return out;
}

std::int32_t line_model::find(key word) const {
  const std::size_t mask = table_.size() - 1;
  std::size_t at = word.hash & mask;
  while (table_[at].word >= 0 && table_[at].of != word) at = (at + 1) & mask;
  return table_[at].word;
}

void line_model::add(const float* row) {
  float* __restrict to = hidden_.data();
  for (std::size_t i = 0; i < width_; ++i) to[i] += row[i];
}

void line_model::read(std::string_view line) {
  words_.clear();
  keys_.clear();
  const auto take = [this](std::string_view word) {
    if (word.starts_with(label_prefix)) return;
    words_.push_back(word);
    keys_.push_back(key_of(word));
    __builtin_prefetch(table_.data() + (keys_.back().hash & (table_.size() - 1)));
  };
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) take(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  take(fasttext::Dictionary::EOS);
}

void line_model::add_words() {
  ids_.clear();
  for (const key& one : keys_) {
    ids_.push_back(find(one));
    if (ids_.back() >= 0) __builtin_prefetch(sum_of(ids_.back()));
  }
  for (std::size_t at = 0; at < ids_.size(); ++at) {
    if (ids_[at] >= 0) {
      add(sum_of(ids_[at]));
      added_ += rows_of_[static_cast<std::size_t>(ids_[at])];
    } else if (pieces_count_ && words_[at] != fasttext::Dictionary::EOS) {
      add_pieces(words_[at]);
    }
  }
}

void line_model::add_pieces(std::string_view word) {
  pieces_.clear();
  std::string marked = fasttext::Dictionary::BOW;
  dictionary_->computeSubwords(marked.append(word).append(fasttext::Dictionary::EOW), pieces_);
  for (const std::int32_t row : pieces_) add(input_->data() + static_cast<std::size_t>(row) * width_);
  added_ += pieces_.size();
}

void line_model::add_pairs() {
  pairs_.clear();
  const std::int64_t first_bucket = dictionary_->nwords();
  for (std::size_t from = 0; from < keys_.size(); ++from) {
    auto hash = static_cast<std::uint64_t>(static_cast<std::int32_t>(keys_[from].hash));
    for (std::size_t to = from + 1; to < keys_.size() && to < from + ngrams_; ++to) {
      hash = hash * ngram_factor + static_cast<std::uint64_t>(static_cast<std::int32_t>(keys_[to].hash));
      pairs_.push_back(first_bucket + static_cast<std::int64_t>(hash % buckets_));
    }
  }
  const auto row = [this](std::size_t at) {
    return input_->data() + static_cast<std::size_t>(pairs_[at]) * width_;
  };
  for (std::size_t at = 0; at < pairs_.size(); ++at) {
    if (at + ahead < pairs_.size()) __builtin_prefetch(row(at + ahead));
    add(row(at));
  }
  added_ += pairs_.size();
}

std::vector<label_score> line_model::predict(std::string_view line) {
  hidden_.assign(width_, 0);
  added_ = 0;
  read(line);
  add_words();
  if (buckets_ > 0) add_pairs();
  if (added_ > 0)
    for (float& one : hidden_) one /= static_cast<float>(added_);

  std::vector<label_score> out;
  out.reserve(labels_.size());
  float highest = -std::numeric_limits<float>::infinity(), sum = 0;
  for (std::size_t label = 0; label < labels_.size(); ++label) {
    const float* weights = output_->data() + label * width_;
    float dot = 0;
    for (std::size_t i = 0; i < width_; ++i) dot += weights[i] * hidden_[i];
    highest = std::max(highest, dot);
    out.push_back({labels_[label], dot});
  }
  for (auto& one : out) sum += one.probability = std::exp(one.probability - highest);
  for (auto& one : out) one.probability /= sum;
  return out;
}

}  // namespace tandem::hunt
