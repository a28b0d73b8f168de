#pragma once
#include "base/text/ascii.hpp"

namespace tandem::sandbox {

using text::hex_value;
using text::is_alnum;
using text::is_alpha;
using text::is_digit;
using text::is_hex;
using text::is_space;
using text::lower;

}  // namespace tandem::sandbox
