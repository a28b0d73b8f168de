#include <map>
#include <set>

#include "platform/queue/consumer.hpp"

namespace tandem::queue {

namespace {

// Shared with the hooks of transactions, which may outlive the queue.
struct store {
  struct entry {
    message what;
    instant due_at;
    int failures = 0;
    int claims = 0;
    std::int64_t lease = 0;  // 0: free
    instant leased_until;
  };

  const clock& time;
  std::shared_ptr<bells> wake = std::make_shared<bells>();
  std::map<std::int64_t, entry> waiting;  // by id, which is the order of publication
  std::map<std::int64_t, std::pair<int, dead_letter>> dead;
  std::int64_t last_id = 0;

  bool is_free(const entry& e) const { return e.lease == 0 || e.leased_until < time.now(); }

  entry& held(std::int64_t id, std::int64_t lease) {
    auto* found = find(id, lease);
    if (!found) throw lease_lost("the claim on message " + std::to_string(id) + " ran out");
    return *found;
  }
  entry* find(std::int64_t id, std::int64_t lease) {
    const auto found = waiting.find(id);
    return found != waiting.end() && found->second.lease == lease ? &found->second : nullptr;
  }
};

class memory_queue final : public queue, claims {
 public:
  memory_queue(executor on, const clock& time, queue_options options)
      : on_(on), options_(std::move(options)), store_(new store{time}) {}

  task<> publish(pg::transaction& in, std::span<const publication> what) override {
    std::vector<publication> all(what.begin(), what.end());
    in.after_commit([store = store_, all = std::move(all)] {
      for (const auto& next : all) {
        const auto id = ++store->last_id;
        const auto now = store->time.now();
        store->waiting[id] = {{id, next.lane, next.kind, next.body, next.key, 1, now},
                              next.due_at.value_or(now)};
      }
      for (const auto& next : all) store->wake->ring(next.lane);
    });
    co_return;
  }

  task<> consume(consumer_options options, batch_handler handler) override {
    return tandem::queue::consume(on_, *this, store_->wake, options_, std::move(options), std::move(handler));
  }

  task<std::vector<lane_state>> lanes() override {
    std::map<std::string, lane_state> found;
    const auto now = store_->time.now();
    for (const auto& [id, entry] : store_->waiting) {
      auto& lane = found[entry.what.lane];
      if (!store_->is_free(entry)) {
        ++lane.claimed;
      } else if (entry.due_at > now) {
        ++lane.delayed;
      } else {
        ++lane.waiting;
        lane.oldest_waiting =
            std::min(lane.oldest_waiting.value_or(entry.what.published_at), entry.what.published_at);
      }
    }
    for (const auto& [id, letter] : store_->dead) ++found[letter.second.what.lane].dead;
    std::vector<lane_state> out;
    for (auto& [name, lane] : found) {
      lane.lane = name;
      out.push_back(std::move(lane));
    }
    co_return out;
  }

  task<std::vector<dead_letter>> dead(std::string_view lane, int limit) override {
    std::vector<dead_letter> out;
    for (const auto& [id, letter] : store_->dead) {
      if (letter.second.what.lane == lane && static_cast<int>(out.size()) < limit)
        out.push_back(letter.second);
    }
    co_return out;
  }

  task<std::int64_t> replay(std::string_view lane, std::span<const std::int64_t> ids) override {
    std::int64_t count = 0;
    for (auto at = store_->dead.begin(); at != store_->dead.end();) {
      auto& what = at->second.second.what;
      if (what.lane != lane || (!ids.empty() && std::ranges::find(ids, at->first) == ids.end())) {
        ++at;
        continue;
      }
      what.id = ++store_->last_id;
      what.attempt = 1;
      store_->waiting[what.id] = {what, store_->time.now()};
      at = store_->dead.erase(at);
      ++count;
    }
    store_->wake->ring(lane);
    co_return count;
  }

  task<> recover() override {
    for (auto& [id, entry] : store_->waiting) entry.lease = 0;
    store_->wake->ring_all();
    co_return;
  }

  task<> stop() override { co_return; }

 private:
  task<std::vector<claimed>> claim(const consumer_options& options, std::int64_t lease) override {
    std::vector<claimed> out;
    std::set<std::string> blocked;  // keys with an earlier message that is not taken now
    const auto now = store_->time.now();
    for (auto& [id, entry] : store_->waiting) {
      if (static_cast<int>(out.size()) >= options.batch) break;
      if (entry.what.lane != options.lane || blocked.contains(entry.what.key)) continue;
      if (!store_->is_free(entry) || entry.due_at > now) {
        if (!entry.what.key.empty()) blocked.insert(entry.what.key);
        continue;
      }
      entry.lease = lease;
      entry.leased_until = now + options.lease;
      entry.what.attempt = entry.failures + 1;
      out.push_back({entry.what, entry.claims++ - entry.failures});
    }
    co_return out;
  }

  task<> done(pg::transaction& in, std::int64_t lease, std::span<const std::int64_t> ids) override {
    for (const auto id : ids) store_->held(id, lease);
    std::vector<std::int64_t> all(ids.begin(), ids.end());
    in.after_commit([store = store_, all = std::move(all)] {
      for (const auto id : all) store->waiting.erase(id);
    });
    co_return;
  }

  task<> later(pg::transaction& in, std::int64_t lease, std::int64_t id, instant due_at) override {
    store_->held(id, lease);
    in.after_commit([store = store_, id, lease, due_at] {
      if (auto* entry = store->find(id, lease)) {
        entry->lease = 0;
        entry->due_at = due_at;
        --entry->claims;
      }
    });
    co_return;
  }

  task<> give_back(std::int64_t lease, std::vector<std::int64_t> ids) override {
    for (const auto id : ids) {
      if (auto* entry = store_->find(id, lease)) {
        entry->lease = 0;
        --entry->claims;
        store_->wake->ring(entry->what.lane);
      }
    }
    co_return;
  }

  task<> failed(std::int64_t lease, std::int64_t id, std::chrono::milliseconds retry_in) override {
    if (auto* entry = store_->find(id, lease)) {
      entry->lease = 0;
      entry->due_at = store_->time.now() + retry_in;
      ++entry->failures;
    }
    co_return;
  }

  task<> bury(std::int64_t lease, std::int64_t id, std::string error) override {
    if (auto* entry = store_->find(id, lease)) {
      dead_letter letter{entry->what, std::move(error), store_->time.now()};
      store_->dead[id] = {entry->failures + 1, std::move(letter)};
      store_->waiting.erase(id);
    }
    co_return;
  }

  task<bool> extend(const consumer_options& options, std::int64_t lease, std::int64_t id) override {
    auto* entry = store_->find(id, lease);
    if (entry) entry->leased_until = store_->time.now() + options.lease;
    co_return entry != nullptr;
  }

  executor on_;
  queue_options options_;
  std::shared_ptr<store> store_;
};

}  // namespace

std::unique_ptr<queue> make_memory_queue(executor on, const clock& time, queue_options options) {
  return std::make_unique<memory_queue>(on, time, std::move(options));
}

}  // namespace tandem::queue
