#include "hunt/bots/bots.hpp"

#include "hunt/bots/bots_sql.hpp"

namespace tandem::hunt {

task<bool> assign_bot(pg::session& in, std::int64_t bot_id, std::string_view category_slug, instant now) {
  const auto rows = co_await in(sql::bots::assign, bot_id, category_slug, now);
  co_return !rows.empty();
}

task<> unassign_bot(pg::session& in, std::int64_t bot_id) { co_await in(sql::bots::unassign, bot_id); }

task<std::vector<assigned_bot>> assigned_bots(pg::session& in) {
  const auto rows = co_await in(sql::bots::assigned);
  std::vector<assigned_bot> out;
  for (int i = 0; i < rows.size(); ++i) {
    out.push_back({rows[i].get<std::int64_t>(0), rows[i].get<category_id>(1), rows[i].get<std::string>(2)});
  }
  co_return out;
}

task<std::optional<category_id>> category_of_bot(pg::session& in, std::int64_t bot_id) {
  const auto rows = co_await in(sql::bots::category_of, bot_id);
  if (rows.empty()) co_return std::nullopt;
  co_return rows.front().get<category_id>(0);
}

task<std::vector<category_id>> take_unsettled(pg::session& in) {
  const auto rows = co_await in(sql::bots::take_unsettled);
  std::vector<category_id> out;
  for (int i = 0; i < rows.size(); ++i) out.push_back(rows[i].get<category_id>(0));
  co_return out;
}

}  // namespace tandem::hunt
