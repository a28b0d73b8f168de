#pragma once
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "async/part.hpp"
#include "async/scope.hpp"
#include "base/clock.hpp"
#include "platform/http/client.hpp"
#include "platform/http/server.hpp"

namespace tandem::sandbox {

// A step on a post's way through the product.
struct post_stage {
  std::string channel;  // without "@"
  std::int64_t post_id = 0;
  std::string stage;        // seen, passed, dropped, new, repeat, judged, queued, sent, failed
  instant at{};             // by the machine's clock
  std::string detail_json;  // an object as docs/sandbox.md lists it, "" for none
};

// Where the product tells the sandbox's live panel what happens inside. Cheap; it never fails.
class stage_sink {
 public:
  virtual ~stage_sink() = default;
  virtual void post_moved(const post_stage& to) = 0;
};

struct sandbox_options {
  std::string folder;          // everything it keeps; made if it is not there
  std::string web_folder;      // the built web chat, "" if there is none
  std::string starter_folder;  // starter/*.json
};

// The sandbox must not be reachable from other machines.
struct not_loopback : std::runtime_error {
  explicit not_loopback(const std::string& what) : std::runtime_error(what) {}
};

// The emulator of Telegram, the channels' preview pages and the control contract of docs/sandbox.md.
//
// Start it after the listener on which it is mounted: then it is stopped first, and its long polls end at
// once instead of holding the listener's stop.
class sandbox : public async::part {
 public:
  // Adds the routes. `listener_address` is the address of the listener that will serve them; throws
  // not_loopback.
  virtual void mount(http::router& on, std::string_view listener_address) = 0;

  // Makes the bot, or updates the one with this token. The token is "<id>:<secret>"; the username ends in
  // "bot". Throws std::invalid_argument with the reason.
  virtual void register_bot(const std::string& token, const std::string& username,
                            const std::string& title) = 0;

  // The starter channels, once per data folder. Returns the number of posts that were made.
  virtual std::size_t seed_starter() = 0;

  virtual stage_sink& stages() = 0;
};

// `time` is the clock of the whole product; the sandbox shifts it. Reads the journal; throws when it is
// damaged or another process works on the folder. `failures` is told of what breaks in the background.
std::unique_ptr<sandbox> make_sandbox(executor on, sandbox_options options, shifted_clock& time,
                                      http::client& web, async::scope::sink failures);

}  // namespace tandem::sandbox
