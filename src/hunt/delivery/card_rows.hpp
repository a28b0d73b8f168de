#pragma once
#include <map>
#include <vector>

#include "hunt/delivery/cards.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// The cards of these vacancies as everybody sees them; `category` and the reader's own marks are left to the
// caller.
task<std::map<vacancy_id, vacancy_card>> load_cards(pg::session& in, std::vector<vacancy_id> which);

// The categories of a card with the one that it came under taken out.
void put_under(vacancy_card& card, category_id category);

}  // namespace tandem::hunt
