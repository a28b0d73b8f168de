#include "platform/queue/hints.hpp"

#include <random>

#include "async/event.hpp"
#include "async/within.hpp"
#include "platform/queue/queue_sql.hpp"

namespace tandem::queue {

using namespace std::chrono_literals;

namespace {

constexpr auto hint_pause = 20ms;
constexpr std::size_t hint_size = 7'000;  // NOTIFY takes less than 8,000 bytes

// "process lane lane …"; empty after the listening connection was lost for a while.
void hear(std::string_view self, std::string_view payload,
          const std::function<void(std::string_view lane)>& heard) {
  if (payload.empty()) return heard("");
  const auto next = [&payload] {
    const auto end = std::min(payload.find(' '), payload.size());
    const auto word = payload.substr(0, end);
    payload.remove_prefix(std::min(end + 1, payload.size()));
    return word;
  };
  if (next() == self) return;
  while (!payload.empty()) heard(next());
}

}  // namespace

struct hints::state {
  explicit state(const executor& on) : bell(on) {}
  std::string self = std::to_string(std::random_device{}());  // so that a process does not listen to itself
  std::set<std::string> fresh;
  async::event bell;
};

hints::hints(executor on, pg::pool& db, const queue_options& options)
    : db_(db),
      state_(std::make_shared<state>(on)),
      work_(on, [told = options.told](std::string_view, const std::exception_ptr& failure) {
        if (told) told("", async::text_of(failure));
      }) {
  work_.spawn("queue hints", send(db_, state_));
}

void hints::listen(std::function<void(std::string_view lane)> heard) {
  db_.listen("tandem_queue", [self = state_->self, heard = std::move(heard)](std::string_view payload) {
    hear(self, payload, heard);
  });
}

void hints::tell(std::string lane) {
  state_->fresh.insert(std::move(lane));
  state_->bell.ring();
}

void hints::tell_after(pg::transaction& in, std::set<std::string> lanes,
                       std::function<void(std::string_view)> here) {
  in.after_commit([state = state_, lanes = std::move(lanes), here = std::move(here)] {
    for (const auto& lane : lanes) here(lane);
    state->fresh.insert(lanes.begin(), lanes.end());
    state->bell.ring();
  });
}

task<> hints::stop() { co_await work_.stop(); }

task<> hints::send(pg::pool& db, std::shared_ptr<state> of) {
  for (;;) {
    co_await of->bell.wait();
    auto payload = of->self;
    for (const auto& lane : of->fresh) {
      if (payload.size() + lane.size() < hint_size) payload += ' ' + lane;
    }
    of->fresh.clear();
    try {
      co_await db(sql::queue::hint, payload);
    } catch (const pg::error&) {
    }
    co_await async::sleep_for(hint_pause);
  }
}

}  // namespace tandem::queue
