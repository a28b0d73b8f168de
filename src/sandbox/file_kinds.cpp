#include "sandbox/file_kinds.hpp"

#include <algorithm>

namespace tandem::sandbox {
namespace {

// The beginnings of file ids are those of the real server, where they hold the kind; all documents share one
// beginning of the unique id there, here they differ so that one content may be of two kinds.
constexpr file_kind kinds[] = {
    {"photo", content::photo, "AgACAgIA-", "AQAD", "photos", ".jpg", true, true},
    {"video", content::video, "BAACAgIA-", "AgAE", "videos", ".mp4", true, true},
    {"animation", content::animation, "CgACAgIA-", "AgAI", "animations", ".mp4", true, true},
    {"audio", content::audio, "CQACAgIA-", "AgAJ", "music", ".mp3", true, true},
    {"document", content::document, "BQACAgIA-", "AgAD", "documents", "", true, true},
    {"voice", content::voice, "AwACAgIA-", "AgAF", "voice", ".oga", true, false},
    {"video_note", content::video_note, "DQACAgIA-", "AgAG", "video_notes", ".mp4", false, false},
    {"sticker", content::sticker, "CAACAgIA-", "AgAH", "stickers", ".webp", false, false},
};

}  // namespace

std::span<const file_kind> file_kinds() { return kinds; }

const file_kind* file_kind_named(std::string_view name) {
  const auto* found = std::ranges::find(kinds, name, &file_kind::name);
  return found == std::end(kinds) ? nullptr : found;
}

const file_kind* file_kind_of(content what) {
  const auto* found = std::ranges::find(kinds, what, &file_kind::as);
  return found == std::end(kinds) ? nullptr : found;
}

}  // namespace tandem::sandbox
