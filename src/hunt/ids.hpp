#pragma once
#include "base/strong_id.hpp"

// The ids of Hunt's tables.
namespace tandem::hunt {

using source_id = strong_id<struct source_tag>;
using post_id = strong_id<struct post_tag>;
using vacancy_id = strong_id<struct vacancy_tag>;
using category_id = strong_id<struct category_tag>;

}  // namespace tandem::hunt
