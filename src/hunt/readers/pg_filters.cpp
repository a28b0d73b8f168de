#include "hunt/readers/filters.hpp"
#include "hunt/readers/filters_sql.hpp"
#include "hunt/readers/words.hpp"
#include "platform/locale/locale.hpp"

namespace tandem::hunt {
namespace {

namespace sql = tandem::hunt::sql::filters;

reading_filter to_filter(const pg::result::row& row) {
  reading_filter out;
  out.words = row.get<std::vector<std::string>>(1);
  out.minus_words = row.get<std::vector<std::string>>(2);
  if (const auto from = row.get<std::optional<std::int64_t>>(3)) {
    out.budget_from = sum{*from, row.get<std::string>(4)};
  }
  out.without_budget = row.get<bool>(5);
  if (const auto from = row.get<std::optional<int>>(6)) {
    out.quiet = reading_filter::hours{*from, row.get<int>(7), row.get<bool>(8)};
  }
  out.digest_at = row.get<std::optional<int>>(9);
  return out;
}

class pg_filters final : public filters {
 public:
  explicit pg_filters(const clock& time) : time_(time) {}

  task<std::optional<reading_filter>> own(pg::session& in, user_id who, category_id scope) override {
    const auto rows = co_await in(sql::own, who, scope);
    if (rows.empty()) co_return std::nullopt;
    co_return to_filter(rows.front());
  }

  task<reading_filter> working(pg::session& in, user_id who, category_id scope) override {
    const auto rows = co_await in(sql::working, who, scope);
    reading_filter out;
    if (!rows.empty()) out = to_filter(rows.front());
    co_return out;
  }

  task<> set(pg::transaction& in, user_id who, category_id scope, const reading_filter& what) override {
    std::optional<std::int64_t> budget_from, quiet_from, quiet_to, digest_at;
    std::string currency;
    if (what.budget_from) {
      budget_from = what.budget_from->minor;
      currency = what.budget_from->currency;
    }
    if (what.quiet) {
      quiet_from = what.quiet->from;
      quiet_to = what.quiet->to;
    }
    if (what.digest_at) digest_at = *what.digest_at;
    const bool as_list = what.quiet && what.quiet->as_list;
    co_await in(sql::set, who, scope, what.words, what.minus_words, budget_from, currency,
                what.without_budget, quiet_from, quiet_to, as_list, digest_at);
    co_await set_terms(in, who, scope, what);
    co_await time_anew(in, who);
  }

  task<> drop(pg::transaction& in, user_id who, category_id scope) override {
    co_await in(sql::drop, who, scope);
    co_await time_anew(in, who);
  }

  task<std::vector<category_id>> special(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::special, who);
    std::vector<category_id> out;
    for (int i = 0; i < rows.size(); ++i) out.push_back(rows[i].get<category_id>(0));
    co_return out;
  }

  task<std::string> reply(pg::session& in, user_id who, category_id scope, bool working) override {
    const auto& statement = working ? sql::working_reply : sql::own_reply;
    const auto rows = co_await in(statement, who, scope);
    co_return rows.empty() ? std::string() : rows.front().get<std::string>(0);
  }

  task<> set_reply(pg::session& in, user_id who, category_id scope, std::string_view text) override {
    if (text.empty()) {
      co_await in(sql::drop_reply, who, scope);
    } else {
      co_await in(sql::set_reply, who, scope, text);
    }
  }

  task<std::vector<hidden_author>> hidden(pg::session& in, user_id who, int offset, int limit) override {
    const auto rows = co_await in(sql::hidden, who, offset, limit);
    std::vector<hidden_author> out;
    for (int i = 0; i < rows.size(); ++i) {
      out.push_back({rows[i].get<std::int64_t>(0), rows[i].get<std::string>(1), rows[i].get<std::string>(2),
                     rows[i].get<instant>(3)});
    }
    co_return out;
  }

  task<std::int64_t> hidden_count(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::hidden_count, who);
    co_return rows.front().get<std::int64_t>(0);
  }

  task<bool> show_again(pg::session& in, user_id who, std::int64_t hidden_id) override {
    const auto rows = co_await in(sql::show_again, who, hidden_id);
    co_return !rows.empty();
  }

  task<> time_anew(pg::session& in, user_id who) override {
    const auto zone = co_await in(sql::zone, who);
    if (zone.empty()) co_return;
    const auto now = time_.now();
    co_await in(sql::time_anew, who, now, minute_of_day(zone.front().get<std::string>(0), now));
  }

 private:
  task<> set_terms(pg::session& in, user_id who, category_id scope, const reading_filter& what) {
    co_await in(sql::clear_terms, who, scope);
    std::vector<std::int64_t> minus, places, alone;
    std::vector<std::string> keys, terms;
    const auto add = [&](const std::vector<std::string>& words, bool is_minus) {
      std::int64_t place = 0;
      for (const auto& word : words) {
        auto key = key_of(word, stems_);
        minus.push_back(is_minus);
        places.push_back(place++);
        keys.push_back(std::move(key.key));
        alone.push_back(key.alone);
        terms.push_back(word);
      }
    };
    add(what.words, false);
    add(what.minus_words, true);
    if (!terms.empty()) co_await in(sql::add_terms, who, scope, minus, places, keys, alone, terms);
  }

  const clock& time_;
  text::stemmer stems_;
};

}  // namespace

int minute_of_day(std::string_view zone, instant now) {
  const auto local = now + std::chrono::minutes(locale::offset_minutes(zone, now));
  const auto since_midnight = local - std::chrono::floor<std::chrono::days>(local);
  return static_cast<int>(std::chrono::floor<std::chrono::minutes>(since_midnight).count());
}

std::unique_ptr<filters> make_filters(const clock& time) { return std::make_unique<pg_filters>(time); }

}  // namespace tandem::hunt
