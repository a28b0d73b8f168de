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
constexpr std::size_t most_riders = 3;  // requests behind another one on its connection

struct rider;

// A connection to a host, and the exchange that is going on in it.
struct link {
  link() : reader(wire_limits{}), buffer(buffer_size, '\0') {}
  ~link();  // leaves its riders behind
  std::unique_ptr<net::byte_stream> stream;
  response_reader reader;
  std::string buffer;
  std::string_view rest;              // of the buffer: what came behind the last answer
  std::string head;                   // of the requests, and their bodies if they are small
  std::deque<rider*> riders;          // in the order of their requests; null: it has given up
  bool sent = false;                  // the server may have the whole of all requests
  bool ended_well = false;            // the server said that it takes in nothing after this answer
  steady_clock::time_point deadline;  // of the exchange; since when it is idle, in the pool
  bool used = false;                  // there was an exchange before
  std::uint64_t free_since = 0;       // the turn of the loop in which it came back into the pool
  bool overdue = false;
};

struct waiter;

struct host {
  std::string name, authority;
  std::uint16_t port = 0;
  bool tls = false;
  std::vector<std::unique_ptr<link>> idle;
  int open = 0;
  std::deque<waiter*> waiting;  // for a free connection, first come first served
  std::deque<link*> boarding;   // written in this turn of the loop, behind which others may be written

  void wake_next();
  void wake_riders();
};

// A turn in the line for a connection; hands an unused ring on.
struct waiter {
  waiter(const executor& on, host& at, bool may_ride) : bell(on), place(at), rides(may_ride) {}
  ~waiter() {
    if (std::erase(place.waiting, this) == 0 && !satisfied) place.wake_next();
  }
  async::event bell;
  host& place;
  bool rides;
  bool satisfied = false;
};

void host::wake_next() {
  if (waiting.empty()) return;
  auto* first = waiting.front();
  waiting.pop_front();
  first->bell.ring();
}

// Those who wait and may ride behind the connection that has just begun to board.
void host::wake_riders() {
  std::size_t woken = 0;
  std::erase_if(waiting, [&](waiter* one) {
    if (!one->rides || woken == most_riders) return false;
    ++woken;
    one->bell.ring();
    return true;
  });
}

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
  lease(std::shared_ptr<pool> of, host& at) : pool_(std::move(of)), host_(at) { ++host_.open; }
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
  // To be called when this request's answer has come: the next one's turn, if there is one, or the pool.
  static void pass_on(std::unique_ptr<lease> mine);
  void drop() {
    end();
    link_.reset();
  }

 private:
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
  void end() {
    if (listed_) pool_->in_work.erase(working_);
    listed_ = false;
  }
  std::shared_ptr<pool> pool_;
  host& host_;
  std::unique_ptr<link> link_;
  std::list<link*>::iterator working_;
  bool listed_ = false;
};

// A request that was written behind another one, on its connection.
struct rider {
  explicit rider(const executor& on) : bell(on) {}
  async::event bell;
  std::unique_ptr<lease> turn;  // all answers before its own have come
  bool left_behind = false;     // the connection ended before
  bool sent = false;            // left behind, and the server may have taken the request in
};

link::~link() {
  for (auto* one : riders) {
    if (!one) continue;
    one->left_behind = true;
    one->sent = sent && !ended_well;
    one->bell.ring();
  }
}

void lease::pass_on(std::unique_ptr<lease> mine) {
  auto& at = *mine->link_;
  if (!at.reader.keep_alive()) return;
  if (at.riders.empty()) {
    mine->give_back();
  } else if (auto* next = at.riders.front()) {
    at.riders.pop_front();
    mine->end();
    at.used = true;
    next->turn = std::move(mine);
    next->bell.ring();
  }  // else the answer to nobody's question would come next: the connection ends here
}

// While it lives, others may be written behind the request.
class boarding {
 public:
  boarding(host& at, link& what, bool open) : host_(at), link_(what) {
    if (!open) return;
    host_.boarding.push_back(&link_);
    if (!host_.waiting.empty()) host_.wake_riders();
  }
  ~boarding() { std::erase(host_.boarding, &link_); }
  boarding(const boarding&) = delete;
  boarding& operator=(const boarding&) = delete;

 private:
  host& host_;
  link& link_;
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
    what.pipeline = what.pipeline && what.method != "HEAD" && what.body.size() <= joined_body;
    const bool idempotent = what.method == "GET" || what.method == "HEAD" || what.method == "PUT" ||
                            what.method == "DELETE" || what.method == "OPTIONS";
    std::unique_ptr<lease> mine;
    bool written = false;  // behind another request, so that only the answer is missing
    while (!mine && place.open >= in.options.connections_per_host) {
      if (what.pipeline && !place.boarding.empty()) {
        mine = co_await ride(in, place, what, *to, until);
        written = mine != nullptr;
      } else {
        co_await wait_in_line(in, place, what.pipeline, until);
      }
    }
    if (!mine) mine = std::make_unique<lease>(held, place);
    for (bool fresh = false;; fresh = true) {
      if (!fresh && !written) mine->take_idle();
      if (!mine->connected()) {
        auto made = co_await connect(in, place, what, until);
        mine->take(std::move(made));
      }
      std::string failure;
      const std::exception_ptr nothing;
      mine->begin(until);
      auto& at = **mine;
      at.reader.expect(what.method == "HEAD", what.max_body);
      try {
        if (written) {
          co_await read_answer(at, place, nothing);
        } else {
          co_await exchange(in, at, place, what, *to);
        }
        auto answer = at.reader.take();
        lease::pass_on(std::move(mine));
        co_return answer;
      } catch (const boost::system::system_error& error) {
        failure = error.code().message();
      }
      const auto cancelled = co_await boost::asio::this_coro::cancellation_state;
      if (cancelled.cancelled() != boost::asio::cancellation_type::none) {
        throw boost::system::system_error(boost::asio::error::operation_aborted);
      }
      if (at.overdue) throw no_answer("no answer in time from " + place.authority, true, true);
      // The server may have ended the kept connection before it saw the request.
      const bool once_more = at.used && !at.reader.begun() && (!at.sent || idempotent);
      mine->drop();
      written = false;
      if (!once_more)
        throw no_answer("the connection to " + place.authority + " broke: " + failure, true, false);
    }
  }

  static task<> wait_in_line(pool& in, host& place, bool may_ride, steady_clock::time_point until) {
    waiter turn(in.on, place, may_ride);
    place.waiting.push_back(&turn);
    while (true) {
      const bool rung = co_await turn.bell.wait_for(left(until));
      if (!rung) throw no_answer("no free connection to " + place.authority + " in time", false, true);
      if (place.open < in.options.connections_per_host || (may_ride && !place.boarding.empty())) break;
      place.waiting.push_front(&turn);  // somebody was quicker
    }
    turn.satisfied = true;
  }

  // Written behind another request: the connection when it is this one's turn to read, nothing when the
  // server has certainly not taken the request in.
  static task<std::unique_ptr<lease>> ride(pool& in, host& place, const fetch& what, const url& to,
                                           steady_clock::time_point until) {
    auto* const at = place.boarding.front();
    place.boarding.pop_front();
    rider me(in.on);
    at->riders.push_back(&me);
    if (at->riders.size() < most_riders) place.boarding.push_back(at);  // all are filled alike
    write_request_head(at->head, what.method, to, place.authority, what);
    at->head += what.body;
    bool rung = false;
    try {
      rung = co_await me.bell.wait_for(left(until));
    } catch (...) {
      give_up(*at, me);
      throw;
    }
    if (!rung) {
      give_up(*at, me);
      throw no_answer("no answer in time from " + place.authority, true, true);
    }
    if (me.left_behind && me.sent)
      throw no_answer("the connection to " + place.authority + " broke before the answer", true, false);
    co_return std::move(me.turn);
  }
  // `at` is gone when the rider has been told so.
  static void give_up(link& at, rider& me) {
    if (me.left_behind || me.turn) return;
    std::ranges::replace(at.riders, &me, static_cast<rider*>(nullptr));
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

  // The requests to be written at once, this one and those that ride behind it, and the answer to this one.
  static task<> exchange(pool& of, link& in, host& place, const fetch& what, const url& to) {
    in.head.clear();
    in.rest = {};
    in.sent = in.ended_well = false;
    write_request_head(in.head, what.method, to, place.authority, what);
    // One buffer is cheaper for the system than two.
    const bool joined = what.body.size() <= joined_body;
    if (joined) in.head += what.body;
    std::exception_ptr unwritten;
    {
      const boarding open_to_others(place, in, what.pipeline);
      // What has come in is looked at first, so that requests leave together: a server on this machine is
      // woken once for all of them and not for each, which costs more than the request itself.
      co_await boost::asio::post(of.on, boost::asio::deferred);
    }
    try {
      const auto rest = std::string_view(in.head).substr(in.stream->write_now(in.head));
      if (!rest.empty() || !joined)
        co_await in.stream->write_all(rest, joined ? std::string_view{} : std::string_view(what.body));
      in.sent = true;
    } catch (const boost::system::system_error&) {
      // A server that refuses a large body answers and closes before it has read all of it.
      if (what.body.empty() || in.overdue) throw;
      unwritten = std::current_exception();
      in.sent = true;  // of those behind it, nobody can say
    }
    // The others leave before this one's answer is asked for: by then it may be there, and nothing is read in
    // vain.
    co_await boost::asio::post(of.on, boost::asio::deferred);
    co_await read_answer(in, place, unwritten);
  }

  // `unwritten` is thrown if there is no answer either.
  static task<> read_answer(link& in, const host& place, std::exception_ptr unwritten) {
    while (!in.reader.complete()) {
      if (in.rest.empty()) {
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
        in.rest = std::string_view(in.buffer.data(), got);
      }
      const auto used = in.reader.feed(in.rest);
      if (!used) {
        throw no_answer(used.error() == wire_fault::body_too_large
                            ? "the answer of " + place.authority + " is too large"
                            : place.authority + " does not answer in HTTP/1.1",
                        true, false);
      }
      in.rest.remove_prefix(*used);
    }
    in.ended_well = !unwritten && !in.reader.keep_alive();
    // More answers than requests, or one to half a request: what comes next would be nobody's.
    if (unwritten || (!in.rest.empty() && in.riders.empty())) in.reader.distrust();
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
