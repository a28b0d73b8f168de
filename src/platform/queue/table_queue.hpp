#pragma once
// What the engines over PostgreSQL have in common: the table of messages is the outbox and the inbox (a row
// goes with its acknowledgement), and holds the delays, the retries and the dead letters. They differ in how
// a due message comes to a consumer.
#include <set>

#include "platform/queue/consumer.hpp"

namespace tandem::queue {

class table_queue : public queue, protected claims {
 public:
  table_queue(pg::pool& db, const clock& time) : db_(db), time_(time) {}

  task<> publish(pg::transaction& in, std::span<const publication> what) override;
  task<std::vector<lane_state>> lanes() override;
  task<std::vector<dead_letter>> dead(std::string_view lane, int limit) override;
  task<std::int64_t> replay(std::string_view lane, std::span<const std::int64_t> ids) override;
  task<> recover() override;

 protected:
  task<> done(pg::transaction& in, std::int64_t lease, std::span<const std::int64_t> ids) override;
  task<> later(pg::transaction& in, std::int64_t lease, std::int64_t id, instant due_at) override;
  task<> give_back(std::int64_t lease, std::vector<std::int64_t> ids) override;
  task<> failed(std::int64_t lease, std::int64_t id, std::chrono::milliseconds retry_in) override;
  task<> bury(std::int64_t lease, std::int64_t id, std::string error) override;
  task<bool> extend(const consumer_options& options, std::int64_t lease, std::int64_t id) override;

  // There is something new in these lanes once `in` has committed.
  virtual void news_after(pg::transaction& in, std::set<std::string> lanes) = 0;
  virtual void news_now(std::string lane) = 0;

  pg::pool& db_;
  const clock& time_;
};

}  // namespace tandem::queue
