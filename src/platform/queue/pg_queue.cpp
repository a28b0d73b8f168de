#include "platform/queue/hints.hpp"
#include "platform/queue/queue_sql.hpp"
#include "platform/queue/table_queue.hpp"

namespace tandem::queue {

namespace {

class pg_queue final : public table_queue {
 public:
  pg_queue(executor on, pg::pool& db, const clock& time, queue_options options)
      : table_queue(db, time), on_(on), options_(std::move(options)), hints_(on, db, options_) {
    hints_.listen([wake = wake_](std::string_view lane) { ring(*wake, lane); });
  }

  task<> consume(consumer_options options, batch_handler handler) override {
    return tandem::queue::consume(on_, *this, wake_, options_, std::move(options), std::move(handler));
  }

  task<> stop() override { co_await hints_.stop(); }

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

  void news_after(pg::transaction& in, std::set<std::string> lanes) override {
    hints_.tell_after(in, std::move(lanes), [wake = wake_](std::string_view lane) { ring(*wake, lane); });
  }
  void news_now(std::string lane) override {
    ring(*wake_, lane);
    if (!lane.empty()) hints_.tell(std::move(lane));
  }

  static void ring(bells& wake, std::string_view lane) { lane.empty() ? wake.ring_all() : wake.ring(lane); }

  executor on_;
  queue_options options_;
  std::shared_ptr<bells> wake_ = std::make_shared<bells>();
  hints hints_;
};

}  // namespace

std::unique_ptr<queue> make_pg_queue(executor on, pg::pool& db, const clock& time, queue_options options) {
  return std::make_unique<pg_queue>(on, db, time, std::move(options));
}

}  // namespace tandem::queue
