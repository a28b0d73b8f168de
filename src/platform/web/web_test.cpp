#include "platform/web/web.hpp"

#include "async/loop.hpp"

using namespace tandem;

namespace {

struct lamp final : async::part {
  lamp(std::string name, async::health now) : name_(std::move(name)), now_(std::move(now)) {}
  std::string_view name() const override { return name_; }
  task<> start() override { co_return; }
  task<> stop() override { co_return; }
  async::health state() const override { return now_; }
  std::string name_;
  async::health now_;
};

http::response get(const http::router& from, std::string path) {
  async::loop io;
  http::request what;
  what.method = "GET";
  what.path = std::move(path);
  return io.run(from.answer(std::move(what)));
}

}  // namespace

TEST(Health, IsReadyOnlyWhenEveryPartIs) {
  lamp reader("reader", {true, ""}), bots("bots", {false, "no \"answer\" from Telegram"});
  http::router routes;
  web::add_health(routes, [&] { return std::vector<const async::part*>{&reader, &bots}; });
  EXPECT_EQ(get(routes, "/readyz").status, 503);
  EXPECT_EQ(get(routes, "/healthz").status, 200);
  EXPECT_EQ(get(routes, "/readyz").body,
            R"({"ready":false,"parts":[{"name":"reader","ready":true,"detail":""},)"
            R"({"name":"bots","ready":false,"detail":"no \"answer\" from Telegram"}]})"
            "\n");
  bots.now_ = {true, ""};
  EXPECT_EQ(get(routes, "/readyz").status, 200);
}

TEST(MetricsPage, ShowsTheRegistryInPrometheusFormat) {
  metrics::registry all;
  all.counter("tandem_posts_total", "Posts seen.").add(7);
  http::router routes;
  web::add_metrics(routes, all);
  const auto page = get(routes, "/metrics");
  EXPECT_EQ(page.headers.find("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(page.body.find("tandem_posts_total 7\n"), std::string::npos);
}
