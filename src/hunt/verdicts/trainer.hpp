// Makes the local judge's models out of labelled posts.
#pragma once
#include <filesystem>
#include <span>
#include <string>

#include "hunt/verdicts/lexicon.hpp"
#include "hunt/verdicts/model_settings.hpp"
#include "hunt/verdicts/seed.hpp"

namespace tandem::hunt {

// Trains on one thread (the same posts give the same models) and writes both models into `folder`, which must
// exist. Throws std::runtime_error if a file cannot be written. Runs for seconds: in a program of its own or
// on a pool.
void train(std::span<const labelled_post> posts, const lexicon& words, const std::filesystem::path& folder);

// The thresholds at which the models in `folder` judge `posts` (not those they were trained on) best: kinds
// by accuracy with at most 1 % of CVs let through as vacancies, categories by F1.
model_settings choose_thresholds(std::span<const labelled_post> posts, const std::filesystem::path& folder);

}  // namespace tandem::hunt
