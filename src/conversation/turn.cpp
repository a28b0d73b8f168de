#include "conversation/turn.hpp"

namespace tandem::conversation {
namespace {

task<> give(telegram::incoming& in, living_messages& menus, reply answer) {
  const auto& pressed = in.what.callback_query;
  if (pressed) co_await in.answer_callback(answer.note, answer.alert);
  if (answer.then) answer.then();
  const auto* menu =
      pressed && pressed->message && pressed->message->accessible() ? &*pressed->message : nullptr;
  if (answer.show) {
    const bool typed = !std::holds_alternative<std::monostate>(answer.show->typing);
    if (menu && !answer.apart && !typed) {
      menus.show(in.me.id, chat_of(in), menu->message_id, std::move(*answer.show), !menu->photo.empty());
    } else {
      co_await send(in.bot, std::move(*answer.show), chat_of(in));
    }
  }
  if (menu && answer.remove_pressed) co_await in.bot.delete_message(chat_of(in), menu->message_id);
  for (auto& one : answer.also) co_await send(in.bot, std::move(one), chat_of(in));
  if (answer.file) {
    telegram::document_message message;
    message.chat_id = chat_of(in);
    message.document = std::move(*answer.file);
    message.caption = std::move(answer.caption);
    message.parse_mode = telegram::parse_mode::none;
    co_await in.bot.send_document(std::move(message));
  }
  if (answer.commands) co_await in.bot.set_my_commands(std::move(*answer.commands));
  if (answer.after) co_await answer.after(in);
}

// The last try has failed: the person hears what to do.
task<> apologise(const stage& on, telegram::incoming& in) {
  const auto to = on.for_person(std::string(locale::texts::language_for(in.from()->language_code)), "UTC");
  const auto text = to.plain("note.failed");
  if (in.what.callback_query) {
    co_await in.answer_callback(text, true);
  } else {
    screen said{text, {}};
    co_await send(in.bot, std::move(said), chat_of(in));
  }
}

task<> follow_membership(const stage& on, const std::function<task<>(const membership_change&)>& also,
                         telegram::incoming& in) {
  if (!in.what.member || !in.from()) co_return;
  const auto& change = *in.what.member;
  const auto& now = change.new_chat_member.status;
  const bool gone = now == "kicked" || now == "left";
  const auto tx = co_await on.db.begin();
  if (!change.chat.is_private()) {
    const accounts::operator_chat chat{in.me.id, change.chat.id, {}};
    if (gone) co_await on.operators.forget(*tx, chat);
  } else if (const auto person = co_await on.people.find_by_telegram(*tx, in.from()->id)) {
    if (gone) {
      co_await on.people.blocked(*tx, person->id, in.me.id);
    } else {
      co_await on.people.started(*tx, person->id, in.me.id);
    }
    const membership_change what{*tx, *person, in.me.id, gone};
    if (also) co_await also(what);
    co_await on.people.note(*tx, person->id, on.product, gone ? "blocked_bot" : "unblocked_bot", "telegram",
                            std::to_string(in.me.id));
  }
  co_await tx->commit();
}

task<> note_question(const stage& on, user_id who, std::int64_t bot_id, std::string what,
                     std::int64_t message_id, std::function<task<>(std::int64_t)> also) {
  co_await on.dialogs.asked_in(on.db, who, bot_id, what, message_id);
  if (also) co_await also(message_id);
}

// Telegram's languages, and ours for each; "" is everybody else. As locale::texts::language_for has it.
constexpr std::pair<std::string_view, std::string_view> spoken[] = {
    {"", "en"}, {"ru", "ru"}, {"uk", "ru"}, {"be", "ru"}, {"kk", "ru"}};

}  // namespace

std::int64_t chat_of(const telegram::incoming& in) {
  return in.chat_id() != 0 ? in.chat_id() : in.from()->id;
}

bool is_private(const telegram::incoming& in) {
  const auto* chat = in.what.chat();
  return !chat || chat->is_private() || chat->id == in.from()->id;
}

namespace inside {

task<accounts::user> meet(const stage& on, pg::transaction& tx, const telegram::incoming& in) {
  const auto& who = *in.from();
  accounts::seen_person seen{who.id, who.first_name, who.username, who.language_code};
  co_return co_await on.people.meet(tx, std::move(seen));
}

void follow_question(const stage& on, const turn& now, reply& answer) {
  if (now.waits_for.empty()) return;
  auto* asks = !answer.also.empty() ? &answer.also.back() : answer.show ? &*answer.show : nullptr;
  if (!asks) return;
  asks->sent = [&on, who = now.person.id, bot_id = now.in.me.id, what = now.waits_for,
                also = std::move(asks->sent)](std::int64_t message_id) {
    return note_question(on, who, bot_id, what, message_id, also);
  };
}

task<> close(const stage& on, turn& now) {
  if (!now.erased) {
    if (!now.did.empty()) {
      co_await on.people.note(now.db, now.person.id, on.product, now.did, now.on_screen, now.subject);
    }
    if (is_private(now.in)) {
      co_await on.dialogs.wait_for(now.db, now.person.id, now.in.me.id, now.waits_for);
      // Mostly the pressed message becomes the question; where a new one does, it is noted when it is sent.
      const auto& pressed = now.in.what.callback_query;
      if (!now.waits_for.empty() && pressed && pressed->message)
        co_await on.dialogs.asked_in(now.db, now.person.id, now.in.me.id, now.waits_for,
                                     pressed->message->message_id);
    }
  }
  co_await now.db.commit();
}

task<> act(const stage& on, living_messages& menus, telegram::incoming& in, bool in_groups,
           std::function<task<reply>()> take_turn) {
  if (!in.from() || in.from()->is_bot || (!in_groups && !is_private(in))) co_return;
  reply answer;
  std::exception_ptr failure;
  try {
    answer = co_await take_turn();
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    if (in.attempt > 1) co_await apologise(on, in);
    std::rethrow_exception(failure);
  }
  co_await give(in, menus, std::move(answer));
}

telegram::update_kind kind_of(telegram::route::by match, std::string_view key) {
  if (match == telegram::route::by::callback_prefix) return telegram::update_kind::callback_query;
  if (match == telegram::route::by::kind) return telegram::update_kind_of(key);
  return telegram::update_kind::message;
}

}  // namespace inside

task<std::string> state_of(const stage& on, const telegram::incoming& in) {
  auto asked = co_await on.dialogs.waiting_for(on.db, in.from() ? in.from()->id : 0, in.me.id);
  asked.resize(std::min(asked.find(' '), asked.size()));
  co_return asked;
}

task<std::string> state_unless_for_others(const stage& on, const telegram::incoming& in) {
  if (!in.what.message || !in.what.message->reply_to_message) co_return co_await state_of(on, in);
  auto asked = co_await on.dialogs.answered_by(on.db, in.from() ? in.from()->id : 0, in.me.id,
                                               in.what.message->reply_to_message->message_id);
  asked.resize(std::min(asked.find(' '), asked.size()));
  co_return asked;
}

telegram::route membership(const stage& on, std::function<task<>(const membership_change&)> also) {
  return telegram::on_kind(
      telegram::update_kind::my_chat_member,
      [&on, also = std::move(also)](telegram::incoming& in) { return follow_membership(on, also, in); });
}

task<> introduce(telegram::bot_api& to, std::function<introduction(std::string_view language)> in_language) {
  for (const auto& [code, language] : spoken) {
    const std::string client(code);
    auto said = in_language(language);
    telegram::commands_of commands;
    commands.commands = std::move(said.commands);
    commands.language_code = client;
    co_await to.set_my_commands(std::move(commands));
    const auto known_name = co_await to.get_my_name(client);
    if (known_name && *known_name != said.name) co_await to.set_my_name(std::move(said.name), client);
    const auto known = co_await to.get_my_description(client);
    if (known && *known != said.description) {
      co_await to.set_my_description(std::move(said.description), client);
    }
    const auto known_short = co_await to.get_my_short_description(client);
    if (known_short && *known_short != said.short_description) {
      co_await to.set_my_short_description(std::move(said.short_description), client);
    }
  }
}

}  // namespace tandem::conversation
