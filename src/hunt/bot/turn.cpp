#include "hunt/bot/turn.hpp"

namespace tandem::hunt::bot {
namespace {

std::int64_t chat_of(const telegram::incoming& in) {
  return in.chat_id() != 0 ? in.chat_id() : in.from()->id;
}

bool is_private(const telegram::incoming& in) {
  const auto* chat = in.what.chat();
  return !chat || chat->is_private() || chat->id == in.from()->id;
}

task<reply> take_turn(const parts& with, operator_desk& desk, const row& what, const telegram::incoming& in) {
  const auto& who = *in.from();
  const auto tx = co_await with.db.begin();
  accounts::seen_person seen{who.id, who.first_name, who.username, who.language_code};
  auto person = co_await with.people.meet(*tx, std::move(seen));
  auto subscriber = co_await with.subscribers.keep(*tx, person);
  turn now{with, desk, in, *tx, std::move(person), std::move(subscriber)};
  auto answer = co_await what.act(now);
  if (!now.erased) {
    if (!what.did.empty()) co_await with.people.note(*tx, now.person.id, what.did, what.screen, now.subject);
    if (is_private(in)) co_await with.dialogs.wait_for(*tx, now.person.id, in.me.id, now.waits_for);
  }
  co_await tx->commit();
  co_return answer;
}

task<> give(telegram::incoming& in, living_messages& menus, reply answer) {
  const auto& pressed = in.what.callback_query;
  if (pressed) co_await in.answer_callback(answer.note, answer.alert);
  if (answer.then) answer.then();
  if (answer.show) {
    if (pressed && pressed->message && pressed->message->accessible()) {
      menus.show(in.me.id, chat_of(in), pressed->message->message_id, std::move(*answer.show));
    } else {
      auto message = to_message(*answer.show, chat_of(in), telegram::urgency::reply);
      co_await in.bot.send_message(std::move(message));
    }
  }
  if (answer.file) {
    telegram::document_message message;
    message.chat_id = chat_of(in);
    message.document = std::move(*answer.file);
    message.caption = std::move(answer.caption);
    message.parse_mode = telegram::parse_mode::none;
    co_await in.bot.send_document(std::move(message));
  }
  if (answer.commands) co_await in.bot.set_my_commands(std::move(*answer.commands));
}

// The last try has failed: the person hears what to do.
task<> apologise(const parts& with, telegram::incoming& in) {
  const auto language = locale::texts::language_for(in.from()->language_code);
  const auto text = with.texts.plain(language, "hunt.note.failed");
  if (in.what.callback_query) {
    co_await in.answer_callback(text, true);
  } else {
    const screen said{text, {}};
    auto message = to_message(said, chat_of(in), telegram::urgency::reply);
    co_await in.bot.send_message(std::move(message));
  }
}

task<> act(const parts& with, operator_desk& desk, living_messages& menus, const row& what,
           telegram::incoming& in) {
  if (!in.from() || in.from()->is_bot || (!what.in_groups && !is_private(in))) co_return;
  reply answer;
  std::exception_ptr failure;
  try {
    answer = co_await take_turn(with, desk, what, in);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    if (in.attempt > 1) co_await apologise(with, in);
    std::rethrow_exception(failure);
  }
  co_await give(in, menus, std::move(answer));
}

task<> follow_membership(const parts& with, telegram::incoming& in) {
  if (!in.what.member || !in.from()) co_return;
  const auto& change = *in.what.member;
  const auto& now = change.new_chat_member.status;
  const bool gone = now == "kicked" || now == "left";
  const auto tx = co_await with.db.begin();
  if (!change.chat.is_private()) {
    const accounts::operator_chat chat{in.me.id, change.chat.id, {}};
    if (gone) co_await with.operators.forget(*tx, chat);
  } else if (const auto person = co_await with.people.find_by_telegram(*tx, in.from()->id)) {
    if (gone) {
      co_await with.people.blocked(*tx, person->id, in.me.id);
      co_await with.subscribers.blocked(*tx, person->id, in.me.id);
    } else {
      co_await with.subscribers.keep(*tx, *person);
      co_await with.people.started(*tx, person->id, in.me.id);
      co_await with.subscribers.unblocked(*tx, person->id, in.me.id);
    }
    co_await with.people.note(*tx, person->id, gone ? "blocked_bot" : "unblocked_bot", "telegram",
                              std::to_string(in.me.id));
  }
  co_await tx->commit();
}

}  // namespace

std::vector<telegram::route> to_routes(const parts& with, operator_desk& desk,
                                       const std::shared_ptr<living_messages>& menus,
                                       std::span<const row> rows) {
  std::vector<telegram::route> out;
  for (const auto& one : rows) {
    const bool press = one.match == telegram::route::by::callback_prefix;
    auto kind = press ? telegram::update_kind::callback_query : telegram::update_kind::message;
    if (one.match == telegram::route::by::kind) kind = telegram::update_kind_of(one.key);
    out.push_back({one.match, std::string(one.key), kind, [&with, &desk, menus, one](telegram::incoming& in) {
                     return act(with, desk, *menus, one, in);
                   }});
  }
  return out;
}

telegram::route membership(const parts& with) {
  return telegram::on_kind(telegram::update_kind::my_chat_member,
                           [&with](telegram::incoming& in) { return follow_membership(with, in); });
}

}  // namespace tandem::hunt::bot
