// The emulator as a program of its own, for tests: sandbox_server FOLDER [PORT [WEB_FOLDER]]. Prints "ready
// URL".
#include <fmt/core.h>

#include <cstdio>
#include <string>

#include "async/loop.hpp"
#include "platform/http/client.hpp"
#include "platform/http/server.hpp"
#include "sandbox/sandbox.hpp"

namespace {

tandem::task<> serve(tandem::executor on, std::string folder, std::uint16_t port, std::string web_folder) {
  using namespace tandem;
  const system_clock machine;
  shifted_clock product(machine);
  const auto client = http::make_plain_client(on, {});
  sandbox::sandbox_options options;
  options.folder = std::move(folder);
  options.web_folder = std::move(web_folder);
  options.starter_folder = TANDEM_STARTER_FOLDER;
  const auto emulator = sandbox::make_sandbox(on, std::move(options), product, *client,
                                              [](std::string_view name, std::exception_ptr failure) {
                                                fmt::print(stderr, "{}: {}\n", name, async::text_of(failure));
                                              });
  http::router routes;
  http::listener_options listener;
  listener.port = port;
  emulator->mount(routes, listener.address);
  const auto server = http::make_server(on, "sandbox", listener, routes);
  async::life_cycle parts;
  co_await parts.start(*server);
  co_await parts.start(*emulator);
  fmt::print("ready http://{}:{}/\n", listener.address, server->port());
  std::fflush(stdout);
  co_await async::termination_signal();
  co_await parts.stop();
}

}  // namespace

int main(int count, char** given) {
  if (count < 2) {
    fmt::print(stderr, "usage: {} FOLDER [PORT [WEB_FOLDER]]\n", given[0]);
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(count > 2 ? std::stoi(given[2]) : 0);
  tandem::async::loop loop;
  try {
    loop.run(serve(loop.on(), given[1], port, count > 3 ? given[3] : ""));
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
