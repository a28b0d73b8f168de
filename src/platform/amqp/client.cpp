#include "platform/amqp/client.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <deque>
#include <map>
#include <random>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/net/stream.hpp"
#include "platform/net/tls.hpp"

namespace tandem::amqp {

namespace asio = boost::asio;

namespace {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

// A question on a channel, until its answer is there or can no longer come.
struct question {
  explicit question(const executor& on) : done(on) {}
  async::event done;
  std::optional<answered> answer;
};

struct channel_state {
  channel_events events;
  std::deque<std::shared_ptr<question>> asked;
  std::uint64_t published = 0;
  bool open = true;
  std::string reason;
};

class live_connection final : public connection {
 public:
  live_connection(executor on, endpoint to, std::function<void()> on_block)
      : on_(on),
        to_(std::move(to)),
        machine_(to_, steady::now()),
        on_block_(std::move(on_block)),
        output_(on),
        change_(on),
        work_(on, [](std::string_view, const std::exception_ptr&) {}) {}

  task<> start(std::chrono::milliseconds limit) {
    stream_ = co_await net::connect_tcp(to_.host, to_.port, limit);
    if (to_.tls) {
      tls_ = net::make_client_tls(to_.ca_file);
      stream_ = co_await tls_->handshake(std::move(stream_), to_.host);
    }
    work_.spawn("read", read());
    work_.spawn("write", write());
    work_.spawn("beat", beat());
    while (server_.empty() && !reason_) co_await change_.wait();
    if (reason_) throw broken(*reason_);
  }

  task<std::unique_ptr<channel>> open_channel(channel_events events) override;

  const std::string& server() const override { return server_; }
  bool alive() const override { return !reason_; }
  const std::optional<std::string>& blocked() const override { return blocked_; }
  std::size_t backlog() const override { return sending_ + (machine_.has_output() ? 1 : 0); }

  task<std::string> wait_end() override {
    while (!reason_) co_await change_.wait();
    co_return *reason_;
  }

  task<> close() override {
    if (!reason_ && stream_) {
      machine_.close();
      output_.ring();
      const auto until = steady::now() + 1s;
      while (!reason_ && steady::now() < until) co_await change_.wait_for(until - steady::now());
    }
    end("closed");
    co_await work_.stop();
  }

  // What a channel asks for: the command is in the machine's output already.
  task<answered> ask(std::shared_ptr<channel_state> of) {
    if (!of->open) throw broken(of->reason);
    const auto mine = std::make_shared<question>(on_);
    of->asked.push_back(mine);
    output_.ring();
    co_await mine->done.wait();
    if (!mine->answer) throw broken(of->reason);
    co_return *mine->answer;
  }

  machine& says() { return machine_; }
  void flush() { output_.ring(); }

  void forget(std::uint16_t number) {
    const auto found = channels_.find(number);
    if (found == channels_.end()) return;
    found->second->events = {};
    if (!found->second->open || reason_) {
      channels_.erase(found);
      return;
    }
    // Its number is free again when the server has agreed.
    machine_.close_channel(number);
    closing_.push_back(number);
    output_.ring();
  }

 private:
  task<> read() {
    std::array<char, 64 * 1024> buffer;
    std::string why = "the server has closed the connection";
    try {
      while (!reason_) {
        const auto size = co_await stream_->read_some(buffer);
        if (size == 0) break;
        handle(machine_.feed(std::string_view(buffer.data(), size), steady::now()));
        if (machine_.has_output()) output_.ring();
      }
    } catch (const boost::system::system_error& failure) {
      why = failure.code().message();
    }
    end(why);
  }

  task<> write() {
    std::string why;
    try {
      for (;;) {
        if (machine_.has_output()) {
          const auto bytes = machine_.take_output(steady::now());
          sending_ = bytes.size();
          co_await stream_->write_all(bytes);
          sending_ = 0;
        } else if (reason_) {
          break;
        } else {
          co_await output_.wait();
        }
      }
    } catch (const boost::system::system_error& failure) {
      why = failure.code().message();
    }
    if (!why.empty()) end(why);
  }

  task<> beat() {
    while (!reason_) {
      co_await async::sleep_for(1s);
      handle(machine_.tick(steady::now()));
      if (machine_.has_output()) output_.ring();
    }
  }

  void handle(std::vector<event> what) {
    for (auto& next : what) std::visit([this](auto& one) { on(one); }, next);
  }

  void on(opened& what) {
    server_ = std::move(what.server);
    change_.ring();
  }
  void on(answered& what) {
    const auto of = find(what.channel);
    if (!of) return;
    if (of->asked.empty()) {  // the answer to forget()
      if (std::erase(closing_, what.channel) != 0) channels_.erase(what.channel);
      return;
    }
    const auto first = of->asked.front();
    of->asked.pop_front();
    first->answer = what;
    first->done.ring();
  }
  void on(delivered& what) {
    const auto of = find(what.channel);
    if (of && of->events.on_delivery) of->events.on_delivery(std::move(what));
  }
  void on(confirmed& what) {
    const auto of = find(what.channel);
    if (of && of->events.on_confirm) of->events.on_confirm(what);
  }
  void on(returned& what) {
    const auto of = find(what.channel);
    if (of && of->events.on_return) of->events.on_return(what);
  }
  void on(channel_closed& what) {
    if (const auto of = find(what.channel)) end_channel(*of, what.reason);
  }
  void on(amqp::blocked& what) {
    blocked_ = std::move(what.reason);
    if (on_block_) on_block_();
  }
  void on(unblocked&) {
    blocked_.reset();
    if (on_block_) on_block_();
  }
  void on(ended& what) { end(what.reason); }

  std::shared_ptr<channel_state> find(std::uint16_t number) const {
    const auto found = channels_.find(number);
    return found == channels_.end() ? nullptr : found->second;
  }

  static void end_channel(channel_state& of, const std::string& reason) {
    if (!of.open) return;
    of.open = false;
    of.reason = reason;
    for (const auto& waiting : std::exchange(of.asked, {})) waiting->done.ring();
    if (const auto told = of.events.on_end) told(reason);
  }

  void end(const std::string& reason) {
    if (reason_) return;
    reason_ = reason;
    if (stream_) stream_->close();
    const auto all = channels_;
    for (const auto& [number, of] : all) end_channel(*of, reason);
    change_.ring();
    output_.ring();
  }

  executor on_;
  endpoint to_;
  machine machine_;
  std::function<void()> on_block_;
  std::unique_ptr<net::client_tls> tls_;
  std::unique_ptr<net::byte_stream> stream_;
  std::map<std::uint16_t, std::shared_ptr<channel_state>> channels_;
  std::vector<std::uint16_t> closing_;
  std::string server_;
  std::optional<std::string> blocked_, reason_;
  std::size_t sending_ = 0;
  async::event output_, change_;
  async::scope work_;
};

class live_channel final : public channel {
 public:
  live_channel(live_connection& of, std::uint16_t number, std::shared_ptr<channel_state> state)
      : of_(of), number_(number), state_(std::move(state)) {}
  ~live_channel() override { of_.forget(number_); }
  live_channel(const live_channel&) = delete;

  task<> declare_exchange(std::string name, std::string type) override {
    of_.says().declare_exchange(number_, name, type);
    co_await of_.ask(state_);
  }
  task<> delete_exchange(std::string name) override {
    of_.says().delete_exchange(number_, name);
    co_await of_.ask(state_);
  }
  task<std::uint32_t> declare_queue(std::string name, table arguments, bool passive) override {
    of_.says().declare_queue(number_, name, arguments, passive);
    const auto answer = co_await of_.ask(state_);
    co_return answer.ready;
  }
  task<> delete_queue(std::string name) override {
    of_.says().delete_queue(number_, name);
    co_await of_.ask(state_);
  }
  task<> bind(std::string queue, std::string exchange, std::string key) override {
    of_.says().bind(number_, queue, exchange, key);
    co_await of_.ask(state_);
  }
  task<> prefetch(std::uint16_t each_consumer) override {
    of_.says().prefetch(number_, each_consumer);
    co_await of_.ask(state_);
  }
  task<> consume(std::string queue) override {
    of_.says().consume(number_, queue);
    co_await of_.ask(state_);
  }
  task<> ask_confirms() override {
    of_.says().ask_confirms(number_);
    co_await of_.ask(state_);
  }
  std::uint64_t publish(std::string_view exchange, std::string_view key, const content& what) override {
    if (!state_->open) throw broken(state_->reason);
    of_.says().publish(number_, exchange, key, what);
    of_.flush();
    return ++state_->published;
  }
  void acknowledge(std::uint64_t tag) override {
    if (!state_->open) return;  // then the server gives it out again
    of_.says().acknowledge(number_, tag);
    of_.flush();
  }

 private:
  live_connection& of_;
  std::uint16_t number_;
  std::shared_ptr<channel_state> state_;
};

task<std::unique_ptr<channel>> live_connection::open_channel(channel_events events) {
  if (reason_) throw broken(*reason_);
  std::uint16_t number = 1;
  while (channels_.contains(number)) ++number;
  if (number > machine_.most_channels()) throw broken("the server allows no more channels");
  const auto state = std::make_shared<channel_state>();
  state->events = std::move(events);
  channels_[number] = state;
  auto out = std::make_unique<live_channel>(*this, number, state);
  machine_.open_channel(number);
  co_await ask(state);
  co_return out;
}

task<> start_within(live_connection& what, std::chrono::milliseconds limit) {
  std::string wrong;
  try {
    co_await async::within(limit, what.start(limit));
    co_return;
  } catch (const async::timed_out&) {
    wrong = "no answer within " + std::to_string(limit.count()) + " ms";
  } catch (const boost::system::system_error& failure) {
    if (failure.code() == asio::error::operation_aborted) throw;  // we are being stopped
    wrong = failure.code().message();
  } catch (const std::runtime_error& failure) {  // the file of certificates cannot be used
    wrong = failure.what();
  }
  throw broken(wrong);
}

}  // namespace

task<std::unique_ptr<connection>> connect(executor on, endpoint to, std::chrono::milliseconds limit,
                                          std::function<void()> on_block) {
  auto out = std::make_unique<live_connection>(on, std::move(to), std::move(on_block));
  std::exception_ptr failure;
  try {
    co_await start_within(*out, limit);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    // To its end, also when we are cancelled: what a connection has spawned must not outlive it. Asked for
    // here and not in a function: once cancelled, every other await throws.
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await out->close();
    co_await asio::this_coro::reset_cancellation_state();
    std::rethrow_exception(failure);
  }
  co_return out;
}

task<> keep_connected(executor on, link_options options, link_state& state,
                      std::function<task<>(connection&)> session) {
  static std::mt19937 random{std::random_device{}()};
  const auto tell = [&options, &state] {
    if (options.changed) options.changed(state);
  };
  auto pause = options.first_pause;
  for (std::size_t next = 0;; next = (next + 1) % options.addresses.size()) {
    const auto& to = options.addresses[next];
    state.where = to.name();
    std::unique_ptr<connection> link;
    std::exception_ptr other;
    std::string trouble;
    steady::time_point begun;
    try {
      std::function<void()> on_block = [&state, &link, &tell] {
        if (!link) return;
        state.blocked = link->blocked();
        tell();
      };
      link = co_await connect(on, to, options.connect_limit, std::move(on_block));
      begun = steady::now();
      state.connected = true;
      state.blocked = link->blocked();
      state.server = link->server();
      state.trouble.clear();
      ++state.connects;
      tell();
      co_await session(*link);
      trouble = "the connection was given up";
    } catch (const broken& failure) {
      trouble = failure.what();
    } catch (...) {
      other = std::current_exception();
    }
    const bool was = state.connected;
    state.connected = false;
    state.blocked.reset();
    const auto asked = co_await asio::this_coro::cancellation_state;
    const bool stopped = other || asked.cancelled() != asio::cancellation_type::none;
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (link) co_await link->close();
    co_await asio::this_coro::reset_cancellation_state();
    if (other) std::rethrow_exception(other);
    if (stopped) co_return;
    // A connection that is refused what it asks for comes about as well: only one that lasted counts.
    if (was && steady::now() - begun > options.longest_pause) pause = options.first_pause;
    const bool news = was || state.trouble != trouble;
    state.trouble = std::move(trouble);
    if (news) tell();
    std::uniform_int_distribution<std::int64_t> part(pause.count() / 2, pause.count());
    co_await async::sleep_for(std::chrono::milliseconds(part(random)));
    pause = std::min(pause * 2, options.longest_pause);
  }
}

}  // namespace tandem::amqp
