#include <random>
#include <set>

#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/queue/consumer.hpp"
#include "platform/queue/queue_sql.hpp"

namespace tandem::queue {

namespace {

using namespace std::chrono_literals;

constexpr auto hint_pause = 20ms;

// Shared with the hooks of transactions, which may outlive the queue.
struct shared {
  shared(const executor& on, std::string self) : self(std::move(self)), bell(on) {}
  std::string self;  // names this process in its hints, so that it does not listen to itself
  std::shared_ptr<bells> wake = std::make_shared<bells>();
  std::set<std::string> fresh;  // lanes with news that the other processes have not been told yet
  async::event bell;
};

class pg_queue final : public queue, claims {
 public:
  pg_queue(executor on, pg::pool& db, const clock& time, queue_options options)
      : on_(on),
        db_(db),
        time_(time),
        options_(std::move(options)),
        shared_(std::make_shared<shared>(on, std::to_string(std::random_device{}()))),
        work_(on, [told = options_.told](std::string_view, const std::exception_ptr& failure) {
          if (told) told("", async::text_of(failure));
        }) {
    db_.listen("tandem_queue", [shared = shared_](std::string_view payload) { heard(*shared, payload); });
    work_.spawn("queue hints", hint(db_, shared_));
  }

  task<> publish(pg::transaction& in, std::span<const publication> what) override {
    if (what.empty()) co_return;
    const auto now = time_.now();
    std::vector<std::string> lanes, kinds, keys, bodies;
    std::vector<instant> due;
    for (const auto& next : what) {
      lanes.push_back(next.lane);
      kinds.push_back(next.kind);
      keys.push_back(next.key);
      bodies.push_back(next.body);
      due.push_back(next.due_at.value_or(now));
    }
    co_await in(sql::queue::publish, lanes, kinds, keys, bodies, due, now);
    std::set<std::string> touched(lanes.begin(), lanes.end());
    in.after_commit([shared = shared_, touched = std::move(touched)] {
      for (const auto& lane : touched) shared->wake->ring(lane);
      shared->fresh.insert(touched.begin(), touched.end());
      shared->bell.ring();
    });
  }

  task<> consume(consumer_options options, batch_handler handler) override {
    return tandem::queue::consume(on_, *this, shared_->wake, options_, std::move(options),
                                  std::move(handler));
  }

  task<std::vector<lane_state>> lanes() override {
    const auto rows = co_await db_(sql::queue::lanes, time_.now());
    std::vector<lane_state> out;
    for (int at = 0; at < rows.size(); ++at) {
      const auto row = rows[at];
      out.push_back({row.get<std::string>(0), row.get<std::int64_t>(1), row.get<std::int64_t>(2),
                     row.get<std::int64_t>(3), row.get<std::int64_t>(4), row.get<std::optional<instant>>(5)});
    }
    co_return out;
  }

  task<std::vector<dead_letter>> dead(std::string_view lane, int limit) override {
    const std::string name(lane);
    const auto rows = co_await db_(sql::queue::dead, name, limit);
    std::vector<dead_letter> out;
    for (int at = 0; at < rows.size(); ++at) {
      const auto row = rows[at];
      message what{row.get<std::int64_t>(0), name,
                   row.get<std::string>(1),  row.get<std::string>(3),
                   row.get<std::string>(2),  row.get<int>(4),
                   row.get<instant>(5)};
      out.push_back({std::move(what), row.get<std::string>(6), row.get<instant>(7)});
    }
    co_return out;
  }

  task<std::int64_t> replay(std::string_view lane, std::span<const std::int64_t> ids) override {
    const std::string name(lane);
    const auto back = co_await db_(sql::queue::replay, name, ids, time_.now());
    shared_->wake->ring(name);
    shared_->fresh.insert(name);
    shared_->bell.ring();
    co_return back.affected();
  }

  task<> recover() override {
    co_await db_(sql::queue::release_all);
    shared_->wake->ring_all();
  }

  task<> stop() override { co_await work_.stop(); }

 private:
  task<std::vector<claimed>> claim(const consumer_options& options, std::int64_t lease) override {
    const std::chrono::microseconds lasts = options.lease;
    const auto rows = co_await db_(sql::queue::claim, options.lane, time_.now(), options.batch, lease, lasts);
    std::vector<claimed> out;
    out.reserve(static_cast<std::size_t>(rows.size()));
    for (int at = 0; at < rows.size(); ++at) {
      const auto row = rows[at];
      const auto failures = row.get<int>(4);
      message what{row.get<std::int64_t>(0), options.lane, row.get<std::string>(1), row.get<std::string>(3),
                   row.get<std::string>(2),  failures + 1, row.get<instant>(6)};
      out.push_back({std::move(what), row.get<int>(5) - 1 - failures});
    }
    std::ranges::sort(out, {}, [](const claimed& each) { return each.what.id; });
    co_return out;
  }

  task<> done(pg::transaction& in, std::int64_t lease, std::span<const std::int64_t> ids) override {
    const auto gone = co_await in(sql::queue::done, ids, lease);
    if (gone.affected() != static_cast<std::int64_t>(ids.size())) throw lease_lost("the claim ran out");
  }

  task<> later(pg::transaction& in, std::int64_t lease, std::int64_t id, instant due_at) override {
    const auto put = co_await in(sql::queue::later, id, lease, due_at);
    if (put.affected() != 1) throw lease_lost("the claim ran out");
  }

  task<> give_back(std::int64_t lease, std::vector<std::int64_t> ids) override {
    co_await db_(sql::queue::give_back, ids, lease);
  }

  task<> failed(std::int64_t lease, std::int64_t id, std::chrono::milliseconds retry_in) override {
    const instant due = time_.now() + retry_in;
    co_await db_(sql::queue::failed, id, lease, due);
  }

  task<> bury(std::int64_t lease, std::int64_t id, std::string error) override {
    co_await db_(sql::queue::bury, id, lease, error, time_.now());
  }

  task<bool> extend(const consumer_options& options, std::int64_t lease, std::int64_t id) override {
    const std::chrono::microseconds lasts = options.lease;
    const auto kept = co_await db_(sql::queue::extend, id, lease, lasts);
    co_return kept.affected() == 1;
  }

  // "process lane lane …"; empty after the listening connection was lost for a while.
  static void heard(shared& of, std::string_view payload) {
    if (payload.empty()) return of.wake->ring_all();
    const auto next = [&payload] {
      const auto end = std::min(payload.find(' '), payload.size());
      const auto word = payload.substr(0, end);
      payload.remove_prefix(std::min(end + 1, payload.size()));
      return word;
    };
    if (next() == of.self) return;
    while (!payload.empty()) of.wake->ring(next());
  }

  // NOTIFY takes a lock of the whole database at the commit, so it is not sent with every transaction: many
  // publications become one hint. One that is lost costs the other process a poll interval.
  static task<> hint(pg::pool& db, std::shared_ptr<shared> of) {
    for (;;) {
      co_await of->bell.wait();
      auto payload = of->self;
      for (const auto& lane : of->fresh) {
        if (payload.size() + lane.size() < 7'000)
          payload += ' ' + lane;  // NOTIFY takes less than 8,000 bytes
      }
      of->fresh.clear();
      try {
        co_await db(sql::queue::hint, payload);
      } catch (const pg::error&) {
      }
      co_await async::sleep_for(hint_pause);
    }
  }

  executor on_;
  pg::pool& db_;
  const clock& time_;
  queue_options options_;
  std::shared_ptr<shared> shared_;
  async::scope work_;
};

}  // namespace

std::unique_ptr<queue> make_pg_queue(executor on, pg::pool& db, const clock& time, queue_options options) {
  return std::make_unique<pg_queue>(on, db, time, std::move(options));
}

}  // namespace tandem::queue
