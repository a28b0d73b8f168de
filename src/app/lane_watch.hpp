#pragma once
#include <memory>

#include "async/part.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::app {

// Shows the queue in the metrics every few seconds: what waits in each lane, for how long, what died. Not
// ready while the queue cannot be asked.
std::unique_ptr<async::part> make_lane_watch(executor on, queue::queue& lanes, const clock& time,
                                             metrics::registry& figures,
                                             std::chrono::milliseconds look_every = std::chrono::seconds(5));

}  // namespace tandem::app
