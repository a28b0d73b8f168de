#include "hunt/sources/take_down.hpp"

#include <fmt/ranges.h>

#include <map>

#include "hunt/posts/posts_sql.hpp"
#include "hunt/repeats/near.hpp"
#include "hunt/sources/take_down_sql.hpp"
#include "hunt/vacancies/vacancy_columns.hpp"

namespace tandem::hunt {
namespace {

namespace statements = hunt::sql::take_down;

// A copy that takes its original's place.
struct heir {
  std::int64_t post = 0;
  instant posted_at;
  std::string text;
  bool waits = false;  // for its verdict
  std::int64_t vacancy = 0;
  bool live = false;
  std::string engine;
};

std::string written(const std::vector<std::int64_t>& bands) {
  return fmt::format("{}", fmt::join(bands, ","));
}

// The earliest copy of each original.
task<std::map<std::int64_t, heir>> find_heirs(pg::transaction& tx, source_id from) {
  const auto rows = co_await tx(statements::copies, from);
  std::map<std::int64_t, heir> out;
  for (int i = 0; i < rows.size(); ++i) {
    const auto posted_at = rows[i].get<instant>(1);
    const auto [place, first] = out.try_emplace(rows[i].get<std::int64_t>(3));
    auto& one = place->second;
    if (!first && one.posted_at <= posted_at) continue;
    one.post = rows[i].get<std::int64_t>(0);
    one.posted_at = posted_at;
    one.text = rows[i].get<std::string>(2);
    one.waits = rows[i].get<bool>(4);
    one.vacancy = rows[i].get<std::int64_t>(5);
    one.live = rows[i].get<bool>(6);
    one.engine = rows[i].get<std::string>(7);
  }
  co_return out;
}

}  // namespace

task<vacancies_after_take_down> give_vacancies_away(pg::transaction& tx, source_id from) {
  vacancies_after_take_down out;
  co_await tx(statements::lock_originals, from);
  const auto heirs = co_await find_heirs(tx, from);
  std::vector<std::int64_t> formers, posts, withdrawn;
  std::vector<std::string> states, bands;
  vacancy_columns live;
  text::stemmer stems;
  for (auto& [former, one] : heirs) {
    formers.push_back(former);
    posts.push_back(one.post);
    states.emplace_back(one.waits ? "waiting" : "judged");
    bands.push_back(written(compared_text(text::split(one.text, stems)).bands()));
    if (one.vacancy == 0) continue;
    if (one.live) {
      const auto card = digest_of(one.text, stems);
      live.add(one.vacancy, card, facts_of(one.text, card.budget, stems), one.engine);
    } else {
      withdrawn.push_back(one.vacancy);
    }
  }
  if (!formers.empty()) {
    const auto rows = co_await tx(statements::give_place, formers, posts, states, bands);
    std::vector<std::int64_t> elsewhere;
    for (int i = 0; i < rows.size(); ++i) {
      if (rows[i].get<source_id>(1) != from) elsewhere.push_back(rows[i].get<std::int64_t>(0));
    }
    co_await tx(hunt::sql::posts::lend_contacts, elsewhere);
  }
  if (!live.ids.empty()) co_await revise_vacancies(tx, live);
  if (!withdrawn.empty()) co_await tx(statements::blank, withdrawn);
  const auto rest = co_await tx(statements::withdraw_rest, from);
  co_await tx(statements::drop_rest, from);
  out.moved = std::ssize(live.ids);
  out.withdrawn = rest.affected();
  co_return out;
}

}  // namespace tandem::hunt
