#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "hunt/vacancies/digest.hpp"
#include "hunt/vacancies/facts.hpp"

namespace tandem::hunt {

// What a language model says that a post says. The post's author may have talked the model into it, and the
// model may have made it up.
struct claims {
  std::string title, essence;
  std::optional<double> pay_min, pay_max;  // major units
  std::string pay_currency, pay_per;
  std::string contact, deadline, city, employment;
  std::optional<bool> remote;
};

struct checked_claims {
  digest card;
  vacancy_facts facts;
  std::string contact_url;  // a person in Telegram whom the rules cannot see ("тг anna_hr"); else empty
};

// Keeps what the text bears out: sums, names, addresses and quotations that stand in it, sentences made of
// its words. Everything else is what the rules find.
checked_claims check_claims(const claims& said, std::string_view text, text::stemmer& stems);

}  // namespace tandem::hunt
