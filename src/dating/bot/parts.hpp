#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "async/scope.hpp"
#include "conversation/turn.hpp"
#include "dating/bot/photo_intake.hpp"
#include "dating/decks/decks.hpp"
#include "dating/growth/growth.hpp"
#include "dating/likes/likes.hpp"
#include "dating/notices/notices.hpp"
#include "dating/photos/photos.hpp"
#include "dating/profiles/profiles.hpp"
#include "dating/safety/safety.hpp"
#include "dating/talks/talks.hpp"
#include "platform/places/places.hpp"
#include "platform/seal/vault.hpp"

namespace tandem::dating::bot {

using conversation::screen;
// Texts of locales/*/dating*.toml: the key "menu.text" is dating.menu.text.
using conversation::view;

// What a person is told about whom to turn to.
struct operator_details {
  std::string name;       // who answers for the data; may be empty
  std::string contact;    // @username, address or link; may be empty
  int journal_days = 90;  // how long presses are kept
};

// What Dating's bot is made of; everything outlives it. The interfaces are plain stores: every statement of a
// turn runs in its transaction.
struct parts : conversation::stage {
  profiles& members;
  photos& pictures;
  decks& deck;
  likes& hearts;
  talks& conversations;
  safety& rules;
  growth& more;
  notice_board& news;
  const places::gazetteer& towns;
  const seal::vault& keys;
  images::workshop& shop;
  async::scope& background;
  std::int64_t bot_id = 0;                // of the registry's role dating.main
  std::function<std::string()> username;  // without @; "" while it is not known
  operator_details details;
  like_limits limits;
  std::shared_ptr<photo_intake> arriving = std::make_shared<photo_intake>();
  growth_settings growing;
};

// talks::appears() for the message that a screen is sent as.
std::function<task<>(std::int64_t message_id)> noting(const parts& with, appearance where);

}  // namespace tandem::dating::bot
