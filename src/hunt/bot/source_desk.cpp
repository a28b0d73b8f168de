#include "hunt/bot/source_desk.hpp"

#include <charconv>

#include "async/within.hpp"
#include "hunt/bot/source_screens.hpp"
#include "hunt/sources/feed_page.hpp"
#include "platform/log/log.hpp"

namespace tandem::hunt::bot {
namespace {

using namespace std::chrono_literals;
using telegram::update_kind;

const log::logger log_{"source_desk"};

constexpr std::size_t shortest_pasted = 40;  // bytes; less is a word to the bot, not a post
constexpr std::size_t most_links = 64, most_text = 16 << 10;
constexpr auto look_again_after = 300ms;
constexpr int looks = 100;
constexpr int answers_at_once = 100;

const std::string& text_of(const telegram::message& what) {
  return what.text.empty() ? what.caption : what.text;
}

std::string address_of(const telegram::chat& chat, std::int64_t message_id) {
  const auto id = std::to_string(message_id);
  if (!chat.username.empty()) return "https://t.me/" + chat.username + "/" + id;
  const auto bare = std::to_string(chat.id);
  constexpr std::string_view prefix = "-100";
  return bare.starts_with(prefix) ? "https://t.me/c/" + bare.substr(prefix.size()) + "/" + id : std::string();
}

channel_post post_of(const telegram::message& what) {
  channel_post out;
  out.message_id = what.message_id;
  out.posted_at = instant(std::chrono::seconds(what.date));
  out.text = text_of(what).substr(0, most_text);
  out.edited = what.edit_date.has_value();
  out.signature = what.author_signature;
  for (const auto& entity : what.text.empty() ? what.caption_entities : what.entities) {
    if (!entity.url.empty() && out.links.size() < most_links) out.links.push_back({entity.url, ""});
  }
  if (what.reply_markup) {
    for (const auto& row : what.reply_markup->inline_keyboard) {
      for (const auto& button : row) {
        if (!button.url.empty() && out.links.size() < most_links)
          out.links.push_back({button.url, button.text});
      }
    }
  }
  if (what.from && !what.sender_chat && !what.from->is_bot) {
    out.author_name = what.from->first_name;
    out.author_username = what.from->username;
    out.author_id = what.from->id;
  }
  out.url = address_of(what.chat, what.message_id);
  return out;
}

// Where it was forwarded from: a channel's post has an address, a person a name.
void note_origin(const telegram::message& what, channel_post& post, std::string& identity) {
  const auto& from = *what.forward_origin;
  if (from.date > 0) post.posted_at = instant(std::chrono::seconds(from.date));
  const auto& chat = from.chat ? from.chat : from.sender_chat;
  if (chat) {
    post.origin = chat->title;
    const auto id = from.message_id.value_or(0);
    if (id > 0) {
      post.url = address_of(*chat, id);
      identity = "forwarded:" + std::to_string(chat->id) + ":" + std::to_string(id);
    }
    if (!chat->username.empty()) post.forwarded_url = "https://t.me/" + chat->username;
    post.forwarded_from = chat->title;
  } else if (from.sender_user) {
    post.origin = post.author_name = from.sender_user->first_name;
    post.author_username = from.sender_user->username;
    post.author_id = from.sender_user->id;
  } else {
    post.origin = post.forwarded_from = from.sender_user_name;
  }
}

}  // namespace

void source_desk::attach(telegram::routes& to) {
  to.around.push_back(
      [this](telegram::incoming& in, const telegram::next_step& next) { return look(in, next); });
  const telegram::handler nothing = [](telegram::incoming&) -> task<> { co_return; };
  for (const auto kind :
       {update_kind::channel_post, update_kind::edited_channel_post, update_kind::edited_message}) {
    to.rows.push_back(telegram::on_kind(kind, nothing));
  }
  for (const auto what : {source_press::read, source_press::rest, source_press::show, source_press::ask_down,
                          source_press::down, source_press::undo_post}) {
    to.rows.push_back(telegram::on_callback(
        std::string(what), [this, what](telegram::incoming& in) { return press(in, what); }));
  }
  to.rows.push_back(telegram::on_command("sources", [this](telegram::incoming& in) { return list(in); }));
  to.rows.push_back(telegram::on_command("source", [this](telegram::incoming& in) { return show(in); }));
}

task<> source_desk::look(telegram::incoming& in, const telegram::next_step& next) {
  const auto kind = in.what.kind;
  if (kind == update_kind::my_chat_member) {
    co_await next();
    co_return co_await follow_member(in);
  }
  const bool writes =
      in.what.message && (kind == update_kind::message || kind == update_kind::edited_message ||
                          kind == update_kind::channel_post || kind == update_kind::edited_channel_post);
  if (writes && in.command.empty()) {
    if (kind == update_kind::message && in.state.empty()) {
      const bool taken = co_await take_from_operator(in);
      if (taken) co_return;
    }
    if (!in.what.message->chat.is_private()) co_await take_from_chat(in);
  }
  co_await next();
}

task<> source_desk::take_from_chat(telegram::incoming& in) {
  const auto& message = *in.what.message;
  if (message.migrate_to_chat_id)
    co_return co_await all_.chat_moved(message.chat.id, *message.migrate_to_chat_id);
  if (text_of(message).empty()) co_return;
  const auto from = co_await all_.find_chat(message.chat.id);
  if (!from || from->state != source_state::active) co_return;
  const std::vector<channel_post> posts{post_of(message)};
  page_of_posts page;
  page.posts = posts;
  page.seen_up_to = message.message_id;
  page.title = message.chat.title;
  co_await way_in_.take(*from, page);
}

task<bool> source_desk::take_from_operator(telegram::incoming& in) {
  const auto& message = *in.what.message;
  const auto& text = text_of(message);
  const bool forwarded = message.forward_origin.has_value();
  const bool pasted = message.chat.is_private() && text.size() >= shortest_pasted;
  if (text.empty() || !message.from || (!forwarded && !pasted)) co_return false;
  const bool here = co_await is_operators(in.me.id, message.chat.id);
  if (!here) co_return false;
  auto post = post_of(message);
  post.author_name.clear();  // the operator is nobody's contact
  post.author_username.clear();
  post.author_id = 0;
  post.url.clear();
  auto identity = "pasted:" + std::to_string(in.me.id) + ":" + std::to_string(message.chat.id) + ":" +
                  std::to_string(message.message_id);
  if (forwarded) note_origin(message, post, identity);
  post.message_id = message_id_of_name(identity);
  const auto from = co_await all_.operators_own();
  const std::vector<channel_post> posts{std::move(post)};
  const auto title =
      with_.details.name.empty() ? "@" + with_.username_of(with_.main_bot) : with_.details.name;
  page_of_posts page;
  page.posts = posts;
  page.title = title;
  const auto taken = co_await way_in_.take(from, page);
  std::optional<post_id> unanswered;
  if (taken.posts.empty()) {
    unanswered =
        co_await keep_unanswered_post(with_.db, from.id, posts.front().message_id, in.me.id, message.chat.id);
  } else {
    unanswered = taken.posts.front().id;
    co_await keep_operator_post(with_.db, *unanswered, in.me.id, message.chat.id);
  }
  if (!unanswered) {
    // This very post was brought before: its answer is there.
    const auto to = co_await view_of(message.from->id, message.from->language_code);
    auto known = to_message(screen{to.html("brought.known"), {}}, message.chat.id, telegram::urgency::reply);
    co_await in.bot.send_message(std::move(known));
    co_return true;
  }
  co_await answer(*unanswered);
  background_.spawn("follow a brought post", follow(*unanswered));
  co_return true;
}

task<> source_desk::follow_member(telegram::incoming& in) {
  if (!in.what.member || in.what.member->chat.is_private()) co_return;
  const auto& change = *in.what.member;
  const auto& now = change.new_chat_member.status;
  if (now == "kicked" || now == "left") {
    const auto left = co_await all_.chat_left(change.chat.id);
    locale::arguments values{{"source", change.chat.title}};
    if (left) co_await tell_operators("alert.chat_left", std::move(values), *left);
    co_return;
  }
  const bool reads = now == "member" || now == "administrator";
  const bool desk = co_await is_operators(in.me.id, change.chat.id);
  if (!reads || desk) co_return;
  met_chat what{change.chat.id, change.chat.username, change.chat.title};
  const auto [met, fresh] = co_await all_.meet_chat(std::move(what));
  // While nobody has answered it is asked again: a process may have been killed before it asked.
  if (!fresh && met.state != source_state::pending) co_return;
  log_.info("a bot was added to a chat", {{"chat", change.chat.id}, {"source", met.name}});
  locale::arguments values{{"source", change.chat.title}, {"who", change.from.first_name}};
  co_await tell_operators("alert.chat_pending", std::move(values), met);
}

task<> source_desk::press(telegram::incoming& in, std::string_view what) {
  const auto& query = *in.what.callback_query;
  const auto to = co_await view_of(query.from.id, query.from.language_code);
  const bool here = query.message && co_await is_operators(in.me.id, query.message->chat.id);
  std::int64_t id = 0;
  const auto [end, failed] = std::from_chars(in.argument.data(), in.argument.data() + in.argument.size(), id);
  if (!here || failed != std::errc() || end != in.argument.data() + in.argument.size()) {
    co_return co_await in.answer_callback(to.plain(here ? "operator.gone" : "operator.not_here"), false);
  }
  if (what == source_press::undo_post) {
    const bool undone = co_await undo_operator_post(with_.db, post_id(id));
    co_await in.answer_callback(to.plain(undone ? "operator.done" : "operator.gone"), false);
    if (undone) co_await answer(post_id(id));
    co_return;
  }
  const source_id which(id);
  std::string note;
  if (what == source_press::read) {
    co_await all_.set_paused(which, false);
    co_await all_.confirm(which);
    note = to.plain("source.read_note");
  } else if (what == source_press::rest) {
    co_await all_.set_paused(which, true);
    note = to.plain("source.rest_note");
  } else if (what == source_press::down) {
    const auto done = co_await all_.take_down(which);
    if (done) {
      note = to.plain("source.down_note",
                      {{"vacancies", done->vacancies}, {"moved", done->moved}, {"posts", done->posts}});
    }
  }
  co_await in.answer_callback(note, what == source_press::down);
  const auto found = co_await all_.find(which);
  if (!found) co_return;
  const auto yields = co_await source_yields(with_.db, with_.time.now());
  const auto shown = source_card(to, *found, yield_of(yields, which), what == source_press::ask_down);
  auto edit = to_edit(shown, query.message->chat.id, query.message->message_id, telegram::urgency::reply);
  co_await in.bot.edit_message_text(std::move(edit));
}

task<> source_desk::list(telegram::incoming& in) {
  if (!in.from()) co_return;
  const auto to = co_await view_of(in.from()->id, in.from()->language_code);
  const bool here = co_await is_operators(in.me.id, in.chat_id());
  screen shown{to.html("operator.not_here"), {}};
  if (here) {
    const auto known = co_await all_.list();
    const auto yields = co_await source_yields(with_.db, with_.time.now());
    shown = source_list(to, known, yields);
  }
  auto message = to_message(shown, in.chat_id(), telegram::urgency::reply);
  co_await in.bot.send_message(std::move(message));
}

task<> source_desk::show(telegram::incoming& in) {
  if (!in.from()) co_return;
  const auto to = co_await view_of(in.from()->id, in.from()->language_code);
  const bool here = co_await is_operators(in.me.id, in.chat_id());
  screen shown{to.html("operator.not_here"), {}};
  if (here) {
    const auto found = co_await all_.find(in.argument);
    const auto yields = co_await source_yields(with_.db, with_.time.now());
    shown = screen{to.html("source.unknown", {{"name", in.argument}}), {}};
    if (found) shown = source_card(to, *found, yield_of(yields, found->id), false);
  }
  auto message = to_message(shown, in.chat_id(), telegram::urgency::reply);
  co_await in.bot.send_message(std::move(message));
}

task<bool> source_desk::is_operators(std::int64_t bot_id, std::int64_t chat_id) {
  const auto chats = co_await with_.operators.chats(with_.db);
  co_return std::ranges::any_of(chats, [&](const accounts::operator_chat& one) {
    return one.bot_id == bot_id && one.chat_id == chat_id;
  });
}

task<view> source_desk::view_of(std::int64_t telegram_id, std::string language_code) {
  const auto known = co_await with_.people.find_by_telegram(with_.db, telegram_id);
  const std::string language =
      known ? known->language : std::string(locale::texts::language_for(language_code));
  co_return with_.for_reader(language, known ? known->time_zone : "UTC");
}

task<> source_desk::tell_operators(std::string key, locale::arguments values, const source& what) {
  const auto chats = co_await with_.operators.chats(with_.db);
  for (const auto& chat : chats) {
    const auto who = co_await with_.people.find(with_.db, chat.who);
    auto* out = with_.senders(chat.bot_id);
    if (!out || !who) continue;
    const auto to = with_.for_reader(who->language, who->time_zone);
    const screen shown{with_.texts.html(who->language, key, values), source_keys(to, what)};
    auto message = to_message(shown, chat.chat_id, telegram::urgency::reply);
    co_await out->send_message(std::move(message));
  }
}

task<> source_desk::tell_silent(const silent_source& what) {
  const auto found = co_await all_.find(what.id);
  if (!found) co_return;
  const auto hours =
      std::chrono::duration_cast<std::chrono::hours>(with_.time.now() - what.last_post_at).count();
  const auto usual = std::max<std::int64_t>(1, static_cast<std::int64_t>(what.usual_gap_hours));
  locale::arguments values{{"source", found->shown_name()}, {"hours", hours}, {"usual", usual}};
  co_await tell_operators("alert.source_silent", std::move(values), *found);
}

task<> source_desk::answer(post_id post) {
  const auto found = co_await find_operator_post(with_.db, post);
  if (!found) co_return;
  const auto chats = co_await with_.operators.chats(with_.db);
  const auto chat = std::ranges::find_if(chats, [&](const accounts::operator_chat& one) {
    return one.bot_id == found->bot_id && one.chat_id == found->chat_id;
  });
  auto* out = with_.senders(found->bot_id);
  if (!out || chat == chats.end()) co_return;
  const auto who = co_await with_.people.find(with_.db, chat->who);
  if (!who) co_return;
  const auto shown = brought_post(with_.for_reader(who->language, who->time_zone), *found);
  auto message_id = found->message_id;
  if (message_id != 0) {
    auto edit = to_edit(shown, found->chat_id, message_id, telegram::urgency::reply);
    co_await out->edit_message_text(std::move(edit));
  } else {
    auto message = to_message(shown, found->chat_id, telegram::urgency::reply);
    const auto sent = co_await out->send_message(std::move(message));
    if (!sent) co_return;
    message_id = sent->message_id;
  }
  co_await told_operator_post(with_.db, post, message_id, found->digest());
}

task<> source_desk::follow(post_id post) {
  for (int i = 0; i < looks; ++i) {
    const auto found = co_await find_operator_post(with_.db, post);
    if (!found) co_return;
    if (found->state != "waiting") co_return co_await answer(post);
    co_await async::sleep_for(look_again_after);
  }
}

task<> source_desk::catch_up() {
  const auto untold = co_await untold_operator_posts(with_.db, with_.time.now(), answers_at_once);
  for (const auto& one : untold) co_await answer(one.id);
}

}  // namespace tandem::hunt::bot
