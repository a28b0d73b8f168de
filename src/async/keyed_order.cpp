#include "async/keyed_order.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <list>

#include "async/event.hpp"

namespace tandem::async {

struct keyed_order::state {
  scope& in;
  std::size_t max_parallel;
  // An entry while the key is busy. Lists, since an empty deque already owns half a kilobyte.
  boost::unordered_flat_map<std::int64_t, std::list<std::function<task<>()>>> lines;
  std::deque<std::int64_t> ready;  // keys that wait for a free slot
  std::size_t running = 0;
  std::size_t pending = 0;
  event changed;

  bool starting = false;

  // A job that never waits ends within its spawn and comes here again: it is the first caller that goes on,
  // so that such jobs do not nest.
  static void start(const std::shared_ptr<state>& self) {
    if (self->starting) return;
    self->starting = true;
    while (self->running < self->max_parallel && !self->ready.empty()) {
      const auto key = self->ready.front();
      self->ready.pop_front();
      ++self->running;
      self->in.spawn("keyed", run(self, key));
    }
    self->starting = false;
  }

  // Hands the key on and leaves the slot, also when the job failed or was cancelled.
  struct turn {
    std::shared_ptr<state> self;
    std::int64_t key;
    bool goes_on = false;  // the coroutine takes the next key itself, which is cheaper than another one
    ~turn() {
      --self->running;
      --self->pending;
      auto& line = self->lines[key];
      line.pop_front();
      if (line.empty()) {
        self->lines.erase(key);
      } else {
        self->ready.push_back(key);
      }
      self->changed.ring();
      if (!goes_on) start(self);
    }
  };

  static task<> run(std::shared_ptr<state> self, std::int64_t key) {
    for (;;) {
      {
        turn mine{self, key};
        const auto job = std::move(self->lines[key].front());
        co_await job();
        mine.goes_on = true;
      }
      if (self->ready.empty()) co_return;
      key = self->ready.front();
      self->ready.pop_front();
      ++self->running;
    }
  }
};

keyed_order::keyed_order(scope& in, std::size_t max_parallel)
    : state_(new state{in, max_parallel, {}, {}, 0, 0, event(in.on()), false}) {}
keyed_order::~keyed_order() = default;

void keyed_order::submit(std::int64_t key, std::function<task<>()> job) {
  auto& line = state_->lines[key];
  line.push_back(std::move(job));
  ++state_->pending;
  if (line.size() == 1) {
    state_->ready.push_back(key);
    state::start(state_);
  }
}

task<> keyed_order::drain() { co_await below(1); }

task<> keyed_order::below(std::size_t limit) {
  const auto state = state_;
  while (state->pending >= limit) co_await state->changed.wait();
}

std::size_t keyed_order::pending() const { return state_->pending; }

}  // namespace tandem::async
