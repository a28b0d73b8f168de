#pragma once
#include <optional>
#include <string>

#include "async/scope.hpp"
#include "hunt/bot/parts.hpp"
#include "hunt/posts/intake.hpp"
#include "hunt/posts/operator_posts.hpp"
#include "hunt/sources/source_health.hpp"
#include "hunt/sources/sources.hpp"
#include "platform/telegram/dispatcher.hpp"

namespace tandem::hunt::bot {

// What the bots bring as a source: posts of chats that they are members of, once the operator has confirmed
// the chat, and what the operator pastes or forwards in a private chat, or forwards in a group. In the
// operator's chats also /sources and /source NAME, where a source rests, is read again, or is taken down.
class source_desk {
 public:
  // All of them outlive it, and it outlives the routes.
  source_desk(const parts& with, sources& all, intake& way_in, async::scope& background)
      : with_(with), all_(all), way_in_(way_in), background_(background) {}

  // Adds its rows, and looks at each update before the other rows do.
  void attach(telegram::routes& to);
  // Answers whose verdict has come: what a killed process began. For the scheduler, every minute.
  task<> catch_up();
  // A source has been silent for long: its card to every operator's chat.
  task<> tell_silent(const silent_source& what);

 private:
  task<> look(telegram::incoming& in, const telegram::next_step& next);
  task<> take_from_chat(telegram::incoming& in);
  task<bool> take_from_operator(telegram::incoming& in);
  task<> follow_member(telegram::incoming& in);
  task<> press(telegram::incoming& in, std::string_view what);
  task<> list(telegram::incoming& in);
  task<> show(telegram::incoming& in);
  task<bool> is_operators(std::int64_t bot_id, std::int64_t chat_id);
  task<> tell_operators(std::string key, locale::arguments values, const source& what);
  // The answer as it should stand now; with the verdict once that is there.
  task<> answer(post_id post);
  task<> follow(post_id post);
  task<view> view_of(std::int64_t telegram_id, std::string language_code);

  const parts& with_;
  sources& all_;
  intake& way_in_;
  async::scope& background_;
};

}  // namespace tandem::hunt::bot
