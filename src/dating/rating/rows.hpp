// How the stores of the rating read people out of the database.
#pragma once
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "dating/rating/rating.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::dating {

// Columns: sex, days from 1970 to the birth, interests, number of photos that others may see, length of the
// text.
primary_profile profile_in(const pg::result::row& row, int first, instant now);
// Columns: good and count received, since when (epoch, s), the same of what is given, matched, talked.
standing standing_in(const pg::result::row& row, int first);

}  // namespace tandem::dating
