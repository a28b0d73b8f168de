#include "platform/http/server.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <ctime>
#include <list>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/http/gzip.hpp"
#include "platform/http/wire.hpp"
#include "platform/log/log.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/net/address_set.hpp"
#include "platform/net/stream.hpp"
#include "platform/net/tls.hpp"

namespace tandem::http {

namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t small_buffer = 4 << 10, large_buffer = 64 << 10;
constexpr std::size_t joined_body = 16 << 10;       // a smaller body is written together with its head
constexpr std::size_t pipelined_output = 64 << 10;  // answers kept back while more requests are already here
constexpr std::size_t worth_compressing = 1 << 10;
constexpr auto linger_limit = 1s;
constexpr auto tls_look_interval = 2s;

// A passed deadline has cancelled the coroutine; with this it can go on.
auto reset() {
  return boost::asio::this_coro::reset_cancellation_state(boost::asio::enable_terminal_cancellation());
}

bool is_compressible(std::string_view type) {
  return type.starts_with("text/") || type.starts_with("application/json") || type.starts_with("image/svg") ||
         type.starts_with("application/xml") || type.starts_with("application/manifest");
}

bool accepts_gzip(const headers& of) {
  auto list = of.value_or("Accept-Encoding", "");
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto one = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    const auto coding = one.substr(0, one.find(';'));
    if (has_token(coding, "gzip"))
      return one.find("q=0", coding.size()) == std::string_view::npos ||
             one.find("q=0.", coding.size()) != std::string_view::npos;
  }
  return false;
}

// IMF-fixdate, RFC 9110 §5.6.7; made anew once a second.
const std::string& date_now() {
  static std::time_t made = 0;
  static std::string text;
  const auto now = std::time(nullptr);
  if (now != made) {
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char out[40];
    text.assign(out, std::strftime(out, sizeof out, "%a, %d %b %Y %H:%M:%S GMT", &parts));
    made = now;
  }
  return text;
}

// What a connection is doing: decides what a passed deadline and a stop mean for it.
enum class phase { handshake, idle, head, body, handling, streaming, writing, lingering };

struct connection {
  std::unique_ptr<net::byte_stream> stream;
  http::phase phase = http::phase::handshake;
  steady_clock::time_point deadline;
  bool overdue = false;
  std::function<void()> cancel;
};

struct house {
  house(executor executor, std::string its_name, listener_options its_options, const router& its_routes,
        std::chrono::milliseconds its_grace)
      : on(std::move(executor)),
        name(std::move(its_name)),
        options(std::move(its_options)),
        routes(its_routes),
        grace(its_grace),
        came(on),
        left_room(on),
        left(on),
        log_("http." + name) {}

  executor on;
  std::string name;
  listener_options options;
  const router& routes;
  std::chrono::milliseconds grace;
  net::address_set trusted;
  std::unique_ptr<net::server_tls> tls;
  std::unique_ptr<net::acceptor> acceptor;
  std::unique_ptr<async::scope> scope;
  std::list<connection> connections;
  async::event came, left_room, left;  // heard by the deadlines, by the acceptor and by stop()
  bool stopping = false;
  log::logger log_;
  std::map<std::string, std::array<std::optional<metrics::histogram>, 6>, std::less<>>
      times;  // by route and status / 100

  void count(std::string_view route, int status, std::chrono::nanoseconds took) {
    if (options.metrics == nullptr) return;
    auto found = times.find(route);
    if (found == times.end()) found = times.try_emplace(std::string(route)).first;
    const auto kind = static_cast<std::size_t>(std::clamp(status / 100, 0, 5));
    auto& time = found->second[kind];
    if (!time) {
      const metrics::labels with{
          {"listener", name}, {"route", std::string(route)}, {"status", std::to_string(kind) + "xx"}};
      time = options.metrics->histogram("tandem_http_seconds", "Time to answer a request.", with);
    }
    time->observe(took);
  }
};

// A conversation with one client.
class conversation {
 public:
  conversation(std::shared_ptr<house> in, std::list<connection>::iterator me)
      : house_(std::move(in)), me_(me), reader_(limits_of(*house_)), buffer_(small_buffer, '\0') {}
  ~conversation() {
    house_->connections.erase(me_);
    house_->left_room.ring();
    house_->left.ring();
  }
  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;

  static task<> run(std::shared_ptr<house> in, std::list<connection>::iterator me) {
    conversation self(std::move(in), me);
    try {
      co_await self.converse();
    } catch (const boost::system::system_error& gone) {
      // The client went away, was too slow, or the server stops: none of these is news.
      self.house_->log_.debug("connection ended", {{"why", gone.what()}});
    }
  }

 private:
  static wire_limits limits_of(const house& in) {
    wire_limits limits;
    limits.header_bytes = in.options.header_bytes;
    return limits;
  }

  void enter(phase next, std::chrono::nanoseconds limit) {
    me_->phase = next;
    me_->deadline = steady_clock::now() + limit;
  }

  task<> converse() {
    if (house_->tls) {
      auto plain = std::move(me_->stream);
      me_->stream = co_await house_->tls->handshake(std::move(plain));
    }
    enter(phase::idle, house_->options.header_limit);  // whoever connects has something to say
    while (co_await receive()) {
      if (!co_await reply()) break;
      enter(phase::idle, house_->options.idle_limit);
    }
    co_await flush();
    if (linger_) co_await linger();
  }

  // The next whole request in reader_; false: there will be none.
  task<bool> receive() {
    bool head_seen = false;
    while (true) {
      if (unread_.empty()) {
        if (house_->stopping && me_->phase == phase::idle) co_return false;
        const auto late = co_await fill();
        if (late) {
          refuse(json_error(408, "too_slow", "The request took too long to arrive."));
          co_return false;
        }
        if (unread_.empty()) co_return false;
      }
      if (me_->phase == phase::idle) enter(phase::head, house_->options.header_limit);
      auto used = reader_.feed(unread_);
      if (used) unread_.remove_prefix(*used);
      if (used && reader_.has_head() && !head_seen) {
        head_seen = true;
        const auto& message = reader_.message();
        const auto limits = house_->routes.limits_for(message.method, message.target);
        handling_limit_ = limits.handling;
        reader_.limit_body(limits.body);
        used = reader_.feed({});  // finds a body announced as too long before it is sent
        enter(phase::body, house_->options.body_limit);
        if (used && reader_.expects_continue() && !reader_.complete() && unread_.empty()) {
          out_ += "HTTP/1.1 100 Continue\r\n\r\n";
        }
      }
      if (!used) {
        refuse(refusal(used.error()));
        co_return false;
      }
      if (reader_.complete()) co_return true;
    }
  }

  static response refusal(wire_fault fault) {
    switch (fault) {
      case wire_fault::malformed: return json_error(400, "bad_request", "The request is malformed.");
      case wire_fault::header_too_large:
        return json_error(431, "header_too_large", "The headers are too large.");
      case wire_fault::body_too_large: return json_error(413, "body_too_large", "The body is too large.");
      case wire_fault::version_unknown: return json_error(505, "version_unknown", "Please speak HTTP/1.1.");
      case wire_fault::coding_unknown: break;
    }
    return json_error(501, "coding_unknown", "This transfer coding is not known here.");
  }

  // Reads more into unread_, empty at the end of the stream. True: it came too late.
  task<bool> fill() {
    co_await flush();
    std::size_t got = 0;
    try {
      got = co_await me_->stream->read_some(std::span(buffer_));
    } catch (const boost::system::system_error&) {
      if (!me_->overdue || me_->phase == phase::idle) throw;
    }
    if (me_->overdue) {
      co_await reset();  // here and not in a coroutine of its own: a cancelled one can await none
      me_->overdue = false;
      co_return true;
    }
    if (got == buffer_.size() && got < large_buffer) {
      std::string larger(large_buffer, '\0');
      larger.replace(0, got, buffer_, 0, got);
      buffer_.swap(larger);
    }
    unread_ = std::string_view(buffer_.data(), got);
    co_return false;
  }

  task<> flush() {
    if (out_.empty()) co_return;
    co_await me_->stream->write_all(out_);
    out_.clear();
    if (out_.capacity() > large_buffer) out_.shrink_to_fit();
  }

  // Answers what cannot be answered by a handler; the connection ends.
  void refuse(response with) {
    write_head(with, false, true, with.body.size());
    out_ += with.body;
    linger_ = true;
  }

  // A closed socket with unread input is a reset, which may overtake the answer: so the input is read over.
  task<> linger() {
    enter(phase::lingering, linger_limit);
    co_await me_->stream->end_writing();
    while (co_await me_->stream->read_some(std::span(buffer_)) > 0) {
    }
  }

  // Who is really asking, and how: the proxies that we trust have put it into the headers.
  void note_client(request& what) const {
    what.peer = me_->stream->peer();
    what.encrypted = me_->stream->encrypted();
    if (house_->trusted.empty() || !house_->trusted.contains(what.peer)) return;
    if (const auto proto = what.headers.find("X-Forwarded-Proto"))
      what.encrypted = has_token(*proto, "https");
    std::string chain;
    for (const auto& [key, value] : what.headers) {
      if (same_name(key, "X-Forwarded-For")) chain.append(chain.empty() ? "" : ",").append(value);
    }
    // From the right: each proxy appended whom it saw; the first that we do not trust is the client.
    for (std::string_view left = chain; !left.empty();) {
      const auto comma = left.rfind(',');
      auto hop = comma == std::string_view::npos ? left : left.substr(comma + 1);
      left = comma == std::string_view::npos ? std::string_view{} : left.substr(0, comma);
      while (hop.starts_with(' ')) hop.remove_prefix(1);
      while (hop.ends_with(' ')) hop.remove_suffix(1);
      if (hop.empty()) continue;
      what.peer = hop;
      if (!house_->trusted.contains(hop)) break;
    }
  }

  void write_head(const response& what, bool chunked, bool close, std::size_t size) {
    const auto before = out_.size();
    try {
      write_response_head(out_, what.status, what.headers);
    } catch (...) {
      out_.resize(before);
      throw;
    }
    out_.append("Date: ").append(date_now()).append("\r\n");
    if (chunked) {
      out_ += "Transfer-Encoding: chunked\r\n";
    } else if (!what.stream && what.status != 204 && what.status != 304) {
      out_.append("Content-Length: ").append(std::to_string(size)).append("\r\n");
    }
    if (close) out_ += "Connection: close\r\n";
    out_ += "\r\n";
  }

  // The one place where an exception of a handler ends.
  task<response> handled(request what, std::string_view label) {
    std::exception_ptr failure;
    try {
      auto answer = co_await house_->routes.answer(std::move(what));
      if (me_->overdue) co_await reset();  // late, but here
      me_->overdue = false;
      co_return answer;
    } catch (...) {
      failure = std::current_exception();
    }
    if (me_->overdue) {
      co_await reset();
      me_->overdue = false;
      house_->log_.error("request took too long", {{"route", label}});
      co_return json_error(503, "too_slow", "This takes too long. Please try again.");
    }
    const auto cancelled = co_await boost::asio::this_coro::cancellation_state;
    if (cancelled.cancelled() != boost::asio::cancellation_type::none)
      std::rethrow_exception(failure);  // a stop
    house_->log_.error("request failed", failure, {{"route", label}});
    co_return json_error(500, "internal", "Something went wrong on our side.");
  }

  // Answers the request in reader_; false: the connection ends.
  task<bool> reply() {
    auto asked = reader_.take();
    const bool head_only = asked.method == "HEAD";
    const bool http11 = reader_.http11();
    const bool gzip_welcome = house_->options.compress && accepts_gzip(asked.headers);
    note_client(asked);
    const auto label = house_->routes.name_of(asked.method, asked.target);
    const auto begun = steady_clock::now();
    enter(phase::handling, handling_limit_);
    auto answer = co_await handled(std::move(asked), label);
    house_->count(label, answer.status, steady_clock::now() - begun);
    enter(phase::writing, house_->options.idle_limit);

    bool close = !reader_.keep_alive() || house_->stopping;
    if (answer.stream && !http11)
      close = linger_ = true;  // the end of the connection ends the body: with a goodbye
    if (!answer.stream && gzip_welcome && answer.body.size() > worth_compressing &&
        is_compressible(answer.headers.value_or("Content-Type", "")) &&
        !answer.headers.find("Content-Encoding")) {
      answer.body = gzip(answer.body);
      answer.headers.add("Content-Encoding", "gzip");
      answer.headers.add("Vary", "Accept-Encoding");
    }
    try {
      write_head(answer, answer.stream && http11, close, answer.body.size());
    } catch (const std::invalid_argument&) {
      house_->log_.error("request failed", std::current_exception());
      answer = json_error(500, "internal", "Something went wrong on our side.");
      write_head(answer, false, close, answer.body.size());
    }
    if (head_only) co_return !close;
    if (answer.stream) {
      co_await flush();
      co_await stream_body(answer, http11);
      co_return !close;
    }
    if (answer.status == 204 || answer.status == 304) co_return !close;
    if (answer.body.size() <= joined_body) {
      out_ += answer.body;
    } else {
      co_await me_->stream->write_all(out_, answer.body);
      out_.clear();
    }
    if (out_.size() > pipelined_output) co_await flush();
    co_return !close;
  }

  class body_writer final : public stream_writer {
   public:
    body_writer(conversation& in, bool chunked) : in_(in), chunked_(chunked) {}
    task<> write(std::string_view bytes) override {
      if (bytes.empty()) co_return;  // an empty chunk would end the body
      std::string piece;
      if (chunked_) {
        write_chunk(piece, bytes);
        bytes = piece;
      }
      in_.me_->phase = phase::writing;
      in_.me_->deadline = steady_clock::now() + in_.house_->options.idle_limit;
      co_await in_.me_->stream->write_all(bytes);
      in_.me_->phase = phase::streaming;
    }

   private:
    conversation& in_;
    bool chunked_;
  };

  // A body that breaks off ends the connection, so that the client sees that it is not whole.
  task<> stream_body(response& answer, bool chunked) {
    me_->phase = phase::streaming;
    if (house_->stopping) throw boost::system::system_error(boost::asio::error::operation_aborted);
    body_writer writer(*this, chunked);
    try {
      co_await answer.stream(writer);
    } catch (const boost::system::system_error&) {
      throw;  // the client has gone, or the server stops
    } catch (...) {
      house_->log_.error("stream failed", std::current_exception());
      throw boost::system::system_error(boost::asio::error::connection_aborted);
    }
    if (chunked) out_ += "0\r\n\r\n";
    enter(phase::writing, house_->options.idle_limit);
  }

  std::shared_ptr<house> house_;
  std::list<connection>::iterator me_;
  request_reader reader_;
  std::string buffer_;
  std::string_view unread_;                     // in buffer_
  std::string out_;                             // what is yet to be written
  std::chrono::milliseconds handling_limit_{};  // of the request in work
  bool linger_ = false;
};

task<> take_connections(std::shared_ptr<house> in) {
  while (!in->stopping) {
    while (in->connections.size() >= in->options.max_connections) co_await in->left_room.wait();
    std::unique_ptr<net::byte_stream> stream;
    std::exception_ptr failure;
    try {
      stream = co_await in->acceptor->accept();
    } catch (const boost::system::system_error& error) {
      if (error.code() == boost::asio::error::operation_aborted || in->stopping) co_return;
      failure = std::current_exception();
    }
    if (failure) {
      // Out of file descriptors, say: pass a moment, some connection will end.
      in->log_.error("cannot take a connection", failure);
      co_await async::sleep_for(100ms);
      continue;
    }
    if (in->stopping) co_return;
    auto& added = in->connections.emplace_back();
    added.stream = std::move(stream);
    added.deadline = steady_clock::now() + in->options.header_limit;
    added.cancel =
        in->scope->spawn_cancellable("connection", conversation::run(in, std::prev(in->connections.end())));
    in->came.ring();
  }
}

// One look at all deadlines instead of a timer per request; also for streams whose client has silently gone.
void look_at_deadlines(house& in) {
  const auto now = steady_clock::now();
  for (auto at = in.connections.begin(); at != in.connections.end();) {
    auto& one = *at++;
    if (one.phase == phase::streaming) {
      if (!one.stream->usable()) one.cancel();
    } else if (now >= one.deadline) {
      one.overdue = true;
      one.cancel();
    }
  }
}

std::chrono::milliseconds look_interval(const listener_options& options) {
  const auto shortest = std::min({options.header_limit, options.body_limit, options.idle_limit});
  return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(100));
}

task<> keep_deadlines(std::shared_ptr<house> in) {
  const auto interval = look_interval(in->options);
  while (true) {
    while (in->connections.empty()) co_await in->came.wait();
    co_await async::sleep_for(interval);
    look_at_deadlines(*in);
  }
}

task<> keep_certificate(std::shared_ptr<house> in) {
  while (true) {
    co_await async::sleep_for(tls_look_interval);
    try {
      if (in->tls->reload_if_changed()) in->log_.info("new certificate in use");
    } catch (const std::exception&) {
      in->log_.error("new certificate cannot be used", std::current_exception());
    }
  }
}

class own_server final : public server {
 public:
  own_server(executor on, std::string name, listener_options options, const router& routes,
             std::chrono::milliseconds grace)
      : house_(std::make_shared<house>(std::move(on), std::move(name), std::move(options), routes, grace)) {}
  ~own_server() override {
    house_->stopping = true;
    house_->scope.reset();
  }

  std::string_view name() const override { return house_->name; }
  std::uint16_t port() const override { return house_->acceptor ? house_->acceptor->port() : 0; }

  task<> start() override {
    auto& in = *house_;
    if (in.scope) co_return;
    if (const auto fine = check_listener(in.options); !fine)
      throw std::runtime_error(in.name + ": " + fine.error());
    in.trusted = net::address_set::parse(in.options.trusted_proxies).value();
    if (!in.options.certificate_file.empty()) {
      in.tls = net::make_server_tls(in.options.certificate_file, in.options.key_file);
    }
    in.acceptor = net::listen_tcp(in.on, in.options.address, in.options.port);
    in.stopping = false;
    in.scope = std::make_unique<async::scope>(
        in.on, [room = in.log_](std::string_view task, std::exception_ptr why) {
          room.error("task failed", why, {{"task", task}});
        });
    in.scope->spawn("accept", take_connections(house_));
    in.scope->spawn("deadlines", keep_deadlines(house_));
    if (in.tls) in.scope->spawn("certificate", keep_certificate(house_));
    in.log_.info("listening", {{"address", in.options.address}, {"port", in.acceptor->port()}});
  }

  task<> stop() override {
    const auto in = house_;
    if (!in->scope) co_return;
    in->stopping = true;
    in->acceptor->close();
    const auto until = steady_clock::now() + in->grace;
    while (!in->connections.empty() && steady_clock::now() < until) {
      for (auto at = in->connections.begin(); at != in->connections.end();) {
        auto& one = *at++;
        if (one.phase == phase::idle || one.phase == phase::streaming || one.phase == phase::handshake)
          one.cancel();
      }
      co_await in->left.wait_for(20ms);
    }
    co_await in->scope->stop();
    in->scope.reset();
  }

  async::health state() const override {
    const bool ready = house_->scope && !house_->stopping;
    if (!ready) return {false, "not listening"};
    return {true, "port " + std::to_string(port()) + ", " + std::to_string(house_->connections.size()) +
                      " connections"};
  }

 private:
  std::shared_ptr<house> house_;
};

}  // namespace

std::expected<void, std::string> check_listener(const listener_options& options) {
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return std::unexpected("a certificate and its key belong together: set both or none");
  }
  if (const auto proxies = net::address_set::parse(options.trusted_proxies); !proxies) {
    return std::unexpected("\"" + proxies.error() + "\" is no address and no network like 10.0.0.0/8");
  }
  if (net::is_loopback(options.address) || !options.certificate_file.empty() ||
      !options.trusted_proxies.empty()) {
    return {};
  }
  return std::unexpected(
      options.address +
      " can be reached from outside: set a certificate and its key, or the addresses of the "
      "proxies that do TLS, or listen on 127.0.0.1");
}

std::unique_ptr<server> make_server(executor on, std::string name, listener_options options,
                                    const router& routes, std::chrono::milliseconds grace) {
  return std::make_unique<own_server>(std::move(on), std::move(name), std::move(options), routes, grace);
}

}  // namespace tandem::http
