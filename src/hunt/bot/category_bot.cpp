#include "hunt/bot/presses.hpp"
#include "hunt/bot/turn.hpp"

// A category bot: its vacancies, and the way to the main bot for everything else.
namespace tandem::hunt::bot {
namespace {

using telegram::route;

// Start subscribes: who opens the bot of a category wants its vacancies.
task<reply> start(turn& now) {
  co_await now.with.people.started(now.db, now.person.id, now.in.me.id);
  const auto category = co_await now.with.subscribers.started(now.db, now.person.id, now.in.me.id);
  const auto main_bot = now.with.username_of(now.with.main_bot);
  reply out;
  if (!category) {
    out.show = category_retired(now.to(), main_bot);
    co_return out;
  }
  now.subject = std::to_string(category->value);
  now.subscriber = co_await now.with.subscribers.begin_trial(now.db, now.person.id);
  out.show = category_welcome(now.to(), *category, now.right(), main_bot);
  co_return out;
}

task<reply> point_to_main_bot(turn& now) {
  reply out;
  out.show = only_vacancies_here(now.to(), now.with.username_of(now.with.main_bot));
  co_return out;
}

task<reply> old_press(turn& now) {
  reply out;
  out.note = now.to().plain("category_bot.only_here");
  co_return out;
}

constexpr row rows[] = {
    {route::by::command, "start", "started_category_bot", "chat", start},
    {route::by::callback_prefix, press::menu, "", "", point_to_main_bot},
    {route::by::text_state, "", "", "", point_to_main_bot},
    {route::by::kind, "message", "", "", point_to_main_bot},
    {route::by::kind, "callback_query", "", "", old_press},
};

}  // namespace

telegram::routes category_bot_routes(const parts& with, operator_desk& desk) {
  telegram::routes out;
  const auto tables = tables_of(with, desk);
  for (const auto table : {std::span<const row>(rows), card_rows()}) out.add(tables.routes(table));
  out.rows.push_back(membership(with));
  return out;
}

}  // namespace tandem::hunt::bot
