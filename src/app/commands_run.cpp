#include <ostream>

#include "app/commands.hpp"
#include "app/house.hpp"
#include "async/loop.hpp"
#include "platform/log/log.hpp"

#include <unistd.h>

namespace tandem::app {
namespace {

task<> run(executor on, const settings& all, std::vector<role> roles, std::ostream& out) {
  const auto house = build_house(on, all, std::move(roles));
  // Before the start: a signal that comes meanwhile stops all that has been started when that is done.
  async::termination asked(on);
  std::exception_ptr failure;
  try {
    co_await house->start();
    out << "ready " << house->address() << std::endl;  // flushed: ./run and tests wait for this line
    co_await asked.wait();
  } catch (...) {
    failure = std::current_exception();
  }
  co_await house->stop();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

int run_roles(const settings& all, std::vector<role> roles, std::ostream& out) {
  log::options logging;
  logging.format = all.log_format == "human" || (all.log_format == "auto" && ::isatty(STDERR_FILENO))
                       ? log::format::human
                       : log::format::json;
  logging.default_level = log::level_of(all.log_level).value_or(log::level::info);
  log::configure(std::move(logging));
  async::loop io;
  io.run(run(io.on(), all, std::move(roles), out));
  log::flush();
  return 0;
}

}  // namespace tandem::app
