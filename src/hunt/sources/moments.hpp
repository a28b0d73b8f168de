#pragma once
#include <optional>
#include <string_view>

#include "base/clock.hpp"

// Inside of the room: dates as pages and feeds write them; only of the years 2013 (Telegram's first) to 2099.
namespace tandem::hunt {

// 2026-09-27T07:24:01+00:00, also with fractions of a second and "Z".
std::optional<instant> moment_of(std::string_view iso);
// Sun, 27 Sep 2026 07:24:01 +0300, as mail and RSS write it; of names of zones GMT, UT(C) and MSK.
std::optional<instant> moment_of_mail(std::string_view written);

}  // namespace tandem::hunt
