// The local judge learns from this installation's labels: in the background, in a process of its own, and
// never for the worse. A model is a folder; which one judges stands in hunt.models.
#pragma once
#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "async/part.hpp"
#include "base/clock.hpp"
#include "hunt/verdicts/classifier.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// The judge whose model can be exchanged while it works.
class living_classifier final : public classifier {
 public:
  explicit living_classifier(std::unique_ptr<classifier> first) : now_(std::move(first)) {}
  verdict judge(std::string_view text) override { return now_->judge(text); }
  void take(std::unique_ptr<classifier> next) { now_ = std::move(next); }

 private:
  std::unique_ptr<classifier> now_;
};

// Where models lie.
struct model_folders {
  std::filesystem::path own;       // one folder per version
  std::filesystem::path shipped;   // the judge that came with the program
  std::filesystem::path training;  // what that one was made of
  std::filesystem::path of(std::string_view version) const { return own / version; }
};

inline constexpr std::string_view shipped_model = "shipped";

// Whether the model's folder is on this machine and can be opened. Where the live one's is not, the shipped
// model judges here.
bool is_here(const model_folders& folders, std::string_view version);

// Looks every few seconds which model is live, and exchanges it. One that is not on this machine leaves the
// judge as it is.
std::unique_ptr<async::part> make_model_watch(executor on, pg::pool& database, living_classifier& judge,
                                              model_folders folders);

struct model_row {
  std::string version, state;  // candidate live retired refused
  instant trained_at;
  std::int64_t learned_from = 0, evaluated_on = 0;
  double accuracy = 0, accuracy_before = 0;
  std::string detail;
};
task<std::vector<model_row>> list_models(pg::session& in);

enum class use_error : std::uint8_t { unknown, refused, not_here };
// Makes a version live, or the shipped one.
task<std::expected<void, use_error>> use_model(pg::pool& in, std::string version, model_folders folders);

inline constexpr int fewest_labels = 40;

struct learning_parts {
  pg::pool& database;
  const clock& time;
  model_folders folders;
  std::string program;  // this program: `program learn FOLDER` is the child
};

// Trains on the labels that there are, measures on a fifth of them (by what their text says, so that repeats
// stand on one side) and on the shipped posts, and makes the new model live unless it is worse than the one
// that judges on this machine. The error says why nothing was trained.
task<std::expected<model_row, std::string>> learn(learning_parts with);

// The child: reads FOLDER/labels.jsonl and FOLDER/job.json, trains into FOLDER/model, and writes
// FOLDER/outcome.json. Limits its own memory. Throws when it cannot.
void learn_in_child(const std::filesystem::path& folder);

}  // namespace tandem::hunt
