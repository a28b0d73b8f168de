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

struct sandbox_options {
  std::string folder;          // everything it keeps; made if it is not there
  std::string web_folder;      // the built web chat, "" if there is none
  std::string starter_folder;  // starter/*.json
  // A journal of more bytes is shortened at the start; the record then begins there.
  std::uint64_t compact_above = 64 << 20;
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
};

// `time` is the clock of the whole product; the sandbox shifts it. Reads the journal; throws when it is
// damaged or another process works on the folder. `failures` is told of what breaks in the background.
std::unique_ptr<sandbox> make_sandbox(executor on, sandbox_options options, shifted_clock& time,
                                      http::client& web, async::scope::sink failures);

}  // namespace tandem::sandbox
