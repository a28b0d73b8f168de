#pragma once
#include <string>
#include <vector>

#include "hunt/vacancies/digest.hpp"
#include "hunt/vacancies/facts.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::hunt {

// What is read out of the text of a vacancy, as columns of hunt.vacancies: an entry for each.
struct vacancy_columns {
  std::vector<std::int64_t> ids, sums_from, sums_to, remote;  // -1: the text does not say
  std::vector<std::string> titles, essences, budgets, currencies, per, deadlines, cities, employments,
      engines;

  // `id`: whatever the statement goes by; `engine`: who has read it.
  void add(std::int64_t id, const digest& card, const vacancy_facts& facts, std::string engine);
};

// The vacancies `what.ids` say this now. One that an edit had withdrawn is live again.
task<> revise_vacancies(pg::transaction& tx, const vacancy_columns& what);

}  // namespace tandem::hunt
