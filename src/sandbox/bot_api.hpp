#pragma once
#include <string>
#include <string_view>

#include "platform/http/client.hpp"
#include "platform/http/message.hpp"
#include "sandbox/api_calls.hpp"
#include "sandbox/faults.hpp"

namespace tandem::sandbox {

// /bot<TOKEN>/METHOD and /file/bot<TOKEN>/PATH: answers calls, records them, waits in long polls, and goes
// wrong where a fault says so.
class bot_api {
 public:
  bot_api(world& all, fault_table& faults, http::client& web) : world_(all), faults_(faults), web_(web) {}

  // Captured: token, method.
  task<http::response> answer(http::request what);
  // Captured: token, path.
  task<http::response> file(http::request what);
  // The call that a webhook's answer may carry; its result is seen by nobody.
  void carry_out(bot& me, std::string_view body);
  // Ends long polls with what there is.
  void stop();
  void start() { stopping_ = false; }

 private:
  struct finished {
    int status = 200;
    std::string json;
    int retry_after = 0;
  };
  task<finished> get_updates(bot& me, arguments& in, std::string_view fault);
  finished run(const api_method& method, api_call& call, std::string_view fault);
  task<> fetch_files(api_call& call);
  finished refused(bot& me, const api_error& why);
  void record(bot& me, const arguments& in, std::string_view method, journal_line& line,
              std::string_view fault);
  void tell_panel(const bot& me, std::string_view method, const arguments& in, const finished& answer,
                  std::int64_t began_us);

  world& world_;
  fault_table& faults_;
  http::client& web_;
  rate_limits rates_;
  bool stopping_ = false;
};

}  // namespace tandem::sandbox
