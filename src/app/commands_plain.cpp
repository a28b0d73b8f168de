#include <fmt/format.h>

#include <iostream>

#include "app/commands.hpp"
#include "async/loop.hpp"
#include "platform/http/client.hpp"
#include "platform/log/log.hpp"

namespace tandem::app {

int show_roles(std::ostream& out) {
  for (const auto& one : all_roles()) {
    out << fmt::format("{:<11} {:<45} needs: {}\n", one.name, one.parts, one.needs);
  }
  return 0;
}

int check_config(const settings& all, std::ostream& out) {
  out << fmt::format("The settings are fine. Data folder: {}; {}.\n", all.data,
                     all.is_real() ? "the real Telegram" : "sandbox, since there is no token of a bot");
  return 0;
}

int print_config(settings all, std::ostream& out) {
  out << print_settings(all.describe());
  return 0;
}

int set_log_level(const settings& all, const std::string& room, const std::string& level, std::ostream& out) {
  if (!log::level_of(level)) {
    std::cerr << level << " is no level; write trace, debug, info, warn or error\n";
    return 2;
  }
  async::loop io;
  const auto client = http::make_plain_client(io.on(), {});
  http::fetch change;
  change.method = "PUT";
  change.url =
      fmt::format("http://127.0.0.1:{}/log?room={}&level={}", all.port, room == "all" ? "" : room, level);
  try {
    const auto answer = io.run(client->send(std::move(change)));
    if (answer.status == 200) {
      out << fmt::format("{} logs from {} on.\n", room, level);
      return 0;
    }
    std::cerr << "The running program refused: " << answer.body << "\n";
  } catch (const http::no_answer&) {
    std::cerr << fmt::format("Nothing answers on 127.0.0.1:{}: is `tandem up` running with this port?\n",
                             all.port);
  }
  return 1;
}

}  // namespace tandem::app
