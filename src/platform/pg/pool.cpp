// libpq on the event loop: connections, the pool, transactions, LISTEN.
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <deque>
#include <list>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::pg {

namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

using answer_ptr = std::shared_ptr<PGresult>;

std::string trimmed(const char* text) {
  std::string out = text ? text : "";
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

// Connection lost, time-outs, too many connections, a server that goes down or comes up.
bool means_unavailable(std::string_view state) {
  return state.starts_with("08") || state.starts_with("53") || state == "57P01" || state == "57P02" ||
         state == "57P03" || state == "57P05" || state == "57014";
}

// Only the primary message: the detail line carries values, which may be private.
[[noreturn]] void throw_error(std::string_view name, const PGresult* answer) {
  const auto field = [answer](int code) {
    const char* text = PQresultErrorField(answer, code);
    return std::string(text ? text : "");
  };
  const auto state = field(PG_DIAG_SQLSTATE);
  auto primary = field(PG_DIAG_MESSAGE_PRIMARY);
  if (primary.empty()) primary = trimmed(PQresultErrorMessage(answer));
  std::string what;
  if (!name.empty()) what = std::string(name) + ": ";
  what += primary;
  if (!state.empty()) what += " (" + state + ")";
  if (state == "23505") {
    unique_violation failure(what, state);
    failure.constraint = field(PG_DIAG_CONSTRAINT_NAME);
    throw failure;
  }
  if (state.empty() || means_unavailable(state)) throw unavailable(what, state);
  if (state == "40001" || state == "40P01") throw conflict(what, state);
  throw error(what, state);
}

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
};

struct request {
  statement what;
  params with;
};

constexpr statement begin_statement{"begin", "BEGIN", cardinality::exec};
constexpr statement commit_statement{"commit", "COMMIT", cardinality::exec};

class connection : public std::enable_shared_from_this<connection> {
 public:
  explicit connection(const executor& on) : socket_(on), timer_(on) {}
  ~connection() { close(); }
  connection(const connection&) = delete;

  task<> open(const std::string& url, bool prepared, milliseconds limit) {
    const deadline until(*this, limit);
    std::vector<const char*> keys = {"application_name", "client_encoding", "keepalives_idle",
                                     "keepalives_interval", "keepalives_count"};
    std::vector<const char*> values = {"tandem", "UTF8", "30", "10", "3"};
    if (prepared) {
      // A query whose client has gone is given up within a second. Poolers refuse such start-up options.
      keys.push_back("options");
      values.push_back("-c TimeZone=UTC -c DateStyle=ISO -c client_connection_check_interval=1000");
    }
    keys.push_back("dbname");  // last, and expanded: what the address says about the above wins
    values.push_back(url.c_str());
    keys.push_back(nullptr);
    values.push_back(nullptr);
    link_ = PQconnectStartParams(keys.data(), values.data(), 1);
    if (!link_) throw std::bad_alloc();
    auto step = PGRES_POLLING_WRITING;
    while (PQstatus(link_) != CONNECTION_BAD && step != PGRES_POLLING_OK && step != PGRES_POLLING_FAILED) {
      watch(PQsocket(link_));
      co_await ready(step == PGRES_POLLING_READING ? asio::posix::stream_descriptor::wait_read
                                                   : asio::posix::stream_descriptor::wait_write);
      step = PQconnectPoll(link_);
    }
    if (PQstatus(link_) != CONNECTION_OK) throw unavailable(trimmed(PQerrorMessage(link_)), {});
    watch(PQsocket(link_));
    PQsetnonblocking(link_, 1);
    // An error outside of a statement comes as a notice: the server's farewell.
    PQsetNoticeReceiver(
        link_,
        [](void* self, const PGresult* notice) {
          const char* severity = PQresultErrorField(notice, PG_DIAG_SEVERITY_NONLOCALIZED);
          const std::string_view text = severity ? severity : "";
          if (text == "FATAL" || text == "PANIC") static_cast<connection*>(self)->dismissed_ = true;
        },
        this);
  }

  // All of it in one round trip; the last one's answer. The first that fails is thrown, and those behind it
  // are not run. All but the last have to be short of answer: nobody reads while they are written.
  task<answer_ptr> execute(std::span<const request> all, bool prepared, milliseconds limit) {
    const turn mine(*this, all.back().what.name);
    const deadline until(*this, limit);
    struct step {
      const request* of;
      std::string prepares;  // the name that it gives; "" runs it
    };
    std::vector<step> sent_steps;
    if (!PQenterPipelineMode(link_)) throw lost();
    std::vector<std::pair<std::string_view, std::string>> fresh;  // prepared by this very trip
    for (const auto& one : all) {
      std::vector<const char*> values;
      values.reserve(one.with.values().size());
      for (const auto& text : one.with.values()) values.push_back(text ? text->c_str() : nullptr);
      const auto count = static_cast<int>(values.size());
      const std::string text(one.what.text);
      if (!prepared) {
        sent(PQsendQueryParams(link_, text.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0));
        sent_steps.push_back({&one, {}});
        continue;
      }
      std::string name;
      if (const auto known = prepared_.find(one.what.text); known != prepared_.end()) {
        name = known->second;
      } else if (const auto new_one =
                     std::ranges::find(fresh, one.what.text, &decltype(fresh)::value_type::first);
                 new_one != fresh.end()) {
        name = new_one->second;
      } else {
        // Named after the statement for the server's views; the number keeps apart two that share a name.
        name = std::string(one.what.name.substr(0, 48)) + "~" + std::to_string(names_++);
        sent(PQsendPrepare(link_, name.c_str(), text.c_str(), 0, nullptr));
        sent_steps.push_back({&one, name});
        fresh.emplace_back(one.what.text, name);
      }
      sent(PQsendQueryPrepared(link_, name.c_str(), count, values.data(), nullptr, nullptr, 0));
      sent_steps.push_back({&one, {}});
    }
    sent(PQpipelineSync(link_));
    co_await flush();

    answer_ptr out, failed;
    std::string_view failed_name;
    std::size_t at = 0;
    for (;;) {
      const auto next = co_await next_answer();
      if (!next) {  // the end of one step's answers
        if (PQstatus(link_) != CONNECTION_OK) break;
        ++at;
        continue;
      }
      const auto status = PQresultStatus(next.get());
      if (status == PGRES_PIPELINE_SYNC) break;
      if (at >= sent_steps.size()) throw lost();
      const auto& step = sent_steps[at];
      if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
        if (!step.prepares.empty()) prepared_.emplace(std::string(step.of->what.text), step.prepares);
        out = next;
      } else if (!failed) {
        failed = next;
        failed_name = step.of->what.name;
      }
    }
    if (PQstatus(link_) != CONNECTION_OK && !failed) throw lost();
    if (PQstatus(link_) == CONNECTION_OK) {
      if (!PQexitPipelineMode(link_)) throw lost();
      busy_ = false;
    }
    if (failed) {
      // "cached plan must not change result type": the schema moved on under a prepared statement.
      if (std::string_view(state_of(failed)) == "0A000") stale_ = true;
      throw_error(failed_name, failed.get());
    }
    if (!out) throw lost();
    co_return out;
  }

  // The last answer of one or several statements without parameters.
  task<answer_ptr> simple(const std::string& text, milliseconds limit) {
    const turn mine(*this, "script");
    const deadline until(*this, limit);
    sent(PQsendQuery(link_, text.c_str()));
    auto answer = co_await finish();
    const auto status = PQresultStatus(answer.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
      throw_error({}, answer.get());
    }
    co_return answer;
  }

  // Waits until the server has said something by itself or interrupt() is called.
  task<> heard() {
    const auto [failure] = co_await socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                                                       asio::as_tuple(asio::use_awaitable));
    const auto cancelled = co_await asio::this_coro::cancellation_state;
    if (cancelled.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
    if (!failure && !PQconsumeInput(link_)) throw lost();
  }
  void interrupt() { socket_.cancel(); }

  template <class F>
  void notifications(F each) {
    while (PGnotify* heard = PQnotifies(link_)) {
      const std::unique_ptr<PGnotify, void (*)(void*)> owner(heard, PQfreemem);
      each(std::string_view(heard->relname), std::string_view(heard->extra));
    }
  }

  std::string quoted(const std::string& name) {
    char* text = PQescapeIdentifier(link_, name.data(), name.size());
    if (!text) throw lost();
    std::string out = text;
    PQfreemem(text);
    return out;
  }

  // False when the server has closed it, or said farewell, while it lay idle.
  bool alive() {
    pollfd readable{PQsocket(link_), POLLIN, 0};
    while (PQstatus(link_) == CONNECTION_OK && poll(&readable, 1, 0) > 0) {
      if (!PQconsumeInput(link_)) return false;
      notifications([](std::string_view, std::string_view) {});  // reads what has come
      if (dismissed_) return false;
    }
    return PQstatus(link_) == CONNECTION_OK;
  }
  bool reusable() const { return !busy_ && !stale_ && PQstatus(link_) == CONNECTION_OK; }
  PGTransactionStatusType in_transaction() const { return PQtransactionStatus(link_); }

 private:
  // While a statement runs. A connection whose statement was left half-way is not usable any more.
  struct turn {
    turn(connection& on, std::string_view name) {
      if (on.busy_) throw std::logic_error("two statements at once on one transaction: " + std::string(name));
      on.busy_ = true;
    }
  };

  // Makes the waits of a piece of work end with `unavailable` when the time is up.
  class deadline {
   public:
    deadline(connection& of, milliseconds limit) : of_(of) {
      of_.late_ = false;
      of_.timer_.expires_after(limit);
      of_.timer_.async_wait(
          [weak = of_.weak_from_this(), round = ++of_.round_](boost::system::error_code failure) {
            const auto self = weak.lock();
            if (failure || !self || self->round_ != round) return;
            self->late_ = true;
            self->socket_.cancel();
          });
    }
    ~deadline() {
      ++of_.round_;
      of_.timer_.cancel();
    }
    deadline(const deadline&) = delete;

   private:
    connection& of_;
  };

  static const char* state_of(const answer_ptr& answer) {
    const char* state = PQresultErrorField(answer.get(), PG_DIAG_SQLSTATE);
    return state ? state : "";
  }

  unavailable lost() const { return {"the connection was lost: " + trimmed(PQerrorMessage(link_)), {}}; }

  void sent(int accepted) {
    if (!accepted) throw lost();
  }

  task<> ready(asio::posix::stream_descriptor::wait_type what) {
    const auto [failure] = co_await socket_.async_wait(what, asio::as_tuple(asio::use_awaitable));
    if (late_) throw unavailable("the server did not answer in time", {});
    if (failure) throw boost::system::system_error(failure);
  }

  // The server does not answer at length before it has the whole request, so waiting to write cannot
  // dead-lock with a server that waits to write too.
  task<> flush() {
    while (const int left = PQflush(link_)) {
      if (left < 0) throw lost();
      co_await ready(asio::posix::stream_descriptor::wait_write);
    }
  }

  // Null: the end of the answers to one command.
  task<answer_ptr> next_answer() {
    while (PQisBusy(link_)) {
      co_await ready(asio::posix::stream_descriptor::wait_read);
      if (!PQconsumeInput(link_)) throw lost();
    }
    co_return answer_ptr(PQgetResult(link_), PQclear);
  }

  task<answer_ptr> finish() {
    co_await flush();
    answer_ptr out;
    bool failed = false;
    for (;;) {
      const auto next = co_await next_answer();
      if (!next) break;
      const auto status = PQresultStatus(next.get());
      if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH) {
        throw error("COPY is not spoken here", {});  // the connection stays busy, so it is closed
      }
      if (!failed) out = next;
      failed = failed || status == PGRES_FATAL_ERROR;
    }
    if (PQstatus(link_) != CONNECTION_OK && !failed) throw lost();
    busy_ = false;
    if (!out) throw lost();
    co_return out;
  }

  // libpq owns the socket and may change it while it connects.
  void watch(int socket) {
    if (watched_ == socket) return;
    if (socket_.is_open()) socket_.release();
    watched_ = socket;
    if (socket >= 0) socket_.assign(socket);
  }

  void close() {
    if (socket_.is_open()) socket_.release();
    if (link_) PQfinish(link_);
    link_ = nullptr;
  }

  asio::posix::stream_descriptor socket_;
  asio::steady_timer timer_;
  PGconn* link_ = nullptr;
  std::unordered_map<std::string, std::string, text_hash, std::equal_to<>>
      prepared_;  // by the statement's text
  std::uint64_t names_ = 0;
  std::uint64_t round_ = 0;
  int watched_ = -1;
  bool late_ = false;
  bool busy_ = false;
  bool stale_ = false;
  bool dismissed_ = false;
};

using connection_ptr = std::shared_ptr<connection>;

constexpr auto script_limit = 1h;
constexpr int tries = 3;  // of what was in another's way

result checked(const statement& what, const answer_ptr& answer) {
  result rows(answer);
  const int count = rows.size();
  const bool right = what.rows == cardinality::many || (what.rows == cardinality::exec && count == 0) ||
                     (what.rows == cardinality::one && count == 1) ||
                     (what.rows == cardinality::optional && count <= 1);
  if (!right) {
    throw error(std::string(what.name) + ": gave " + std::to_string(count) + " rows, against its cardinality",
                {});
  }
  return rows;
}

// What the pool, its transactions and its background work share; lives as long as any of them.
struct core : std::enable_shared_from_this<core> {
  struct waiter {
    explicit waiter(const executor& on) : bell(on) {}
    async::event bell;
    connection_ptr given;  // null: the right to open one
    bool granted = false;
  };
  struct listener {
    std::string channel;
    std::function<void(std::string_view)> heard;
  };

  core(executor on, pool_options with) : on(on), options(std::move(with)) {
    auto sink = [warn = options.warn](std::string_view task, const std::exception_ptr& failure) {
      if (warn) warn(std::string(task) + ": " + async::text_of(failure));
    };
    work = std::make_unique<async::scope>(on, std::move(sink));
  }

  executor on;
  pool_options options;
  std::vector<connection_ptr> idle;  // the last used one is taken first
  std::list<waiter*> waiting;        // first come, first served
  int open = 0;                      // connections and rights to open one that are given out
  bool closed = false;
  std::vector<listener> listeners;
  connection_ptr session;
  std::unique_ptr<async::scope> work;  // none once the pool is gone

  void warn(std::string_view what) const {
    if (options.warn) options.warn(what);
  }

  milliseconds limit_of(const statement& what) const {
    if (options.limits.empty()) return options.statement_limit;
    const auto own = options.limits.find(std::string(what.name));
    return own == options.limits.end() ? options.statement_limit : own->second;
  }

  // A server that is just restarting is waited for; one that refuses us for good is not.
  task<connection_ptr> connect(const std::string& url) {
    const auto until = std::chrono::steady_clock::now() + options.connect_limit;
    for (auto pause = 20ms;; pause = std::min(2 * pause, 320ms)) {
      try {
        auto made = std::make_shared<connection>(on);
        co_await made->open(url, options.prepared, options.connect_limit);
        co_return made;
      } catch (const unavailable& failure) {
        const std::string_view what = failure.what();
        const bool refused = what.find("FATAL:") != what.npos &&
                             what.find("the database system is") == what.npos &&
                             what.find("too many clients") == what.npos;
        if (closed || refused || std::chrono::steady_clock::now() + pause >= until) {
          throw unavailable("no connection to PostgreSQL: " + std::string(what), failure.state);
        }
      }
      co_await async::sleep_for(pause);
    }
  }

  task<connection_ptr> connect_in_slot() {
    std::exception_ptr failure;
    try {
      co_return co_await connect(options.url);
    } catch (...) {
      failure = std::current_exception();
    }
    hand_on(nullptr);
    std::rethrow_exception(failure);
  }

  task<connection_ptr> take() {
    if (closed) throw unavailable("the pool is closed", {});
    if (waiting.empty()) {
      while (!idle.empty()) {
        auto found = std::move(idle.back());
        idle.pop_back();
        if (found->alive()) co_return found;
        --open;
      }
      if (open < options.connections) {
        ++open;
        co_return co_await connect_in_slot();
      }
    }
    const auto self = shared_from_this();
    waiter me(on);
    waiting.push_back(&me);
    struct leave {
      core& of;
      waiter& me;
      ~leave() {
        of.waiting.remove(&me);
        if (me.granted) of.hand_on(std::move(me.given));  // granted in the moment of being cancelled
      }
    } const on_exit{*this, me};
    if (!co_await me.bell.wait_for(options.statement_limit)) {
      throw unavailable("all " + std::to_string(options.connections) + " connections were busy for too long",
                        {});
    }
    if (closed) throw unavailable("the pool is closed", {});
    me.granted = false;
    auto found = std::move(me.given);
    if (found && found->alive()) co_return found;
    found.reset();
    co_return co_await connect_in_slot();
  }

  // A connection that can be used, or (null) the right to open one, goes to whoever waits longest.
  void hand_on(connection_ptr free) {
    if (!waiting.empty()) {
      auto* next = waiting.front();
      waiting.pop_front();
      next->given = std::move(free);
      next->granted = true;
      next->bell.ring();
    } else if (free && !closed) {
      idle.push_back(std::move(free));
    } else {
      --open;
    }
  }

  // Back from a user, in whatever state: reset before somebody else gets it, or closed.
  void give_back(connection_ptr used) {
    if (!used->reusable()) return hand_on(nullptr);
    switch (used->in_transaction()) {
      case PQTRANS_IDLE: return hand_on(std::move(used));
      case PQTRANS_INTRANS:
      case PQTRANS_INERROR:
        if (closed) return hand_on(nullptr);
        return work->spawn("rollback", roll_back(shared_from_this(), std::move(used)));
      default: return hand_on(nullptr);
    }
  }

  static task<> roll_back(std::shared_ptr<core> self, connection_ptr used) {
    try {
      co_await used->simple("ROLLBACK", 5s);
    } catch (const std::exception&) {
      used.reset();  // closing it rolls back too
    }
    self->hand_on(std::move(used));
  }

  // What the transaction itself sends is not reported.
  task<answer_ptr> execute(const connection_ptr& by, std::span<const request> all) {
    struct report {
      core& of;
      std::span<const request> all;
      std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
      bool succeeded = false;
      ~report() {
        if (!of.options.observe) return;
        const auto took = std::chrono::steady_clock::now() - begun;
        for (const auto& one : all) {
          const bool ours = one.what.text == begin_statement.text || one.what.text == commit_statement.text;
          if (!ours) of.options.observe(one.what.name, took, succeeded);
        }
      }
    } told{*this, all};
    milliseconds limit{0};
    for (const auto& one : all) limit += limit_of(one.what);
    auto answer = co_await by->execute(all, options.prepared, limit);
    told.succeeded = true;
    co_return answer;
  }

  static task<> listen(std::shared_ptr<core> self) {
    const auto& url = self->options.session_url.empty() ? self->options.url : self->options.session_url;
    auto pause = 100ms;
    for (bool again = false;; again = true) {
      try {
        self->session = co_await self->connect(url);
        std::size_t listening = 0;
        for (;;) {
          for (; listening < self->listeners.size(); ++listening) {
            const auto channel = self->listeners[listening].channel;
            co_await self->session->simple("LISTEN " + self->session->quoted(channel), 5s);
            if (again) self->tell(channel, {});
          }
          pause = 100ms;
          self->session->notifications(
              [&](std::string_view channel, std::string_view payload) { self->tell(channel, payload); });
          if (listening == self->listeners.size()) co_await self->session->heard();
        }
      } catch (const error& failure) {
        self->warn(std::string("the listening connection was lost: ") + failure.what());
      }
      self->session.reset();
      co_await async::sleep_for(pause);
      pause = std::min(2 * pause, 5'000ms);
    }
  }

  void tell(std::string_view channel, std::string_view payload) {
    const auto now = listeners;  // a listener may add another one
    for (const auto& listener : now) {
      if (listener.channel == channel) listener.heard(payload);
    }
  }
};

struct lease {
  std::shared_ptr<core> of;
  connection_ptr what;
  ~lease() { of->give_back(std::move(what)); }
};

class pool_transaction final : public transaction {
 public:
  pool_transaction(std::shared_ptr<core> of, connection_ptr by) : of_(std::move(of)), by_(std::move(by)) {}
  ~pool_transaction() override {
    if (by_) of_->give_back(std::move(by_));
  }

  task<result> run(const statement& what, params with) override {
    request last{what, std::move(with)};
    const auto answer = co_await send(std::move(last));
    co_return checked(what, answer);
  }

  task<> run_along(const statement& what, params with) override {
    used();
    waiting_.push_back({what, std::move(with)});
    co_return;
  }

  task<> script(std::string statements) override {
    const auto by = used();
    if (!waiting_.empty()) {
      auto last = std::move(waiting_.back());
      waiting_.pop_back();
      co_await send(std::move(last));
    }
    co_await by->simple(statements, script_limit);
  }

  task<> commit() override {
    const auto by = used();
    const bool untouched = waiting_.size() == 1 && waiting_.front().what.text == begin_statement.text;
    if (!untouched) {
      request last{commit_statement, {}};
      const auto answer = co_await send(std::move(last));
      if (std::string_view(PQcmdStatus(answer.get())) != "COMMIT") {
        throw error("the transaction had failed before and was rolled back", "25P02");
      }
    }
    of_->give_back(std::move(by_));
    const auto hooks = std::move(hooks_);
    for (const auto& then : hooks) then();
  }

  void after_commit(std::function<void()> then) override { hooks_.push_back(std::move(then)); }

 private:
  connection_ptr used() const {
    if (!by_) throw std::logic_error("the transaction is over");
    return by_;
  }

  task<answer_ptr> send(request last) {
    const auto by = used();
    auto all = std::exchange(waiting_, {});
    all.push_back(std::move(last));
    co_return co_await of_->execute(by, all);
  }

  std::shared_ptr<core> of_;
  connection_ptr by_;
  std::vector<request> waiting_{{begin_statement, {}}};  // go with the next one
  std::vector<std::function<void()>> hooks_;
};

class libpq_pool final : public pool {
 public:
  libpq_pool(executor on, pool_options options) : core_(std::make_shared<core>(on, std::move(options))) {}
  ~libpq_pool() override {
    shut();
    core_->work.reset();
  }

  task<result> run(const statement& what, params with) override {
    const request only{what, std::move(with)};
    for (int attempt = 1;; ++attempt) {
      try {
        co_return co_await run_once(only);
      } catch (const conflict&) {
        if (attempt == tries) throw;
      }
      co_await async::sleep_for(attempt * 10ms);
    }
  }

  task<> script(std::string statements) override {
    const auto core = core_;
    auto taken = co_await core->take();
    const lease by{core, std::move(taken)};
    co_await by.what->simple(statements, script_limit);
  }

  task<std::unique_ptr<transaction>> begin() override {
    const auto core = core_;
    auto taken = co_await core->take();
    co_return std::make_unique<pool_transaction>(core, std::move(taken));
  }

  task<> in_transaction(std::function<task<>(transaction&)> work) override {
    for (int attempt = 1;; ++attempt) {
      try {
        const auto in = co_await begin();
        co_await work(*in);
        co_await in->commit();
        co_return;
      } catch (const conflict&) {
        if (attempt == tries) throw;
      }
      co_await async::sleep_for(attempt * 10ms);
    }
  }

  void listen(std::string channel, std::function<void(std::string_view)> heard) override {
    core_->listeners.push_back({std::move(channel), std::move(heard)});
    if (core_->listeners.size() == 1) {
      core_->work->spawn("listen", core::listen(core_));
    } else if (core_->session) {
      core_->session->interrupt();
    }
  }

  task<> close() override {
    const auto core = core_;
    shut();
    co_await core->work->stop();
    core->session.reset();
  }

 private:
  task<result> run_once(const request& only) {
    const auto core = core_;
    auto taken = co_await core->take();
    const lease by{core, std::move(taken)};
    const auto answer = co_await core->execute(by.what, std::span(&only, 1));
    co_return checked(only.what, answer);
  }

  void shut() {
    core_->closed = true;
    core_->open -= static_cast<int>(core_->idle.size());
    core_->idle.clear();
    for (auto* waiter : core_->waiting) waiter->bell.ring();
  }

  std::shared_ptr<core> core_;
};

}  // namespace

result::result(std::shared_ptr<void> answer) : answer_(std::move(answer)) {}

int result::size() const { return PQntuples(static_cast<PGresult*>(answer_.get())); }

std::int64_t result::affected() const {
  const std::string_view text = PQcmdTuples(static_cast<PGresult*>(answer_.get()));
  return text.empty() ? 0 : std::stoll(std::string(text));
}

cell result::at(int row, int column) const {
  auto* answer = static_cast<PGresult*>(answer_.get());
  if (row < 0 || row >= PQntuples(answer) || column < 0 || column >= PQnfields(answer)) {
    throw error("no row " + std::to_string(row) + ", column " + std::to_string(column) + " in the answer",
                {});
  }
  return {std::string_view(PQgetvalue(answer, row, column),
                           static_cast<std::size_t>(PQgetlength(answer, row, column))),
          PQgetisnull(answer, row, column) != 0, PQfname(answer, column)};
}

task<> session::run_along(const statement& what, params with) { co_await run(what, std::move(with)); }
task<> session::script(std::string) { throw std::logic_error("no scripts on this session"); }

std::unique_ptr<pool> make_pool(executor on, pool_options options) {
  return std::make_unique<libpq_pool>(on, std::move(options));
}

task<> run_script(pool& on, std::string_view script) { co_await on.script(std::string(script)); }

}  // namespace tandem::pg
