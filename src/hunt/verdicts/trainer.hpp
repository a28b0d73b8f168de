// Makes the local judge's models out of labelled posts.
#pragma once
#include <filesystem>
#include <span>
#include <string>

#include "hunt/verdicts/lexicon.hpp"
#include "hunt/verdicts/model_settings.hpp"
#include "hunt/verdicts/seed.hpp"

namespace tandem::hunt {

// A written post is shown as often as this many made by the grammar: there are far fewer of them, and they
// are closer to what people write.
inline constexpr int written_weight = 8;

// Trains on one thread (the same posts give the same models) and writes all models into `folder`, which must
// exist. Throws std::runtime_error if a file cannot be written. Runs for seconds: in a program of its own or
// on a pool.
void train(std::span<const labelled_post> posts, const lexicon& words, const std::filesystem::path& folder);

// The thresholds at which the models in `folder` judge `posts` (not those they were trained on) best: kinds
// by the fewest mistakes, of which a CV taken for a vacancy counts double, categories by F1. Begins with the
// thresholds of the folder's settings and moves one only where that pays.
model_settings choose_thresholds(std::span<const labelled_post> posts, const std::filesystem::path& folder);

}  // namespace tandem::hunt
