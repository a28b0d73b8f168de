#pragma once
#include <span>
#include <string_view>

#include "sandbox/model.hpp"

namespace tandem::sandbox {

// The files that messages hold, and how the Bot API calls them.
struct file_kind {
  std::string_view name;  // the message's field, the call's parameter and InputMedia's type: "video_note"
  content as;
  std::string_view id_prefix;       // of a file_id, as the real ones begin
  std::string_view unique_prefix;   // of a file_unique_id
  std::string_view folder, ending;  // of a file_path; the ending when the file's name has none
  bool captioned;                   // the message may have a caption
  bool edited_in;                   // editMessageMedia takes it, and changes it
};

std::span<const file_kind> file_kinds();
const file_kind* file_kind_named(std::string_view name);  // nullptr for any other name
const file_kind* file_kind_of(content what);              // nullptr for what holds no file

}  // namespace tandem::sandbox
