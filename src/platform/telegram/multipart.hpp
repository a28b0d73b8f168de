#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "platform/telegram/api.hpp"

namespace tandem::telegram {

// A multipart/form-data body: every field of the JSON object `params`, then the files. Strings are written as
// they are, everything else as JSON.
std::string multipart_body(std::string_view params, const std::vector<upload>& files,
                           std::string_view boundary);

}  // namespace tandem::telegram
