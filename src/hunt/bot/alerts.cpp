#include "hunt/bot/alerts.hpp"

#include "platform/log/log.hpp"
#include "platform/telegram/html.hpp"

namespace tandem::hunt::bot {

task<bool> alerts::raise(std::string name, locale::arguments with, std::string subject,
                         std::chrono::minutes cool_down) {
  static const log::logger log("alerts");
  const auto now = with_.time.now();
  const auto [last, first] = raised_.try_emplace(name + "\n" + subject, now);
  if (!first && now - last->second < cool_down) co_return false;
  last->second = now;
  const auto key = "alert." + name;
  const auto plain = telegram::plain_text(with_.texts.html("en", key, with));
  log.warn("the operator is alerted", {{"alert", name}, {"text", plain}});
  const auto chats = co_await with_.operators.chats(with_.db);
  for (const auto& chat : chats) {
    const auto who = co_await with_.people.find(with_.db, chat.who);
    auto* out = with_.senders(chat.bot_id);
    if (!out || !who) continue;
    const screen what{with_.texts.html(who->language, key, with), {}};
    auto message = to_message(what, chat.chat_id, telegram::urgency::reply);
    co_await out->send_message(std::move(message));
  }
  co_return true;
}

}  // namespace tandem::hunt::bot
