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
  // A word by two hashes: fastText's own, and another that tells words of one hash apart.
  struct key {
    std::uint32_t hash = 0, check = 0;
    bool operator==(const key&) const = default;
  };
  struct slot {
    key of;
    std::int32_t word = -1;  // -1: empty
  };

  explicit line_model(const fasttext::FastText& trained);
  static key key_of(std::string_view word);
  std::int32_t find(key word) const;  // -1: not known
  void read(std::string_view line);
  void add_words();
  void add_pieces(std::string_view word);
  void add_pairs();
  void add(const float* row);
  const float* sum_of(std::int32_t word) const {
    return sums_.data() + static_cast<std::size_t>(word) * width_;
  }

  std::shared_ptr<const fasttext::Dictionary> dictionary_;
  std::shared_ptr<const fasttext::DenseMatrix> input_, output_;
  std::size_t width_ = 0, ngrams_ = 0, buckets_ = 0;
  bool pieces_count_ = false;  // of words that the model does not know
  std::vector<std::string> labels_;
  std::vector<slot> table_;           // a quarter full at most, which makes it fast
  std::vector<float> sums_;           // of each known word's rows, `width_` numbers a word
  std::vector<std::size_t> rows_of_;  // how many rows those are
  // What one line needs.
  std::vector<float> hidden_;
  std::size_t added_ = 0;
  std::vector<std::string_view> words_;
  std::vector<key> keys_;
  std::vector<std::int64_t> pairs_;
  std::vector<std::int32_t> ids_, pieces_;
};

}  // namespace tandem::hunt
