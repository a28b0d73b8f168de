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

// Dictionary::hash: FNV-1a over signed characters.
std::uint32_t hash_of(std::string_view word) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : word)
    hash = (hash ^ static_cast<std::uint32_t>(static_cast<std::int8_t>(c))) * 16'777'619U;
  return hash;
}

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
  table_.resize(std::bit_ceil(4 * static_cast<std::size_t>(dictionary_->nwords()) + 1), -1);
  sums_.resize(static_cast<std::size_t>(dictionary_->nwords()) * width_);
  for (std::int32_t word = 0; word < dictionary_->nwords(); ++word) {
    const auto& rows = dictionary_->getSubwords(word);
    rows_of_.push_back(rows.size());
    words_.push_back(dictionary_->getWord(word));
    hash_of_.push_back(hash_of(words_.back()));
    std::size_t slot = hash_of_.back() & (table_.size() - 1);
    while (table_[slot] >= 0) slot = (slot + 1) & (table_.size() - 1);
    table_[slot] = word;
    float* sum = sums_.data() + static_cast<std::size_t>(word) * width_;
    for (const std::int32_t row : rows)
      for (std::size_t i = 0; i < width_; ++i) sum[i] += input_->at(row, static_cast<std::int64_t>(i));
  }
}

void line_model::add_row(std::int64_t row) {
  const float* from = input_->data() + static_cast<std::size_t>(row) * width_;
  for (std::size_t i = 0; i < width_; ++i) hidden_[i] += from[i];
  ++added_;
}

std::int32_t line_model::find(std::string_view word, std::uint32_t hash) const {
  const std::size_t mask = table_.size() - 1;
  for (std::size_t slot = hash & mask; table_[slot] >= 0; slot = (slot + 1) & mask) {
    const auto id = static_cast<std::size_t>(table_[slot]);
    if (hash_of_[id] == hash && words_[id] == word) return table_[slot];
  }
  return -1;
}

void line_model::add_word(std::string_view word) {
  if (word.starts_with(label_prefix)) return;
  const std::uint32_t hash = hash_of(word);
  hashes_.push_back(static_cast<std::int32_t>(hash));
  if (const std::int32_t id = find(word, hash); id >= 0) {
    const float* sum = sums_.data() + static_cast<std::size_t>(id) * width_;
    for (std::size_t i = 0; i < width_; ++i) hidden_[i] += sum[i];
    added_ += rows_of_[static_cast<std::size_t>(id)];
  } else if (pieces_count_ && word != fasttext::Dictionary::EOS) {
    pieces_.clear();
    std::string marked = fasttext::Dictionary::BOW;
    dictionary_->computeSubwords(marked.append(word).append(fasttext::Dictionary::EOW), pieces_);
    for (const std::int32_t row : pieces_) add_row(row);
  }
}

std::vector<label_score> line_model::predict(std::string_view line) {
  hidden_.assign(width_, 0);
  added_ = 0;
  hashes_.clear();
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end > 0) add_word(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  add_word(fasttext::Dictionary::EOS);
  const std::int64_t first_bucket = dictionary_->nwords();
  for (std::size_t from = 0; buckets_ > 0 && from < hashes_.size(); ++from) {
    auto hash = static_cast<std::uint64_t>(hashes_[from]);
    for (std::size_t to = from + 1; to < hashes_.size() && to < from + ngrams_; ++to) {
      hash = hash * ngram_factor + static_cast<std::uint64_t>(hashes_[to]);
      add_row(first_bucket + static_cast<std::int64_t>(hash % buckets_));
    }
  }
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
