#pragma once
#include <functional>
#include <string>
#include <vector>

#include "conversation/turn.hpp"
#include "hunt/bot/screens.hpp"
#include "hunt/day_figures.hpp"
#include "hunt/delivery/delivery.hpp"
#include "hunt/readers/filters.hpp"
#include "hunt/readers/readers.hpp"
#include "hunt/reports/reports.hpp"

namespace tandem::hunt::bot {

// What Hunt's bots are made of; everything outlives them.
struct parts : conversation::stage {
  readers& subscribers;
  cards& vacancies;
  filters& wishes;
  reports& complaints;
  std::function<std::string(std::int64_t bot_id)> username_of;  // without @; "" while it is not known
  std::int64_t main_bot = 0;
  operator_details details;
  int trial_days = 2;
  std::vector<listed_category> categories;  // see refresh_categories()
  day_figures& day;

  view for_reader(const std::string& language, const std::string& zone) const {
    return {for_person(language, zone), categories};
  }
};

using conversation::to_edit;
using conversation::to_message;

// What the delivery shows: pass it as delivery_parts::render. `with` must outlive it.
render_card card_renderer(const parts& with);
render_list list_renderer(const parts& with);

// Who brings each of these choices, as the ready screen and the reminders show it.
std::vector<bringer> to_bringers(const parts& with, const std::vector<choice>& choices);

}  // namespace tandem::hunt::bot
