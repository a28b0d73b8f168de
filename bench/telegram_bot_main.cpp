// The product's dispatcher, sender and transport as a bot of its own, for load against a pretend Bot API:
//   telegram_bot echo               answers each text with itself
//   telegram_bot menu               answers each pressed button and edits its message
//   telegram_bot fanout [CHATS]     one message to each of CHATS chats, 64 at a time, no limits (10000)
//   telegram_bot fanlim [CHATS]     the same under the limits of 30 messages a second and one a second per
//   chat (300)
// API_ROOT and BOT_TOKEN come from the environment.
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "async/loop.hpp"
#include "async/scope.hpp"
#include "platform/http/client.hpp"
#include "platform/telegram/dispatcher.hpp"
#include "platform/telegram/keyboard.hpp"
#include "platform/telegram/sender.hpp"

using namespace tandem;
using namespace tandem::telegram;

namespace {

constexpr int parallel = 64;
constexpr std::int64_t first_chat = 1'000'001;
constexpr std::string_view news = "New vacancy: C++ developer, remote, 300 000 RUB. https://example.org/v/1";

routes echo() {
  routes table;
  const handler reply = [](incoming& in) -> task<> {
    text_message out;
    out.chat_id = in.chat_id();
    out.text = in.text();
    out.parse_mode = parse_mode::none;
    co_await in.bot.send_message(std::move(out));
  };
  table.add({on_text(reply)});
  return table;
}

routes menu() {
  keyboard keys;
  for (int item = 1; item <= 8; item += 2) {
    keys.row();
    for (const int one : {item, item + 1})
      keys.callback(fmt::format("Item {}", one), fmt::format("item:{}", one));
  }
  const handler choose = [markup = keys.build()](incoming& in) -> task<> {
    const std::string no_note;
    co_await in.answer_callback(no_note, false);
    text_edit edit;
    edit.chat_id = in.chat_id();
    edit.message_id = in.what.callback_query->message->message_id;
    edit.text = "You chose " + in.what.callback_query->data;
    edit.parse_mode = parse_mode::none;
    edit.markup = markup;
    co_await in.bot.edit_message_text(std::move(edit));
  };
  routes table;
  table.add({on_callback("item:", choose)});
  return table;
}

void told(std::string_view what, std::string_view detail) { fmt::print(stderr, "{}: {}\n", what, detail); }

void task_failed(std::string_view name, const std::exception_ptr& error) {
  told(name, async::text_of(error));
}

task<> serve(executor on, bot_api& bot, routes table) {
  const auto me = co_await bot.get_me();
  if (!me) {
    told("getMe", me.error().description);
    co_return;
  }
  async::scope work(on, task_failed);
  const auto log = make_memory_update_log();
  const system_clock time;
  dispatcher_options options;
  options.max_parallel = 32;
  dispatcher to(work, bot, *me, std::move(table), options, told);
  co_await poll_updates(bot, me->id, to, *log, time, told);
}

task<> send_share(bot_api& bot, std::int64_t& next, std::int64_t end) {
  while (next < end) {
    text_message out;
    out.chat_id = next++;
    out.text = news;
    out.parse_mode = parse_mode::none;
    out.options.urgency = urgency::broadcast;
    const auto sent = co_await bot.send_message(std::move(out));
    if (!sent) told("not sent", sent.error().description);
  }
}

task<> fan_out(executor on, bot_api& bot, std::int64_t chats) {
  async::scope work(on, task_failed);
  std::int64_t next = first_chat;
  for (int i = 0; i < parallel; ++i) work.spawn("sender", send_share(bot, next, first_chat + chats));
  co_await work.join();
}

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  std::int64_t chats = mode == "fanlim" ? 300 : 10'000;
  if (argc > 2) std::from_chars(argv[2], argv[2] + std::string_view(argv[2]).size(), chats);
  sender_options options;
  options.api_root = setting("API_ROOT");
  options.token = setting("BOT_TOKEN");
  if (options.api_root.empty() || options.token.empty()) {
    told("telegram_bot", "needs API_ROOT and BOT_TOKEN");
    return 2;
  }
  options.limits = send_limits::none();
  if (mode == "fanlim") {
    options.limits = send_limits();
    options.limits.per_second = options.limits.broadcasts_per_second = 30;
    options.limits.chat_burst = 1;
  }
  async::loop io;
  http::client_options connections;
  connections.connections_per_host = 8 + 1;  // and the poll; what finds none free goes behind another
  const auto transport = http::make_plain_client(io.on(), connections);
  const auto bot = make_sender(io.on(), *transport, std::move(options));
  if (mode == "echo" || mode == "menu") {
    io.run(serve(io.on(), *bot, mode == "echo" ? echo() : menu()));
  } else if (mode == "fanout" || mode == "fanlim") {
    io.run(fan_out(io.on(), *bot, chats));
  } else {
    told("telegram_bot", "knows echo, menu, fanout [CHATS], fanlim [CHATS]");
    return 2;
  }
  io.run(bot->stop());
}
