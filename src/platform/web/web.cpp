#include "platform/web/web.hpp"

#include "base/text/json_text.hpp"

namespace tandem::web {

namespace {

http::response health_answer(const parts& list, bool must_be_ready) {
  bool ready = true;
  std::string each;
  for (const auto* part : list()) {
    const auto state = part->state();
    ready = ready && state.ready;
    if (!each.empty()) each += ',';
    each += R"({"name":)" + text::json_text(part->name()) + R"(,"ready":)" +
            (state.ready ? "true" : "false") + R"(,"detail":)" + text::json_text(state.detail) + "}";
  }
  std::string body =
      std::string(R"({"ready":)") + (ready ? "true" : "false") + R"(,"parts":[)" + each + "]}\n";
  auto answer = http::response::json(ready || !must_be_ready ? 200 : 503, std::move(body));
  answer.headers.add("Cache-Control", "no-store");
  return answer;
}

}  // namespace

void add_metrics(http::router& to, const metrics::registry& all) {
  to.add("GET", "/metrics", [&all](http::request) -> task<http::response> {
    http::response answer;
    answer.headers.add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    answer.body = all.render();
    co_return answer;
  });
}

void add_health(http::router& to, parts list) {
  to.add("GET", "/healthz",
         [list](http::request) -> task<http::response> { co_return health_answer(list, false); });
  to.add("GET", "/readyz", [list = std::move(list)](http::request) -> task<http::response> {
    co_return health_answer(list, true);
  });
}

}  // namespace tandem::web
