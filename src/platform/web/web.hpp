#pragma once
#include <functional>
#include <vector>

#include "async/part.hpp"
#include "platform/http/server.hpp"
#include "platform/metrics/metrics.hpp"

namespace tandem::web {

// GET /metrics for Prometheus. `all` must live as long as the router.
void add_metrics(http::router& to, const metrics::registry& all);

// The parts to be asked; called for each request.
using parts = std::function<std::vector<const async::part*>()>;

// GET /healthz: 200 as long as the event loop turns. GET /readyz: 200 when every part is ready, otherwise
// 503. Both answer {"ready":…,"parts":[{"name":…,"ready":…,"detail":…}]}, so that one look tells what is
// wrong.
void add_health(http::router& to, parts list);

}  // namespace tandem::web
