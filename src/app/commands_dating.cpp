#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iostream>

#include "accounts/users.hpp"
#include "app/commands.hpp"
#include "app/office.hpp"
#include "app/person_journal.hpp"
#include "dating/growth/growth.hpp"
#include "dating/rating/coefficients.hpp"

namespace tandem::app {

int list_coefficients(const settings& all, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    auto& db = here.db.pool();
    const auto learned = dating::make_coefficient_store(here.time);
    const auto versions = co_await learned->list(db);
    for (const auto& one : versions) {
      const auto& numbers = one.numbers;
      out << fmt::format(
          "{:<4} {:<12} {}  k {:g}, level 1 {:.0f} %, usual {:g} likes a showing, {:g} talks a match; {}\n",
          one.version, one.held ? "in use, held" : (one.in_use ? "in use" : ""),
          one.version == 0 ? "shipped         " : fmt::format("{:%Y-%m-%d %H:%M}", one.made_at),
          numbers.receive_weight, 100 * numbers.primary_share, numbers.usual_rate, numbers.usual_talk,
          one.version == 0 ? "no opinion of profiles" : one.why);
    }
    co_return 0;
  });
}

int use_coefficients(const settings& all, int version, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    auto& db = here.db.pool();
    const auto learned = dating::make_coefficient_store(here.time);
    bool known = false;
    std::function<task<>(pg::transaction&)> work = [&](pg::transaction& in) -> task<> {
      known = co_await learned->use(in, version);
    };
    co_await db.in_transaction(std::move(work));
    if (!known) {
      std::cerr << "There is no such version; `tandem dating coefficients list` lists them.\n";
      co_return 1;
    }
    out << fmt::format(
        "Version {} is in use and held: the nightly refit leaves it until `tandem dating coefficients "
        "refit`. "
        "Everybody is rated anew tonight.\n",
        version);
    co_return 0;
  });
}

int refit_coefficients(const settings& all, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    auto& db = here.db.pool();
    const auto learned = dating::make_coefficient_store(here.time);
    dating::refit_report report;
    std::function<task<>(pg::transaction&)> work = [&](pg::transaction& in) -> task<> {
      report = co_await learned->refit(in, true);
    };
    co_await db.in_transaction(std::move(work));
    using end = dating::refit_report::end;
    if (report.what == end::too_few) {
      out << fmt::format("{} showings are too few to learn from; version {} stays in use.\n", report.showings,
                         report.version);
      co_return 0;
    }
    out << fmt::format(
        "Fitted to {} showings; of the latest {} it foretells {} (log loss {:.4f}, before {:.4f}). Version "
        "{} is "
        "in use.\n",
        report.showings - report.held_out, report.held_out, report.what == end::taken ? "more" : "no more",
        report.after, report.before, report.version);
    co_return 0;
  });
}

int grant_right(const settings& all, const std::string& user, const std::string& kind, int days,
                std::ostream& out) {
  const auto what = dating::entitlement_of(kind);
  if (!what) {
    std::cerr << "A person is granted premium or boost, not " << kind << ".\n";
    return 1;
  }
  return with_installation(all, out, [&](office& here) -> task<int> {
    const auto more = dating::make_growth(here.time);
    const auto people = accounts::make_users(here.time);
    const auto who = co_await find_person(here.db.pool(), *people, user);
    bool granted = false;
    const auto source = "operator " + std::to_string(here.time.now().time_since_epoch().count());
    std::function<task<>(pg::transaction&)> work = [&](pg::transaction& in) -> task<> {
      granted = co_await more->grant(in, who->id, *what, source, std::chrono::days(days));
    };
    if (who) co_await here.db.pool().in_transaction(std::move(work));
    if (!granted) {
      std::cerr << "There is no profile of " << user
                << ": give a Telegram id, or a @username as it is now.\n";
      co_return 1;
    }
    const auto now = co_await more->rights_of(here.db.pool(), who->id);
    const auto until = *what == dating::entitlement::premium ? now.premium_until : now.boosted_until;
    out << fmt::format("{} has {} until {:%Y-%m-%d %H:%M} UTC.\n", user, kind,
                       std::chrono::floor<std::chrono::seconds>(until.value_or(here.time.now())));
    co_return 0;
  });
}

}  // namespace tandem::app
