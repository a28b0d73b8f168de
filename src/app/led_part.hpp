#pragma once
#include <memory>

#include "async/part.hpp"
#include "async/passing.hpp"
#include "platform/lead/lead.hpp"

namespace tandem::app {

// Runs `inner` while this process leads, and stops it when it no longer does: for parts of which an
// installation has one. A process that does not lead is ready, as a spare. An `inner` that cannot be started
// or stopped while this part runs is told, and tried again.
std::unique_ptr<async::part> make_led_part(executor on, lead::candidate& who,
                                           std::unique_ptr<async::part> inner, async::pauses between = {});

}  // namespace tandem::app
