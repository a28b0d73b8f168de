#include <boost/system/system_error.hpp>
#include <deque>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/net/stream.hpp"
#include "platform/net/tls.hpp"
#include "platform/redis/redis.hpp"

namespace tandem::redis {
namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

constexpr auto look_every = 20ms;
constexpr std::size_t read_size = 16 << 10;

// Who waits for the answers of a batch. Shared: the one who waits may be cancelled before the answers come.
struct waiter {
  waiter(const executor& on, std::size_t wanted) : answered(on), missing(wanted) {}
  async::event answered;
  std::size_t missing;
  std::vector<value> answers;
  steady::time_point deadline;
  bool failed = false;
};

// The client without its tasks: what they and those who wait share.
struct core {
  core(executor executor, client_options its_options)
      : on(executor), options(std::move(its_options)), to_write(on), to_watch(on), tried(on) {}

  executor on;
  client_options options;
  client_state state;
  std::shared_ptr<net::byte_stream> stream;  // reader and writer keep it until they have ended
  bool open = false;
  std::string out;  // not yet handed to the stream
  std::deque<std::shared_ptr<waiter>> waiting;
  std::size_t commands = 0;  // of those who wait
  async::event to_write, to_watch, tried;
  bool has_tried = false;

  void begin(std::unique_ptr<net::byte_stream> fresh) {
    stream = std::move(fresh);
    open = true;
  }
  // The connection is given up; everybody who waits is told. The first reason counts: what it breaks is no
  // news.
  void give_up(std::string why) {
    if (!open) return;
    open = false;
    if (state.connected) ++state.broken;
    state.connected = false;
    state.problem = std::move(why);
    stream->close();
    out.clear();
    commands = 0;
    for (const auto& one : std::exchange(waiting, {})) {
      one->failed = true;
      one->answered.ring();
    }
    to_write.ring();
  }

  void answer(value what) {
    if (what.kind == value_kind::push) return;  // nobody subscribes to anything
    if (waiting.empty()) return give_up("the server answers what was not asked");
    const auto& first = waiting.front();
    --commands;
    first->answers.push_back(std::move(what));
    if (--first->missing > 0) return;
    first->answered.ring();
    waiting.pop_front();
  }

  std::shared_ptr<waiter> send(const batch& what, std::chrono::milliseconds limit) {
    auto mine = std::make_shared<waiter>(on, what.size());
    mine->deadline = steady::now() + limit;
    if (waiting.empty()) to_watch.ring();
    waiting.push_back(mine);
    commands += what.size();
    if (out.empty()) to_write.ring();
    out += what.bytes();
    return mine;
  }
};

using shared_core = std::shared_ptr<core>;

task<std::vector<value>> answers_of(std::shared_ptr<waiter> mine, shared_core in) {
  while (mine->missing > 0 && !mine->failed) co_await mine->answered.wait();
  if (mine->failed) throw unavailable(in->state.problem);
  co_return std::move(mine->answers);
}

// Several commands of one turn of the event loop go out in one write.
task<> write_all(shared_core in) {
  const auto stream = in->stream;
  std::string busy;
  while (in->open) {
    if (in->out.empty()) {
      co_await in->to_write.wait();
      continue;
    }
    busy.swap(in->out);
    co_await stream->write_all(busy);
    busy.clear();
  }
}

// Ends with an exception when the connection does.
task<> read_all(shared_core in) {
  const auto stream = in->stream;
  reply_reader reader(in->options.limits);
  std::string buffer(read_size, '\0');
  for (;;) {
    const auto got = co_await stream->read_some(std::span(buffer));
    if (got == 0) throw unavailable("the server has closed the connection");
    reader.feed(std::string_view(buffer).substr(0, got));
    for (;;) {
      auto next = reader.next();
      if (!next) throw unavailable("the server's answer is not RESP3, or is too large");
      if (!*next) break;
      in->answer(std::move(**next));
    }
  }
}

task<> keep_deadlines(shared_core in) {
  for (;;) {
    if (in->waiting.empty()) {
      co_await in->to_watch.wait();
      continue;
    }
    if (in->waiting.front()->deadline <= steady::now()) {
      in->give_up("no answer in time");
    }
    co_await async::sleep_for(look_every);
  }
}

task<std::unique_ptr<net::byte_stream>> open_stream(shared_core in) {
  const auto& to = in->options.at;
  auto stream = co_await net::connect_tcp(to.host, to.port, in->options.connect_limit);
  if (!to.tls) co_return stream;
  const auto tls = net::make_client_tls(to.ca_file);
  co_return co_await tls->handshake(std::move(stream), to.host);
}

// The value of a key in the map that HELLO answers.
std::string find_text(const value& map, std::string_view key) {
  for (std::size_t at = 0; at + 1 < map.items.size(); at += 2) {
    if (map.items[at].text == key) return map.items[at + 1].text;
  }
  return {};
}

task<> greet(shared_core in) {
  const auto& to = in->options.at;
  batch hello;
  const std::string user = to.user.empty() ? "default" : to.user;
  if (to.user.empty() && to.password.empty()) {
    hello.add({"HELLO", "3", "SETNAME", "tandem"});
  } else {
    hello.add({"HELLO", "3", "AUTH", user, to.password, "SETNAME", "tandem"});
  }
  hello.add({"SELECT", std::to_string(to.database)});
  const auto mine = in->send(hello, in->options.connect_limit);
  const auto answers = co_await answers_of(mine, in);
  for (const auto& one : answers) {
    if (one.is_error()) throw unavailable(one.text);
  }
  in->state.version = find_text(answers.front(), "version");
}

// One connection from its beginning to its end, which is an exception or the reason in the state.
task<> live(shared_core in, async::scope& work) {
  auto opening = open_stream(in);
  auto fresh = co_await async::within(in->options.connect_limit, std::move(opening));
  in->begin(std::move(fresh));
  work.spawn("write", write_all(in));
  work.spawn("read", read_all(in));
  co_await greet(in);
  in->state.connected = true;
  in->state.problem.clear();
  ++in->state.connections;
  in->has_tried = true;
  in->tried.ring();
  co_await work.join();
}

task<> keep_connected(shared_core in) {
  auto wait = in->options.retry_first;
  for (;;) {
    std::string problem;
    {
      // The first of reader and writer that fails ends both.
      async::scope work(in->on, [in](std::string_view, const std::exception_ptr& failure) {
        in->give_up(async::text_of(failure));
      });
      try {
        co_await live(in, work);
        wait = in->options.retry_first;
      } catch (const async::timed_out&) {
        problem = "no connection within " + std::to_string(in->options.connect_limit.count()) + " ms";
      } catch (const boost::system::system_error& failure) {
        if (failure.code() == boost::system::errc::operation_canceled) throw;
        problem = failure.code().message();
      } catch (const std::runtime_error& failure) {  // unavailable, a certificate file
        problem = failure.what();
      }
      in->give_up(problem);
      co_await work.stop();
    }
    if (!problem.empty()) in->state.problem = std::move(problem);
    in->stream.reset();
    in->has_tried = true;
    in->tried.ring();
    co_await async::sleep_for(wait);
    wait = std::min(wait * 2, in->options.retry_longest);
  }
}

class one_connection final : public client {
 public:
  one_connection(executor on, client_options options)
      : core_(std::make_shared<core>(on, std::move(options))),
        work_(on, [](std::string_view, const std::exception_ptr&) {}) {
    core_->state.problem = "not connected yet";
    work_.spawn("connection", keep_connected(core_));
    work_.spawn("deadlines", keep_deadlines(core_));
  }

  task<std::vector<value>> run(batch what) override {
    const auto in = core_;
    if (what.size() == 0) co_return std::vector<value>{};
    if (!in->state.connected) throw unavailable(in->state.problem);
    if (in->commands + what.size() > in->options.most_waiting) throw unavailable("too many commands wait");
    const auto mine = in->send(what, in->options.answer_limit);
    co_return co_await answers_of(mine, in);
  }

  task<bool> first_try() override {
    const auto in = core_;
    while (!in->has_tried) co_await in->tried.wait();
    co_return in->state.connected;
  }

  client_state state() const override { return core_->state; }

  task<> stop() override {
    co_await work_.stop();
    core_->give_up("stopped");
  }

 private:
  shared_core core_;
  async::scope work_;
};

}  // namespace

std::unique_ptr<client> make_client(executor on, client_options options) {
  return std::make_unique<one_connection>(on, std::move(options));
}

}  // namespace tandem::redis
