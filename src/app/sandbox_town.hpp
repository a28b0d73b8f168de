#pragma once
#include <memory>
#include <string>

#include "async/part.hpp"
#include "hunt/posts/post_observer.hpp"
#include "hunt/sources/sources.hpp"
#include "platform/bots/registry.hpp"
#include "platform/http/client.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::app {

// What the product does in a sandbox that the real Telegram needs people for: makes bots and follows
// channels. `root` is the sandbox's address, in this process or in another.
struct sandbox_town {
  executor on;
  http::client& client;
  std::string root;
  pg::pool& db;
  bots::registry& registry;
  hunt::sources& sources;
  const clock& time;
};

// The first time: one main bot, one bot for each category, one for Dating, the starter channels. At every
// start: makes sure that the sandbox knows the bots (its folder may be younger than the database).
task<> furnish_sandbox(sandbox_town with);

// Every channel of the sandbox is a source, also one that is made while the product runs; and each step of a
// post is told to the sandbox's live panel.
class sandbox_follower : public async::part, public hunt::post_observer {
 public:
  virtual void handed(hunt::vacancy_id vacancy, instant at) = 0;
  virtual void delivered(hunt::vacancy_id vacancy, int readers, instant at) = 0;
};
std::unique_ptr<sandbox_follower> make_sandbox_follower(sandbox_town with);

}  // namespace tandem::app
