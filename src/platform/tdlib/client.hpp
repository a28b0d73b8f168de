#pragma once
#include <boost/json/object.hpp>
#include <chrono>
#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "async/task.hpp"
#include "platform/tdlib/library.hpp"

// Clients of Telegram through TDLib. Objects are those of its schema (td_api.tl) as JSON: "@type" names the
// type; 64-bit numbers are strings, smaller ones numbers.
namespace tandem::tdlib {

namespace json = boost::json;

// What TDLib refused, in its words: 400 "PHONE_CODE_INVALID", 429 "Too Many Requests: retry after 30".
struct failure {
  int code = 0;
  std::string message;
};
using answer = std::expected<json::object, failure>;

// The seconds of "Too Many Requests: retry after 30", also of "FLOOD_WAIT_30"; 0: it says something else.
std::chrono::seconds retry_after(const failure& refused);

// One account's connection.
class client {
 public:
  virtual ~client() = default;
  // Updates that TDLib sent before the answer are told before it comes. Throws async::timed_out without an
  // answer within `limit`: TDLib answers late when the network is away.
  virtual task<answer> ask(json::object request,
                           std::chrono::milliseconds limit = std::chrono::seconds(60)) = 0;
  // Writes what is to be kept to the disk and ends; a client that has ended already is left alone.
  virtual task<> close() = 0;
  // Closed, by us or by Telegram: nothing comes any more, and whatever is asked is refused.
  virtual bool is_closed() const = 0;
};

// All clients of a process: the thread that td_receive wants for itself, and the way from there to the event
// loop, where updates are told in the order in which they came.
class hub {
 public:
  virtual ~hub() = default;
  // `heard` is called until the client is destroyed, from the first update (authorizationStateWaitTdlib…) on.
  virtual std::unique_ptr<client> make_client(std::function<void(const json::object& update)> heard) = 0;
  // Ends the thread. Clients are to be closed before.
  virtual task<> stop() = 0;
};

std::unique_ptr<hub> make_hub(executor on, const library& from);

}  // namespace tandem::tdlib
