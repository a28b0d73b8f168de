#include "hunt/vacancies/vacancy_columns.hpp"

#include "hunt/vacancies/vacancies_sql.hpp"

namespace tandem::hunt {

void vacancy_columns::add(std::int64_t id, const digest& card, const vacancy_facts& facts,
                          std::string engine) {
  ids.push_back(id);
  titles.push_back(card.title);
  essences.push_back(card.essence);
  budgets.push_back(card.budget);
  sums_from.push_back(facts.pay.min.value_or(-1));
  sums_to.push_back(facts.pay.max.value_or(-1));
  currencies.push_back(facts.pay.currency);
  per.push_back(facts.pay.per);
  deadlines.push_back(facts.deadline);
  remote.push_back(facts.remote ? *facts.remote : -1);
  cities.push_back(facts.city);
  employments.push_back(facts.employment);
  engines.push_back(std::move(engine));
}

task<> revise_vacancies(pg::transaction& tx, const vacancy_columns& what) {
  co_await tx(sql::vacancies::revise_vacancies, what.ids, what.titles, what.essences, what.budgets,
              what.sums_from, what.sums_to, what.currencies, what.per, what.deadlines, what.remote,
              what.cities, what.employments, what.engines);
}

}  // namespace tandem::hunt
