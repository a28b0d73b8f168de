#include "platform/queue/table_queue.hpp"

#include "platform/queue/queue_sql.hpp"

namespace tandem::queue {

task<> table_queue::publish(pg::transaction& in, std::span<const publication> what) {
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
  news_after(in, std::move(touched));
}

task<std::vector<lane_state>> table_queue::lanes() {
  const auto rows = co_await db_(sql::queue::lanes, time_.now());
  std::vector<lane_state> out;
  for (int at = 0; at < rows.size(); ++at) {
    const auto row = rows[at];
    out.push_back({row.get<std::string>(0), row.get<std::int64_t>(1), row.get<std::int64_t>(2),
                   row.get<std::int64_t>(3), row.get<std::int64_t>(4), row.get<std::optional<instant>>(5)});
  }
  co_return out;
}

task<std::vector<dead_letter>> table_queue::dead(std::string_view lane, int limit) {
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

task<std::int64_t> table_queue::replay(std::string_view lane, std::span<const std::int64_t> ids) {
  const std::string name(lane);
  const auto back = co_await db_(sql::queue::replay, name, ids, time_.now());
  news_now(name);
  co_return back.affected();
}

task<> table_queue::recover() {
  co_await db_(sql::queue::release_all);
  news_now({});
}

task<> table_queue::done(pg::transaction& in, std::int64_t lease, std::span<const std::int64_t> ids) {
  const auto gone = co_await in(sql::queue::done, ids, lease);
  if (gone.affected() != static_cast<std::int64_t>(ids.size())) throw lease_lost("the claim ran out");
}

task<> table_queue::later(pg::transaction& in, std::int64_t lease, std::int64_t id, instant due_at) {
  const auto put = co_await in(sql::queue::later, id, lease, due_at);
  if (put.affected() != 1) throw lease_lost("the claim ran out");
}

task<> table_queue::give_back(std::int64_t lease, std::vector<std::int64_t> ids) {
  co_await db_(sql::queue::give_back, ids, lease);
}

task<> table_queue::failed(std::int64_t lease, std::int64_t id, std::chrono::milliseconds retry_in) {
  const instant due = time_.now() + retry_in;
  co_await db_(sql::queue::failed, id, lease, due);
}

task<> table_queue::bury(std::int64_t lease, std::int64_t id, std::string error) {
  co_await db_(sql::queue::bury, id, lease, error, time_.now());
}

task<bool> table_queue::extend(const consumer_options& options, std::int64_t lease, std::int64_t id) {
  const std::chrono::microseconds lasts = options.lease;
  const auto kept = co_await db_(sql::queue::extend, id, lease, lasts);
  co_return kept.affected() == 1;
}

}  // namespace tandem::queue
