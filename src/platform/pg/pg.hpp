#pragma once
#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "async/passing.hpp"
#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/strong_id.hpp"
#include "platform/pg/statement.hpp"

namespace tandem::pg {

// The database did not do what it was asked. `state` is the SQLSTATE, empty when there was no answer at all.
struct error : std::runtime_error {
  error(const std::string& what, std::string sqlstate)
      : std::runtime_error(what), state(std::move(sqlstate)) {}
  std::string state;
};
struct unique_violation final : error {
  using error::error;
  std::string constraint;
};
// No connection, a lost one, a time-out, a server that is shutting down: worth another try.
struct unavailable final : error, async::passing {
  using error::error;
};
// Two transactions stood in each other's way, and this one gave way (40001, 40P01).
struct conflict final : error, async::passing {
  using error::error;
};

// The values of $1, $2 …; each is kept as PostgreSQL's text form. Arrays are sent as one parameter
// (`= ANY($1)`, `unnest($1::bigint[], $2::text[])`): that is how a batch becomes one statement. Bytes in a
// text that PostgreSQL does not store (NUL, what is not UTF-8) become U+FFFD, so that foreign bytes cannot
// make a statement fail. instant::max() and min() are 'infinity' and '-infinity'.
class params {
 public:
  params() = default;
  template <class... A>
  static params of(const A&... values) {
    params p;
    p.values_.reserve(sizeof...(values));
    (p.add(values), ...);
    return p;
  }
  void add(std::nullopt_t) { values_.emplace_back(std::nullopt); }
  void add(bool value);
  void add(double value);
  void add(std::string_view value);
  void add(const char* value) { add(std::string_view(value)); }
  void add(const std::string& value) { add(std::string_view(value)); }
  void add(instant value);
  void add(std::chrono::microseconds value);        // interval
  void add(std::span<const std::byte> value);       // bytea
  void add(std::span<const std::int64_t> values);   // bigint[]
  void add(std::span<const std::string> values);    // text[]
  void add(std::span<const double> values);         // float8[]
  void add(std::span<const instant> values);        // timestamptz[]
  void add(std::span<const bool> values) = delete;  // vector<bool> is no span; send bigint[] or text[]
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  void add(I value) {
    add_integer(static_cast<std::int64_t>(value));
  }
  template <class Tag>
  void add(strong_id<Tag> id) {
    add_integer(id.value);
  }
  template <class T>
  void add(const std::optional<T>& value) {
    if (value) {
      add(*value);
    } else {
      add(std::nullopt);
    }
  }
  template <class T>
  void add(const std::vector<T>& values) {
    add(std::span<const T>(values));
  }
  template <class Tag>
  void add(const std::vector<strong_id<Tag>>& ids) {
    std::vector<std::int64_t> plain;
    plain.reserve(ids.size());
    for (const auto id : ids) plain.push_back(id.value);
    add(std::span<const std::int64_t>(plain));
  }
  const std::vector<std::optional<std::string>>& values() const { return values_; }

 private:
  void add_integer(std::int64_t value);
  std::vector<std::optional<std::string>> values_;
};

// One cell, as text; a null cell read as a non-optional throws.
class cell {
 public:
  cell(std::string_view text, bool null, std::string_view column)
      : text_(text), column_(column), null_(null) {}
  bool is_null() const { return null_; }
  template <class T>
  T as() const {
    T out{};
    read(out);
    return out;
  }

 private:
  void read(bool& out) const;
  void read(std::int64_t& out) const;
  void read(double& out) const;
  void read(std::string& out) const;
  void read(std::string_view& out) const;  // valid while the result lives
  void read(instant& out) const;
  void read(std::vector<std::byte>& out) const;
  void read(std::vector<std::int64_t>& out) const;
  void read(std::vector<std::string>& out) const;
  template <class Tag>
  void read(std::vector<strong_id<Tag>>& out) const {
    std::vector<std::int64_t> plain;
    read(plain);
    for (const auto value : plain) out.emplace_back(value);
  }
  template <std::integral I>
  void read(I& out) const {
    std::int64_t wide = 0;
    read(wide);
    out = static_cast<I>(wide);
  }
  template <class Tag>
  void read(strong_id<Tag>& out) const {
    read(out.value);
  }
  template <class T>
  void read(std::optional<T>& out) const {
    if (null_) {
      out.reset();
    } else {
      out.emplace();
      read(*out);
    }
  }
  std::string_view text_;
  std::string_view column_;
  bool null_;
};

// The rows of an answer; owns the memory that its cells show.
class result {
 public:
  class row {
   public:
    row(const result& of, int index) : of_(&of), index_(index) {}
    cell operator[](int column) const { return of_->at(index_, column); }
    template <class T>
    T get(int column) const {
      return (*this)[column].template as<T>();
    }

   private:
    const result* of_;
    int index_;
  };

  explicit result(std::shared_ptr<void> answer);
  int size() const;
  bool empty() const { return size() == 0; }
  std::int64_t affected() const;  // rows changed by INSERT, UPDATE, DELETE
  row operator[](int index) const { return {*this, index}; }
  row front() const { return {*this, 0}; }

 private:
  cell at(int row, int column) const;
  std::shared_ptr<void> answer_;  // a PGresult
};

// Something that a statement can be run on: the pool (each statement by itself) or a transaction.
class session {
 public:
  virtual ~session() = default;
  // Throws pg::error; unavailable if the server could not be reached in time. A statement by itself (on the
  // pool) that was in another's way is tried three times before conflict is thrown.
  virtual task<result> run(const statement& what, params with) = 0;
  // Several statements separated by semicolons, without parameters and with a limit of an hour: migrations.
  virtual task<> script(std::string statements);
  // For a statement whose rows nobody reads. In a transaction it goes along with the next statement, or with
  // the commit, in one round trip, and what goes wrong with it is thrown there; the statement's text has to
  // live so long. Anywhere else it is run at once.
  virtual task<> run_along(const statement& what, params with);
  template <class... A>
  task<> along(const statement& what, const A&... values) {
    return run_along(what, params::of(values...));
  }
  // db(sql::alerts::add_alert, owner, query): packs the values and runs the statement.
  template <class... A>
  task<result> operator()(const statement& what, const A&... values) {
    return run(what, params::of(values...));
  }
};

// Rolled back when it is destroyed without commit().
class transaction : public session {
 public:
  virtual task<> commit() = 0;
  // Called after a successful commit, on the event loop, in the order of registration; must not throw. How a
  // room in the same process is woken at once.
  virtual void after_commit(std::function<void()> then) = 0;
};

class pool : public session {
 public:
  // Takes a connection; the server hears of it with the first statement.
  virtual task<std::unique_ptr<transaction>> begin() = 0;
  // Runs `work` in a transaction and commits; another try (at most three) after a serialization failure or
  // deadlock.
  virtual task<> in_transaction(std::function<task<>(transaction&)> work) = 0;
  // Listens on a channel over the session connection; `heard` gets the payload. Coalesced hints, never the
  // truth: whoever listens polls as well. Listens again by itself after the connection was lost, and then
  // calls `heard` with an empty payload: something may have been missed.
  virtual void listen(std::string channel, std::function<void(std::string_view payload)> heard) = 0;
  virtual task<> close() = 0;
};

struct pool_options {
  std::string url;          // postgres://… or key=value; the statements' connections
  std::string session_url;  // for LISTEN; empty: the same as url
  int connections = 8;      // at most
  bool prepared = true;     // false behind a pooler in transaction mode
  std::chrono::milliseconds statement_limit{10'000};
  std::chrono::milliseconds connect_limit{
      5'000};  // also how long a server that is just restarting is waited for
  std::unordered_map<std::string, std::chrono::milliseconds>
      limits;  // by statement name, instead of statement_limit
  // Told about each statement that was run: its name, how long the round trip took that it went with, whether
  // all of that succeeded. May be empty.
  std::function<void(std::string_view name, std::chrono::nanoseconds took, bool succeeded)> observe;
  // Told what the operator should know (the listening connection was lost). May be empty.
  std::function<void(std::string_view what)> warn;
};

// Connects when it is first used; a server that comes back is found again by itself.
std::unique_ptr<pool> make_pool(executor on, pool_options options);

// Runs a script of several statements separated by semicolons, outside of any transaction of its own:
// migrations.
task<> run_script(pool& on, std::string_view script);

}  // namespace tandem::pg
