#include "hunt/delivery/card_rows.hpp"
#include "hunt/posts/lanes.hpp"
#include "hunt/reports/reports.hpp"
#include "hunt/reports/reports_sql.hpp"

namespace tandem::hunt {
namespace {

namespace statements = sql::reports;

constexpr std::pair<decision, std::string_view> decision_names[] = {
    {decision::right_category, "right_category"}, {decision::recategorised, "recategorised"},
    {decision::not_vacancy, "not_vacancy"},       {decision::withdrawn, "withdrawn"},
    {decision::author_banned, "author_banned"},
};

// How far back a ban reaches: older cards are far up in everybody's chat.
constexpr auto recent = std::chrono::hours(24 * 3);

class pg_reports final : public reports {
 public:
  pg_reports(const clock& time, queue::queue& lanes) : time_(time), lanes_(lanes) {}

  task<std::optional<reported_vacancy>> find(pg::session& in, vacancy_id what) override {
    std::vector<vacancy_id> one{what};
    auto found = co_await load_cards(in, std::move(one));
    const auto card = found.find(what);
    if (card == found.end()) co_return std::nullopt;
    put_under(card->second, card->second.category);
    reported_vacancy out;
    out.card = std::move(card->second);
    const auto counts = co_await in(statements::counts, what);
    for (int i = 0; i < counts.size(); ++i) {
      out.open.push_back({counts[i].get<std::string>(0), counts[i].get<std::int64_t>(1)});
      out.digest += out.open.back().reason + " " + std::to_string(out.open.back().readers) + ", ";
    }
    const auto closed = co_await in(statements::last_decision, what);
    if (!closed.empty()) out.last_decision = decision_of(closed.front().get<std::string>(0));
    if (out.last_decision) out.digest += name_of(*out.last_decision);
    out.digest += " " + std::to_string(out.card.category.value);
    co_return out;
  }

  task<std::vector<vacancy_id>> open(pg::session& in, int limit) override {
    const auto rows = co_await in(statements::open, limit);
    co_return ids(rows);
  }

  task<bool> decide(pg::transaction& in, vacancy_id what, decision how,
                    std::optional<category_id> to) override {
    const auto now = time_.now();
    std::vector<vacancy_id> which;
    if (how == decision::author_banned) which = co_await ban(in, what);
    which.push_back(what);
    co_await in(statements::lock_vacancies, which);
    const auto rows = co_await in(statements::post_of, what);
    if (rows.empty()) co_return false;
    const auto post = rows.front().get<post_id>(0);
    switch (how) {
      case decision::right_category: co_await in(statements::label, post, "vacancy", false, now); break;
      case decision::recategorised: {
        const bool known = to && co_await refile(in, what, *to);
        if (!known) co_return false;
        co_await in(statements::judge_by_operator, post, *to, now);
        co_await in(statements::label, post, "vacancy", false, now);
        break;
      }
      case decision::not_vacancy: {
        const auto scam = co_await in(statements::was_called_scam, what);
        co_await in(statements::label, post, "none", scam.front().get<bool>(0), now);
        co_await withdraw(in, what, which);
        break;
      }
      case decision::withdrawn:
      case decision::author_banned: co_await withdraw(in, what, which); break;
    }
    co_await in(statements::resolve, what, name_of(how), now);
    co_return true;
  }

  task<std::vector<report_message>> messages(pg::session& in, vacancy_id what) override {
    const auto rows = co_await in(statements::messages, what);
    std::vector<report_message> out;
    for (int i = 0; i < rows.size(); ++i) {
      out.push_back({rows[i].get<std::int64_t>(0), rows[i].get<std::int64_t>(1), rows[i].get<std::int64_t>(2),
                     rows[i].get<std::string>(3)});
    }
    co_return out;
  }

  task<> keep_message(pg::session& in, vacancy_id what, report_message shown) override {
    co_await in(statements::keep_message, what, shown.bot_id, shown.chat_id, shown.message_id, shown.shown);
  }

  task<std::vector<report_outcome>> take_untold(pg::session& in, int limit) override {
    const auto rows = co_await in(statements::take_untold, limit, time_.now());
    std::vector<report_outcome> out;
    for (int i = 0; i < rows.size(); ++i) {
      const auto what = decision_of(rows[i].get<std::string>(4));
      if (!what) continue;
      out.push_back({rows[i].get<std::int64_t>(0), rows[i].get<std::int64_t>(1), rows[i].get<std::string>(2),
                     rows[i].get<std::string>(3), *what});
    }
    co_return out;
  }

  task<bool> undo(pg::transaction& in, vacancy_id what) override {
    const auto gone = co_await in(statements::withdrawn_with, what);
    auto which = ids(gone);
    which.push_back(what);
    co_await in(statements::lock_vacancies, which);
    const auto rows = co_await in(statements::post_of, what);
    if (rows.empty()) co_return false;
    const auto decided = co_await in(statements::last_decision, what);
    const auto back = co_await in(statements::bring_back, what);
    if (back.empty()) co_return false;
    const auto banned = name_of(decision::author_banned);
    if (!decided.empty() && decided.front().get<std::string>(0) == banned) {
      co_await in(statements::unban, rows.front().get<std::string>(1));
    }
    co_await in(statements::unlabel, rows.front().get<post_id>(0));
    co_await in(statements::reopen, what);
    std::vector<queue::publication> again;
    for (const auto id : ids(back)) again.push_back(vacancy_published(id));
    const std::span<const queue::publication> all = again;
    co_await lanes_.publish(in, all);
    co_return true;
  }

 private:
  static std::vector<vacancy_id> ids(const pg::result& rows) {
    std::vector<vacancy_id> out;
    for (int i = 0; i < rows.size(); ++i) out.push_back(rows[i].get<vacancy_id>(0));
    return out;
  }

  task<> withdraw(pg::session& in, vacancy_id decided, const std::vector<vacancy_id>& which) {
    co_await in(statements::withdraw, which, decided);
    co_await in(statements::withdraw_due, which);
  }

  // What of this vacancy's author goes along, possibly itself.
  task<std::vector<vacancy_id>> ban(pg::session& in, vacancy_id what) {
    const auto rows = co_await in(statements::post_of, what);
    const auto author = rows.empty() ? std::string() : rows.front().get<std::string>(1);
    if (author.empty()) co_return std::vector<vacancy_id>();
    co_await in(statements::ban, author, time_.now());
    const auto all = co_await in(statements::of_author, author, time_.now() - recent);
    co_return ids(all);
  }

  // Under another category: a new one for those who chose it, gone for those who wait and did not.
  task<bool> refile(pg::transaction& in, vacancy_id what, category_id to) {
    const auto known = co_await in(statements::know_category, to);
    if (known.empty()) co_return false;
    co_await in(statements::leave_categories, what, to);
    co_await in(statements::file_under, what, to);
    co_await in(statements::refile_due, what, to);
    const queue::publication again = vacancy_published(what);
    const std::span<const queue::publication> all(&again, 1);
    co_await lanes_.publish(in, all);
    co_return true;
  }

  const clock& time_;
  queue::queue& lanes_;
};

}  // namespace

std::string_view name_of(decision what) {
  for (const auto& [value, name] : decision_names) {
    if (value == what) return name;
  }
  return {};
}

std::optional<decision> decision_of(std::string_view name) {
  for (const auto& [value, known] : decision_names) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::unique_ptr<reports> make_reports(const clock& time, queue::queue& lanes) {
  return std::make_unique<pg_reports>(time, lanes);
}

}  // namespace tandem::hunt
