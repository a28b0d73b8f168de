// The judge without a network: three small fastText models over the features of lexicon.hpp (two for the
// kind, one for the categories), made at build time by tandem-train from what stands in models/hunt.
#pragma once
#include <expected>
#include <filesystem>
#include <memory>
#include <string>

#include "hunt/verdicts/classifier.hpp"

namespace tandem::hunt {

// The files of a trained model inside its folder.
inline constexpr std::string_view lexicon_file = "lexicon.txt", kind_model_file = "kind.bin",
                                  plain_model_file = "plain.bin", category_model_file = "category.bin",
                                  settings_file = "model.txt";

// Opens the model in `folder` (a few megabytes, some milliseconds). The error is a sentence for the log or
// the command line: which file is missing or broken.
std::expected<std::unique_ptr<classifier>, std::string> make_local_classifier(
    const std::filesystem::path& folder);

// Where the model lies beside the running program: ../share/tandem/hunt of an installed tree, or
// share/tandem/hunt next to the binary of a build tree; empty if there is none.
std::filesystem::path find_local_model(const std::filesystem::path& program);

}  // namespace tandem::hunt
