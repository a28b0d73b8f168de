#include "dating/bot/safety_desk.hpp"
#include "dating/bot/safety_screens.hpp"
#include "dating/bot/turn.hpp"

// Complaints and blocks. Ids in the presses are looked up by whom the person has met.
namespace tandem::dating::bot {
namespace {

constexpr int blocks_shown = 30;

reply noted(const turn& now, std::string_view key, bool alert = true) {
  reply out;
  out.note = now.to().plain(key);
  out.alert = alert;
  return out;
}

// The name of somebody, as far as the person may know it: nobody is asked for who was never met.
task<std::optional<std::string>> name_of_met(turn& now, user_id about) {
  const bool met = co_await now.with.rules.met(now.db, now.person.id, about);
  if (!met) co_return std::nullopt;
  const auto who = co_await now.with.members.find(now.db, about);
  if (!who) co_return std::nullopt;
  co_return who->name;
}

task<reply> why(turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (!given || given->size() != 2) co_return noted(now, "safety.unknown");
  const user_id about(given->front());
  now.subject = std::to_string(about.value);
  const auto name = co_await name_of_met(now, about);
  if (!name) co_return noted(now, "safety.unknown");
  reply out;
  out.show = ask_reason(now.to(), about, *name, match_id(given->back()));
  co_return out;
}

task<reply> complain(turn& now) {
  const auto given = press::numbers(now.in.argument);
  constexpr auto last = static_cast<std::int64_t>(complaint_reason::other);
  if (!given || given->size() != 3 || given->back() > last) co_return noted(now, "safety.unknown");
  complaint_request what;
  what.by = now.person.id;
  what.about = user_id((*given)[0]);
  if ((*given)[1] != 0) what.talk = match_id((*given)[1]);
  what.reason = static_cast<complaint_reason>(given->back());
  now.subject = std::to_string(what.about.value) + " " + std::string(name_of(what.reason));
  const auto answer = co_await now.with.rules.complain(now.db, what);
  if (answer == complaint_answer::unknown) co_return noted(now, "safety.unknown");
  reply out;
  out.show = thanks_for_complaint(now.to(), what.reason);
  out.then = [&with = now.with] { begin_case_desk(with); };
  co_return out;
}

task<reply> ask_blocking(turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (!given) co_return noted(now, "safety.unknown");
  const user_id about(given->front());
  const auto name = co_await name_of_met(now, about);
  if (!name) co_return noted(now, "safety.unknown");
  reply out;
  out.show = ask_to_block(now.to(), about, *name);
  co_return out;
}

task<reply> block(turn& now) {
  const auto given = press::numbers(now.in.argument);
  if (!given) co_return noted(now, "safety.unknown");
  const user_id about(given->front());
  now.subject = std::to_string(about.value);
  const auto name = co_await name_of_met(now, about);
  if (!name) co_return noted(now, "safety.unknown");
  co_await now.with.rules.block(now.db, now.person.id, about);
  reply out;
  out.show = blocked(now.to(), *name);
  co_return out;
}

task<reply> list(turn& now) {
  const auto people = co_await now.with.rules.blocks_of(now.db, now.person.id, blocks_shown);
  reply out;
  out.show = block_list(now.to(), people);
  co_return out;
}

task<reply> unblock(turn& now) {
  const auto given = press::numbers(now.in.argument);
  bool done = false;
  if (given) {
    now.subject = std::to_string(given->front());
    done = co_await now.with.rules.unblock(now.db, now.person.id, user_id(given->front()));
  }
  auto out = co_await list(now);
  if (done) out.note = now.to().plain("safety.unblocked");
  co_return out;
}

constexpr row rows[] = {
    {route::by::callback_prefix, press::complain, "", "", why},
    {route::by::callback_prefix, press::complain_of, "complained", "complaint", complain},
    {route::by::callback_prefix, press::ask_block, "", "", ask_blocking},
    {route::by::callback_prefix, press::block, "blocked", "block", block},
    {route::by::callback_prefix, press::blocks, "looked_at_blocks", "settings", list},
    {route::by::callback_prefix, press::unblock, "unblocked", "blocks", unblock},
};

task<std::optional<screen>> draw_warning(const parts&, const notice&, const view& to) {
  co_return warned(to);
}

constexpr announcement announcements[] = {{"warned", draw_warning}};

}  // namespace

std::span<const row> safety_rows() { return rows; }
std::span<const announcement> safety_announcements() { return announcements; }

}  // namespace tandem::dating::bot
