#pragma once
#include "base/strong_id.hpp"

// The ids of Dating's tables.
namespace tandem::dating {

using photo_id = strong_id<struct photo_tag>;
using match_id = strong_id<struct match_tag>;

}  // namespace tandem::dating
