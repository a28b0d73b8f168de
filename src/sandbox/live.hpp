#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "async/event.hpp"
#include "platform/http/message.hpp"

namespace tandem::sandbox {

// What happens, for the web chat: numbered events of which the last ones are kept, so that a browser that
// lost its connection goes on where it stopped. Nothing is kept while nobody has looked for a minute.
class live {
 public:
  explicit live(executor on) : on_(std::move(on)) {}

  // True when somebody looks or has just looked: making the text of an event is worth it.
  bool wanted() const;
  // Somebody has read the state and will ask for what came after it.
  void expect_reader() { quiet_since_ = std::chrono::steady_clock::now(); }
  std::uint64_t last() const { return last_; }

  enum class audience { everybody, one_person, panel };
  // `json` is one line. `person` only sees it when asked for (audience one_person).
  void publish(std::string_view name, std::string json, audience whose = audience::everybody,
               std::int64_t person = 0);

  struct wish {
    std::uint64_t after = 0;
    bool continued = false;   // `after` was given
    std::int64_t person = 0;  // 0: private chats of all
    bool panel = true;
  };
  // Server-sent events until the reader leaves.
  task<> serve(http::stream_writer& out, wish what);

 private:
  struct entry {
    std::string text;  // as it goes over the wire
    audience whose;
    std::int64_t person;
  };
  struct reader {
    explicit reader(const executor& on) : news(on) {}
    async::event news;
  };
  static constexpr std::size_t kept_events = 20'000;
  static constexpr std::size_t kept_bytes = 32 << 20;

  executor on_;
  // Numbers begin with the time in milliseconds, so that one from before a restart is never taken for one of
  // now.
  std::uint64_t last_ = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                                       std::chrono::system_clock::now().time_since_epoch())
                                                       .count());
  std::deque<entry> kept_;  // the last one has number last_
  std::size_t bytes_ = 0;
  std::list<std::shared_ptr<reader>> readers_;
  std::chrono::steady_clock::time_point quiet_since_{};
};

}  // namespace tandem::sandbox
