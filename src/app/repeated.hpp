#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "async/part.hpp"

namespace tandem::app {

// Work that is done at the start, and again after each pause; also after it has failed, and then the part is
// not ready until it succeeds. `room` is whose log hears of it.
std::unique_ptr<async::part> make_repeated(const executor& on, std::string_view room, std::string name,
                                           std::chrono::milliseconds pause, std::function<task<>()> work);

}  // namespace tandem::app
