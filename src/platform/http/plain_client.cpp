#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <deque>
#include <list>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/http/client.hpp"
#include "platform/http/url.hpp"
#include "platform/http/wire.hpp"
#include "platform/log/log.hpp"
#include "platform/net/stream.hpp"
#include "platform/net/tls.hpp"

namespace tandem::http {

namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t buffer_size = 8 << 10;
constexpr auto busy_look = 500ms;  // at most between two looks at the deadlines while requests are in work
constexpr auto soonest_look = 20ms;
constexpr auto idle_look = 5s;
constexpr auto idle_limit = 50s;  // shorter than what servers usually allow, so that it is we who close
constexpr int most_redirects = 5;
constexpr std::size_t joined_body = 8 << 10;

// A connection to a host, and the exchange that is going on in it.
struct link {
  link() : reader(wire_limits{}), buffer(buffer_size, '\0') {}
  std::unique_ptr<net::byte_stream> stream;
  response_reader reader;
  std::string buffer;
  std::string head;                   // of the request
  steady_clock::time_point deadline;  // of the exchange; since when it is idle, in the pool
  bool used = false;                  // there was an exchange before
  std::uint64_t free_since = 0;       // the turn of the loop in which it came back into the pool
  bool overdue = false;
};

struct host {
  std::string name, authority;
  std::uint16_t port = 0;
  bool tls = false;
  std::vector<std::unique_ptr<link>> idle;
  int open = 0;
  std::deque<async::event*> waiting;  // for a free connection, first come first served

  void wake_next() {
    if (waiting.empty()) return;
    auto* first = waiting.front();
    waiting.pop_front();
    first->ring();
  }
};

struct hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

struct pool {
  pool(executor executor, client_options its_options)
      : on(executor), options(std::move(its_options)), earlier(on) {}

  executor on;
  client_options options;
  std::unique_ptr<net::client_tls> tls;
  std::unordered_map<std::string, host, hash, std::equal_to<>> hosts;  // by origin; a host never moves
  std::list<link*> in_work;
  steady_clock::time_point next_look = steady_clock::time_point::max();
  async::event earlier;  // there is something to look at before next_look

  // Counts turns of the loop, while connections come back.
  std::uint64_t turn = 0;
  bool turn_ends = false;
};

// A place in the pool of a host, with a connection in it or without one yet.
class lease {
 public:
  lease(const std::shared_ptr<pool>& of, host& at) : pool_(of), host_(at) { ++host_.open; }
  ~lease() {
    drop();
    --host_.open;
    host_.wake_next();
  }
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;

  link& operator*() const { return *link_; }
  link* operator->() const { return link_.get(); }
  bool connected() const { return link_ != nullptr; }

  void take_idle() {
    while (!link_ && !host_.idle.empty()) {
      auto last = std::move(host_.idle.back());
      host_.idle.pop_back();
      // What came back in this very turn has not been listened to since: there is nothing to find out.
      if (last->free_since == pool_->turn || last->stream->usable()) link_ = std::move(last);
    }
  }
  void take(std::unique_ptr<link> fresh) { link_ = std::move(fresh); }
  void begin(steady_clock::time_point deadline) {
    link_->deadline = deadline;
    link_->overdue = false;
    working_ = pool_->in_work.insert(pool_->in_work.end(), link_.get());
    listed_ = true;
    if (deadline < pool_->next_look) pool_->earlier.ring();
  }
  void give_back() {
    end();
    link_->used = true;
    link_->deadline = steady_clock::now();
    link_->free_since = pool_->turn;
    if (!pool_->turn_ends) {
      pool_->turn_ends = true;
      boost::asio::post(pool_->on, [of = pool_] {
        ++of->turn;
        of->turn_ends = false;
      });
    }
    if (pool_->next_look == steady_clock::time_point::max()) pool_->earlier.ring();
    host_.idle.push_back(std::move(link_));
  }
  void drop() {
    end();
    link_.reset();
  }

 private:
  void end() {
    if (listed_) pool_->in_work.erase(working_);
    listed_ = false;
  }
  const std::shared_ptr<pool>& pool_;
  host& host_;
  std::unique_ptr<link> link_;
  std::list<link*>::iterator working_;
  bool listed_ = false;
};

// A turn in the line for a connection; hands an unused ring on.
struct waiter {
  waiter(const executor& on, host& at) : bell(on), place(at) {}
  ~waiter() {
    if (std::erase(place.waiting, &bell) == 0 && !satisfied) place.wake_next();
  }
  async::event bell;
  host& place;
  bool satisfied = false;
};

task<> keep_deadlines(std::shared_ptr<pool> in) {
  while (true) {
    const auto now = steady_clock::now();
    auto next = steady_clock::time_point::max();
    for (auto* one : in->in_work) {
      if (one->deadline <= now && !one->overdue) {
        one->overdue = true;
        one->stream->close();  // its read or write ends with an error
      } else {
        next = std::min(next, one->deadline);
      }
    }
    if (!in->in_work.empty()) next = std::min(next, now + busy_look);
    for (auto& [origin, place] : in->hosts) {
      std::erase_if(place.idle, [&](const auto& one) { return now - one->deadline > idle_limit; });
      if (!place.idle.empty()) next = std::min(next, now + idle_look);
    }
    if (next != steady_clock::time_point::max()) next = std::max(next, now + soonest_look);
    in->next_look = next;
    if (next == steady_clock::time_point::max()) {
      co_await in->earlier.wait();
    } else {
      co_await in->earlier.wait_for(next - now);
    }
  }
}

class plain_client final : public client {
 public:
  plain_client(executor on, client_options options)
      : pool_(std::make_shared<pool>(on, std::move(options))),
        scope_(on, [](std::string_view task, std::exception_ptr why) {
          log::logger("http.client").error("task failed", why, {{"task", task}});
        }) {
    if (!pool_->options.proxy.empty()) throw std::invalid_argument("this client knows no proxies");
    scope_.spawn("deadlines", keep_deadlines(pool_));
  }
  ~plain_client() override {
    for (auto& [origin, place] : pool_->hosts) place.idle.clear();
  }

  task<response> send(fetch what) override {
    const auto until = steady_clock::now() + what.limit;
    if (!what.headers.find("User-Agent")) what.headers.add("User-Agent", pool_->options.user_agent);
    if (!what.follow_redirects) return answer_of(pool_, std::move(what), until);
    return follow_to_the_end(pool_, std::move(what), until);
  }

 private:
  static task<response> follow_to_the_end(std::shared_ptr<pool> pool, fetch what,
                                          steady_clock::time_point until) {
    for (int redirects = 0;; ++redirects) {
      auto answer = co_await answer_of(pool, what, until);
      const bool moved = answer.status == 301 || answer.status == 302 || answer.status == 303 ||
                         answer.status == 307 || answer.status == 308;
      const auto to = answer.headers.find("Location");
      if (!moved || !to || (what.method != "GET" && what.method != "HEAD")) {
        co_return answer;
      }
      if (redirects == most_redirects) throw no_answer("too many redirects", true, false);
      follow(what, *to);
    }
  }

  static void follow(fetch& what, std::string_view to) {
    const auto old = parse_url(what.url);
    if (to.starts_with('/') && !to.starts_with("//")) {
      what.url = std::string(old->origin).append(to);
      return;
    }
    const auto next = parse_url(to);
    if (!next || (old->tls && !next->tls)) throw no_answer("a redirect that cannot be followed", true, false);
    if (next->origin != old->origin) {
      headers kept;  // whatever authorises is meant for the first host only
      for (const auto& [name, value] : what.headers) {
        if (!same_name(name, "Authorization") && !same_name(name, "Cookie")) kept.add(name, value);
      }
      what.headers = std::move(kept);
    }
    what.url = to;
  }

  static host& host_of(pool& in, const url& to) {
    const auto found = in.hosts.find(to.origin);
    if (found != in.hosts.end()) return found->second;
    auto& made = in.hosts[std::string(to.origin)];
    made.name = to.host;
    made.authority = to.authority;
    made.port = to.port;
    made.tls = to.tls;
    return made;
  }

  static std::chrono::nanoseconds left(steady_clock::time_point until) {
    return std::max<std::chrono::nanoseconds>(until - steady_clock::now(), 0ns);
  }

  // The pool outlives the client while there are requests.
  static task<response> answer_of(std::shared_ptr<pool> held, fetch what, steady_clock::time_point until) {
    auto& in = *held;
    const auto to = parse_url(what.url);
    if (!to) throw no_answer("not an address of http or https", false, false);
    auto& place = host_of(in, *to);
    const bool idempotent = what.method == "GET" || what.method == "HEAD" || what.method == "PUT" ||
                            what.method == "DELETE" || what.method == "OPTIONS";
    if (place.open >= in.options.connections_per_host) co_await free_place(in, place, until);
    lease mine(held, place);
    for (bool fresh = false;; fresh = true) {
      if (!fresh) mine.take_idle();
      if (!mine.connected()) {
        auto made = co_await connect(in, place, what, until);
        mine.take(std::move(made));
      }
      bool sent = false;
      std::string failure;
      mine.begin(until);
      try {
        co_await exchange(in, *mine, place, what, *to, sent);
        auto answer = mine->reader.take();
        if (mine->reader.keep_alive()) mine.give_back();
        co_return answer;
      } catch (const boost::system::system_error& error) {
        failure = error.code().message();
      }
      const auto cancelled = co_await boost::asio::this_coro::cancellation_state;
      if (cancelled.cancelled() != boost::asio::cancellation_type::none) {
        throw boost::system::system_error(boost::asio::error::operation_aborted);
      }
      if (mine->overdue) throw no_answer("no answer in time from " + place.authority, true, true);
      // The server may have ended the kept connection before it saw the request.
      const bool once_more = mine->used && !mine->reader.begun() && (!sent || idempotent);
      mine.drop();
      if (!once_more)
        throw no_answer("the connection to " + place.authority + " broke: " + failure, true, false);
    }
  }

  static task<> free_place(pool& in, host& place, steady_clock::time_point until) {
    waiter turn(in.on, place);
    while (place.open >= in.options.connections_per_host) {
      place.waiting.push_back(&turn.bell);
      const bool rung = co_await turn.bell.wait_for(left(until));
      if (!rung) throw no_answer("no free connection to " + place.authority + " in time", false, true);
    }
    turn.satisfied = true;
  }

  static task<std::unique_ptr<link>> connect(pool& in, host& place, const fetch& what,
                                             steady_clock::time_point until) {
    const auto limit = std::min<std::chrono::nanoseconds>(what.connect_limit, left(until));
    std::string failure;
    bool late = false;
    try {
      auto work = open_stream(in, place, limit);
      auto made = std::make_unique<link>();
      made->stream = co_await async::within(limit, std::move(work));
      co_return made;
    } catch (const async::timed_out&) {
      late = true;
      failure = "no connection in time";
    } catch (const boost::system::system_error& error) {
      if (error.code() == boost::asio::error::operation_aborted) throw;
      failure = error.code().message();
    }
    throw no_answer("cannot connect to " + place.authority + ": " + failure, false, late);
  }

  static task<std::unique_ptr<net::byte_stream>> open_stream(pool& in, host& place,
                                                             std::chrono::nanoseconds limit) {
    auto stream = co_await net::connect_tcp(place.name, place.port, limit);
    if (!place.tls) co_return stream;
    if (!in.tls) in.tls = net::make_client_tls(in.options.ca_file);
    co_return co_await in.tls->handshake(std::move(stream), place.name);
  }

  // One request and its answer. `sent` becomes true once the server may have the whole of the request.
  static task<> exchange(pool& of, link& in, const host& place, const fetch& what, const url& to,
                         bool& sent) {
    in.head.clear();
    write_request_head(in.head, what.method, to, place.authority, what);
    // One buffer is cheaper for the system than two.
    const bool joined = what.body.size() <= joined_body;
    if (joined) in.head += what.body;
    in.reader.expect(what.method == "HEAD", what.max_body);
    std::exception_ptr unwritten;
    // What has come in is looked at first, so that requests leave together: a server on this machine is woken
    // once for all of them and not for each, which costs more than the request itself.
    co_await boost::asio::post(of.on, boost::asio::deferred);
    try {
      const auto rest = std::string_view(in.head).substr(in.stream->write_now(in.head));
      if (!rest.empty() || !joined)
        co_await in.stream->write_all(rest, joined ? std::string_view{} : std::string_view(what.body));
      sent = true;
    } catch (const boost::system::system_error&) {
      // A server that refuses a large body answers and closes before it has read all of it.
      if (what.body.empty() || in.overdue) throw;
      unwritten = std::current_exception();
    }
    // The others leave before this one's answer is asked for: by then it may be there, and nothing is read in
    // vain.
    co_await boost::asio::post(of.on, boost::asio::deferred);
    while (!in.reader.complete()) {
      std::size_t got = 0;
      try {
        got = co_await in.stream->read_some(std::span(in.buffer));
      } catch (const boost::system::system_error&) {
        if (unwritten) std::rethrow_exception(unwritten);
        throw;
      }
      if (got == 0) {
        if (in.reader.end()) break;
        throw boost::system::system_error(boost::asio::error::eof);
      }
      const auto used = in.reader.feed(std::string_view(in.buffer.data(), got));
      if (!used) {
        throw no_answer(used.error() == wire_fault::body_too_large
                            ? "the answer of " + place.authority + " is too large"
                            : place.authority + " does not answer in HTTP/1.1",
                        true, false);
      }
      if (*used < got) in.reader.distrust();  // more than one answer for one request
    }
    if (unwritten) in.reader.distrust();
  }

  static void write_request_head(std::string& out, std::string_view method, const url& to,
                                 std::string_view authority, const fetch& what) {
    std::string_view target = to.target.empty() ? std::string_view("/") : to.target;
    if (target.starts_with('?')) {
      const auto with_slash = "/" + std::string(target);
      http::write_request_head(out, method, with_slash, authority, what.headers, what.body.size());
    } else {
      http::write_request_head(out, method, target, authority, what.headers, what.body.size());
    }
  }

  std::shared_ptr<pool> pool_;
  async::scope scope_;
};

}  // namespace

std::unique_ptr<client> make_plain_client(executor on, client_options options) {
  return std::make_unique<plain_client>(std::move(on), std::move(options));
}

}  // namespace tandem::http
