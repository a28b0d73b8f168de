// The local judge, trained anew with posts of this installation beside those that it was shipped with.
#pragma once
#include <cstddef>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hunt/verdicts/seed.hpp"

namespace tandem::hunt {

// A post whose label is known.
struct known_post {
  labelled_post post;
  int weight = 1;         // so often it is shown in training
  bool held_out = false;  // never shown: the new model is measured on it
};

struct retrain_job {
  std::filesystem::path
      training;  // what the shipped model was made of: lexicon, seed, written, held_out, thresholds
  std::filesystem::path current;  // the model that judges now
  std::filesystem::path into;     // an empty folder for the new one
  std::string version;            // of the new one
};

// On how many of the posts that were kept out each model is right: the kind, and the first category of a
// work.
struct measured {
  std::size_t posts = 0, right = 0, right_before = 0;
};

struct retrained {
  std::size_t learned_from = 0;  // posts of this installation
  measured own, shipped;
  // Not worse on the installation's own posts, and not clearly worse (one in a hundred) on the shipped ones.
  bool good_enough() const;
};

// Lines as read_written_posts() takes them, with "weight" and "held_out".
std::string print_known(const known_post& one);
std::expected<std::vector<known_post>, std::string> read_known(std::string_view lines);

// Trains on one thread, for some tens of seconds and some hundred megabytes: in a process of its own. Throws
// std::runtime_error when a file is missing or cannot be written.
retrained retrain(const retrain_job& job, std::span<const known_post> known);

}  // namespace tandem::hunt
