#pragma once
#include <string>
#include <string_view>

namespace tandem::http {

// The text in the gzip format.
std::string gzip(std::string_view text);

}  // namespace tandem::http
