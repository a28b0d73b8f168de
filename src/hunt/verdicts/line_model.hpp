// A trained fastText model (softmax, not quantized), asked about one line of words. Gives what fastText's own
// predictLine gives, several times faster: the pieces of every known word are added up once, when the model
// is opened, and a line is read where it lies.
#pragma once
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fasttext {
class FastText;
class Dictionary;
class DenseMatrix;
}  // namespace fasttext

namespace tandem::hunt {

struct label_score {
  std::string label;  // a kind, a category's slug, or "none"
  float probability = 0;
};

class line_model {
 public:
  // The error is a sentence: which file cannot be read and why.
  static std::expected<line_model, std::string> open(const std::filesystem::path& file);

  // All labels with their probabilities, together 1, in the model's order. Words stand between single spaces.
  // Not for use by two threads at once: it keeps its scratch space between calls.
  std::vector<label_score> predict(std::string_view line);

 private:
  explicit line_model(const fasttext::FastText& trained);
  std::int32_t find(std::string_view word, std::uint32_t hash) const;  // -1: not known
  void add_word(std::string_view word);
  void add_row(std::int64_t row);

  std::shared_ptr<const fasttext::Dictionary> dictionary_;
  std::shared_ptr<const fasttext::DenseMatrix> input_, output_;
  std::size_t width_ = 0, ngrams_ = 0, buckets_ = 0;
  bool pieces_count_ = false;  // of words that the model does not know
  std::vector<std::string> labels_, words_;
  std::vector<std::uint32_t> hash_of_;  // of each word
  std::vector<std::int32_t> table_;     // words by their hashes; a quarter full at most, which makes it fast
  std::vector<float> sums_;             // of each known word's rows, `width_` numbers a word
  std::vector<std::size_t> rows_of_;    // how many rows those are
  // What one line needs.
  std::vector<float> hidden_;
  std::size_t added_ = 0;
  std::vector<std::int32_t> hashes_, pieces_;
};

}  // namespace tandem::hunt
