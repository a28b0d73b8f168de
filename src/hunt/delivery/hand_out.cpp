#include "hunt/delivery/hand_out.hpp"

#include "hunt/delivery/deliveries_sql.hpp"
#include "hunt/readers/filters.hpp"

namespace tandem::hunt {
namespace {

namespace statements = tandem::hunt::sql::deliveries;

// Vacancies whose readers' words are looked up at once: bounds what thousands of readers of one word bring.
constexpr std::size_t at_once = 16;

// Columns for unnest: whose words were found in what.
struct findings {
  std::vector<std::int64_t> vacancies, users, categories;
  std::vector<std::string> terms;
  void add(vacancy_id what, const pg::result::row& term) {
    vacancies.push_back(what.value);
    users.push_back(term.get<std::int64_t>(0));
    categories.push_back(term.get<std::int64_t>(1));
    terms.push_back(term.get<std::string>(5));
  }
};

}  // namespace

task<std::vector<std::int64_t>> hand_out::operator()(pg::session& in, std::vector<vacancy_id> which,
                                                     instant now) {
  std::vector<std::int64_t> bots;
  for (std::size_t from = 0; from < which.size(); from += at_once) {
    const auto begin = which.begin() + static_cast<std::ptrdiff_t>(from);
    const std::vector<vacancy_id> part(
        begin, begin + static_cast<std::ptrdiff_t>(std::min(at_once, which.size() - from)));
    co_await some(in, part, now, bots);
  }
  co_return bots;
}

task<> hand_out::some(pg::session& in, const std::vector<vacancy_id>& which, instant now,
                      std::vector<std::int64_t>& bots) {
  const auto texts = co_await in(statements::texts, which);
  std::vector<std::pair<vacancy_id, worded_post>> posts;
  std::unordered_set<std::string> keys;
  for (int i = 0; i < texts.size(); ++i) {
    posts.emplace_back(texts[i].get<vacancy_id>(0), worded_post(texts[i].get<std::string>(1), stems_));
    keys.insert(posts.back().second.keys().begin(), posts.back().second.keys().end());
  }
  if (posts.empty()) co_return;  // nothing of it is live

  findings found, minus;
  const std::vector<std::string> asked(keys.begin(), keys.end());
  const auto terms = co_await in(statements::terms, asked);
  for (int i = 0; i < terms.size(); ++i) {
    const auto key = terms[i].get<std::string>(3), term = terms[i].get<std::string>(5);
    const bool alone = terms[i].get<bool>(4);
    auto& into = terms[i].get<bool>(2) ? minus : found;
    for (const auto& [what, post] : posts) {
      if (post.keys().contains(key) && (alone || post.has(words_.of(term)))) into.add(what, terms[i]);
    }
  }

  std::vector<std::string> zones, currencies;
  std::vector<std::int64_t> minutes;
  std::vector<double> worth;
  const auto timed = co_await in(statements::timed_zones);
  for (int i = 0; i < timed.size(); ++i) {
    zones.push_back(timed[i].get<std::string>(0));
    minutes.push_back(minute_of_day(zones.back(), now));
  }
  for (const auto& [currency, units] : settings_.worth) {
    currencies.push_back(currency);
    worth.push_back(units);
  }
  co_await in(statements::forget_unseen, which);
  const auto added = co_await in(statements::fan_out, which, now, settings_.in_each_category, found.vacancies,
                                 found.users, found.categories, found.terms, minus.vacancies, minus.users,
                                 minus.categories, zones, minutes, currencies, worth, now - settings_.fresh,
                                 now + settings_.gathers_for, now - settings_.oldest);
  for (int i = 0; i < added.size(); ++i) bots.push_back(added[i].get<std::int64_t>(1));
}

}  // namespace tandem::hunt
