#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "hunt/ids.hpp"
#include "platform/pg/pg.hpp"

// Which bot brings which category. The bots themselves, with their tokens, are in platform/bots.
namespace tandem::hunt {

struct assigned_bot {
  std::int64_t bot_id = 0;
  category_id category;
  std::string slug;
};

// False if there is no such category. Its readers are shared out anew by readers::share_out.
task<bool> assign_bot(pg::session& in, std::int64_t bot_id, std::string_view category_slug, instant now);
task<> unassign_bot(pg::session& in, std::int64_t bot_id);
task<std::vector<assigned_bot>> assigned_bots(pg::session& in);
// Nothing for a bot that brings no category: the main bot, one out of use.
task<std::optional<category_id>> category_of_bot(pg::session& in, std::int64_t bot_id);
// Categories whose set of bots has changed since their readers were shared out. From then on they count as
// settled: take them in the transaction that shares out.
task<std::vector<category_id>> take_unsettled(pg::session& in);

}  // namespace tandem::hunt
