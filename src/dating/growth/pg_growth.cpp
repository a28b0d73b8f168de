#include <sodium.h>

#include "dating/growth/growth.hpp"
#include "dating/growth/growth_sql.hpp"

namespace tandem::dating {
namespace {

namespace sql = tandem::dating::sql::growth;

// Letters and digits that are not mistaken for one another; what Telegram lets a deep link carry.
constexpr std::string_view code_alphabet = "abcdefghjkmnpqrstuvwxyz23456789";

std::string new_code() {
  std::string out;
  for (std::size_t i = 0; i < code_length; ++i) {
    out += code_alphabet[randombytes_uniform(static_cast<std::uint32_t>(code_alphabet.size()))];
  }
  return out;
}

class pg_growth final : public growth {
 public:
  pg_growth(const clock& time, growth_settings settings) : time_(time), settings_(settings) {}

  task<rights> rights_of(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::rights, who, time_.now());
    const auto row = rows.front();
    rights out;
    out.premium_until = row.get<std::optional<instant>>(0);
    out.boosted_until = row.get<std::optional<instant>>(1);
    if (out.premium()) out.boosts_left = std::max(settings_.boosts_a_week - row.get<int>(2), 0);
    co_return out;
  }

  task<bool> grant(pg::transaction& in, user_id who, entitlement what, std::string_view source,
                   std::chrono::seconds lasting) override {
    // Two grants at once must both last: the second waits here, and then sees the first.
    const auto there = co_await in(sql::lock_person, who);
    if (there.empty()) co_return false;
    const auto rows = co_await in(sql::grant_right, who, name_of(what), source, time_.now(),
                                  std::chrono::microseconds(lasting));
    co_return rows.affected() == 1;
  }

  task<bool> boost(pg::transaction& in, user_id who) override {
    const auto there = co_await in(sql::lock_person, who);
    if (there.empty()) co_return false;
    const auto now = co_await rights_of(in, who);
    if (now.boosts_left == 0 || now.boosted_until) co_return false;
    const auto source = "weekly " + std::to_string(time_.now().time_since_epoch().count());
    co_return co_await grant(in, who, entitlement::boost, source, settings_.boost);
  }

  task<invitations> invitations_of(pg::session& in, user_id who) override {
    // A code that somebody has already is thrown again.
    for (;;) {
      const auto rows = co_await in(sql::invitations, who);
      if (!rows.empty()) {
        const auto row = rows.front();
        co_return invitations{row.get<std::string>(0), row.get<int>(1), row.get<int>(2)};
      }
      co_await in(sql::keep_code, who, new_code());
    }
  }

  task<arrival> came_by(pg::session& in, user_id newcomer, std::string_view code) override {
    const auto owner = co_await in(sql::owner_of_code, code);
    if (owner.empty()) co_return arrival::unknown_code;
    const auto by = owner.front().get<user_id>(0);
    if (by == newcomer) co_return arrival::own_code;
    const auto noted = co_await in(sql::came_by, newcomer, by, time_.now());
    co_return noted.affected() == 1 ? arrival::noted : arrival::too_late;
  }

  task<std::vector<reward>> reward_due(pg::transaction& in, int limit) override {
    const auto due = co_await in(sql::due_rewards, time_.now(), settings_.rewards_a_month, limit);
    std::vector<reward> out;
    for (int i = 0; i < due.size(); ++i) {
      const reward one{due[i].get<user_id>(0), due[i].get<user_id>(1), due[i].get<bool>(2)};
      const auto marked = co_await in(sql::mark_rewarded, one.invited, time_.now());
      if (marked.affected() == 0) continue;
      co_await grant(in, one.invited, entitlement::premium, "invited", settings_.reward);
      if (one.both) {
        co_await grant(in, one.by, entitlement::premium, "invite " + std::to_string(one.invited.value),
                       settings_.reward);
      }
      out.push_back(one);
    }
    co_return out;
  }

  task<profile_figures> figures_of(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::figures, who, time_.now());
    profile_figures out;
    for (int i = 0; i < rows.size(); ++i) {
      out.today = {rows[i].get<std::int64_t>(0), rows[i].get<std::int64_t>(1), rows[i].get<std::int64_t>(2)};
      out.month.shown += out.today.shown;
      out.month.liked_by += out.today.liked_by;
      out.month.matched += out.today.matched;
      out.likes_given += rows[i].get<std::int64_t>(3);
      out.shown_daily.push_back(out.today.shown);
      out.liked_daily.push_back(out.today.liked_by);
    }
    co_return out;
  }

 private:
  const clock& time_;
  growth_settings settings_;
};

}  // namespace

std::string_view name_of(entitlement what) { return what == entitlement::premium ? "premium" : "boost"; }

std::optional<entitlement> entitlement_of(std::string_view name) {
  if (name == "premium") return entitlement::premium;
  if (name == "boost") return entitlement::boost;
  return std::nullopt;
}

std::unique_ptr<growth> make_growth(const clock& time, growth_settings settings) {
  return std::make_unique<pg_growth>(time, settings);
}

}  // namespace tandem::dating
