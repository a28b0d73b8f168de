#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::queue {

// What is to be handed over. It is written in the same transaction as the change that caused it.
struct publication {
  std::string lane;               // a queue of its own: "judge", "deliver"
  std::string kind;               // events in the past tense "post_accepted.v1", commands imperative
  std::string body;               // JSON
  std::string key;                // messages of one key are handled in order; empty: no order asked
  std::optional<instant> due_at;  // not before; empty: now
};

struct message {
  std::int64_t id = 0;
  std::string lane, kind, body, key;
  int attempt = 1;  // 1 on the first try
  instant published_at;
};

struct consumer_options {
  std::string lane;
  int batch = 100;                          // messages per claim
  int parallel = 1;                         // claims handled at once
  std::chrono::milliseconds lease{30'000};  // a claim not acknowledged in time is given out again
  int attempts = 8;                         // then a dead letter; backoff doubles from 1 s to 10 min
};

// The claim ran out while the message was handled, and somebody else may handle it now. Thrown by the
// acknowledger, so that the handler's transaction is rolled back with the effect in it.
struct lease_lost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Handles a batch of claimed messages of one lane. No transaction is open while it runs: it opens its own,
// does its effect there and acknowledges in it with done(), so that effect and acknowledgement become true
// together. Messages not acknowledged when it returns, or when it throws, are tried again later; after a
// throw the batch is split into single messages, so that one poisonous message does not hold up the others.
// Messages of one key come in the order of their publication, also within a batch, and a later one never
// before the end of an earlier one; that holds for publications whose transactions did not overlap.
class acknowledger {
 public:
  virtual ~acknowledger() = default;
  virtual task<> done(pg::transaction& in, std::span<const std::int64_t> message_ids) = 0;
  // Puts one back for later without counting the attempt (a dependency is down, say).
  virtual task<> later(pg::transaction& in, std::int64_t message_id, instant due_at) = 0;
};
using batch_handler = std::function<task<>(std::span<const message> batch, acknowledger& ack)>;

struct dead_letter {
  message what;
  std::string error;
  instant died_at;
};

struct lane_state {
  std::string lane;
  std::int64_t waiting = 0, delayed = 0, claimed = 0, dead = 0;
  std::optional<instant> oldest_waiting;
};

// A durable queue: at least once, effects must be safe to repeat. Conformance: queue_conformance.hpp.
class queue {
 public:
  virtual ~queue() = default;
  // Becomes visible when `in` commits; consumers in this process are woken at once, others by a hint or
  // within 1 s.
  virtual task<> publish(pg::transaction& in, std::span<const publication> what) = 0;
  // Claims and hands over until the surrounding scope stops.
  virtual task<> consume(consumer_options options, batch_handler handler) = 0;
  virtual task<std::vector<lane_state>> lanes() = 0;
  virtual task<std::vector<dead_letter>> dead(std::string_view lane, int limit) = 0;
  // Puts dead letters back into their lane; the number of them. Empty ids: all of the lane.
  virtual task<std::int64_t> replay(std::string_view lane, std::span<const std::int64_t> ids) = 0;
  // Gives out again at once what a killed process held, instead of when its claims run out. For the start of
  // a process that is the only one of its installation.
  virtual task<> recover() = 0;
  // Ends the queue's own background work (hints to other processes). Consumers are stopped by their scopes.
  virtual task<> stop() = 0;
};

struct queue_options {
  std::chrono::milliseconds poll{1'000};  // how often an idle consumer looks without having been told
  // Told about every handler that failed, and about a lane that cannot be served just now. May be empty.
  std::function<void(std::string_view lane, std::string_view what)> told;
};

// In this process's memory, for tests: due times and leases both go by `time`.
std::unique_ptr<queue> make_memory_queue(executor on, const clock& time, queue_options options = {});
// Tables in PostgreSQL; the outbox is the queue. Due times go by `time`, leases by the database's clock. Two
// processes tell each other of new messages by NOTIFY, some 20 ms after the commit at the latest.
std::unique_ptr<queue> make_pg_queue(executor on, pg::pool& db, const clock& time,
                                     queue_options options = {});

}  // namespace tandem::queue
