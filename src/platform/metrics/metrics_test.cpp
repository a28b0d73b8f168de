#include "platform/metrics/metrics.hpp"

#include <stdexcept>

using namespace tandem;

TEST(Metrics, ACounterIsOneSeriesPerLabelsHoweverOftenItIsAskedFor) {
  metrics::registry all;
  all.counter("tandem_posts_total", "Posts seen.", {{"source", "a"}}).add();
  all.counter("tandem_posts_total", "Posts seen.", {{"source", "a"}}).add(2);
  all.counter("tandem_posts_total", "Posts seen.", {{"source", "b"}}).add();
  const auto text = all.render();
  EXPECT_NE(text.find("# HELP tandem_posts_total Posts seen.\n# TYPE tandem_posts_total counter\n"),
            std::string::npos);
  EXPECT_NE(text.find("tandem_posts_total{source=\"a\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("tandem_posts_total{source=\"b\"} 1\n"), std::string::npos);
}

TEST(Metrics, AGaugeGoesUpAndDown) {
  metrics::registry all;
  const auto waiting = all.gauge("tandem_waiting", "Messages that wait.");
  waiting.set(5);
  waiting.add(-2);
  EXPECT_EQ(waiting.value(), 3);
}

TEST(Metrics, ANameCannotBeTwoThings) {
  metrics::registry all;
  all.counter("tandem_x", "X.");
  EXPECT_THROW(all.gauge("tandem_x", "X."), std::logic_error);
  EXPECT_THROW(all.counter("tandem_x", "Another help."), std::logic_error);
  all.histogram("tandem_h", "H.");
  EXPECT_THROW(all.histogram("tandem_h", "H.", {}, {1, 2}), std::logic_error);
}

TEST(Metrics, QuantilesAreEstimatedWithinTheirBucket) {
  metrics::registry all;
  const auto times = all.histogram("tandem_seconds", "Times.", {}, {1, 2, 4});
  EXPECT_EQ(times.quantile(0.5), 0);
  for (int i = 0; i < 50; ++i) times.observe(0.5);
  for (int i = 0; i < 49; ++i) times.observe(std::chrono::milliseconds(1500));
  times.observe(100.0);
  EXPECT_EQ(times.count(), 100u);
  EXPECT_DOUBLE_EQ(times.quantile(0.25), 0.5);
  EXPECT_DOUBLE_EQ(times.quantile(0.5), 1);
  EXPECT_DOUBLE_EQ(times.quantile(0.99), 2);
  EXPECT_DOUBLE_EQ(times.quantile(1), 4);  // no more is known of what lies above the last bound
  const auto list = all.summaries();
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].name, "tandem_seconds");
  EXPECT_DOUBLE_EQ(list[0].p99, 2);
}

TEST(Metrics, ATimerObservesItsLife) {
  metrics::registry all;
  const auto times = all.histogram("tandem_seconds", "Times.");
  {
    const metrics::timer running(times);
  }
  EXPECT_EQ(times.count(), 1u);
}
