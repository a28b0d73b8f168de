#pragma once
// The rules of consuming, written once for all engines: batches, retries, dead letters, who is woken.
#include <list>

#include "async/event.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::queue {

struct claimed {
  message what;
  int unfinished = 0;  // earlier claims that ended neither well nor badly: their process died
};

// What an engine offers to the consumers. `lease` names a claim; what does not belong to it any more is left
// alone.
class claims {
 public:
  virtual ~claims() = default;
  virtual task<std::vector<claimed>> claim(const consumer_options& options, std::int64_t lease) = 0;
  // These two throw lease_lost.
  virtual task<> done(pg::transaction& in, std::int64_t lease, std::span<const std::int64_t> ids) = 0;
  virtual task<> later(pg::transaction& in, std::int64_t lease, std::int64_t id, instant due_at) = 0;
  // Due again at once, as if it had never been claimed.
  virtual task<> give_back(std::int64_t lease, std::vector<std::int64_t> ids) = 0;
  virtual task<> failed(std::int64_t lease, std::int64_t id, std::chrono::milliseconds retry_in) = 0;
  virtual task<> bury(std::int64_t lease, std::int64_t id, std::string error) = 0;
  // False when the claim has been lost.
  virtual task<bool> extend(const consumer_options& options, std::int64_t lease, std::int64_t id) = 0;
};

// The idle workers of this process, by lane.
class bells {
 public:
  struct worker {
    explicit worker(const executor& on) : bell(on) {}
    async::event bell;
    bool idle = false;
  };
  // Wakes one idle worker of the lane (it wakes the next when it finds a full batch); busy ones look once
  // more.
  void ring(std::string_view lane);
  void ring_all();

  std::list<worker*>& of(std::string_view lane);

 private:
  std::map<std::string, std::list<worker*>, std::less<>> lanes_;
};

task<> consume(executor on, claims& engine, std::shared_ptr<bells> wake, queue_options with,
               consumer_options options, batch_handler handler);

}  // namespace tandem::queue
