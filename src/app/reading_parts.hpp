#pragma once
#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "app/settings.hpp"
#include "hunt/delivery/delivery.hpp"

// How readers are served, by the operator's settings.
namespace tandem::app {

// "RUB 1", "USD 90" → pairs; a line that is no such thing is given back.
std::expected<std::vector<std::pair<std::string, double>>, std::string> read_worth(
    const std::vector<std::string>& lines);

hunt::delivery_settings delivery_settings_of(const settings& all);

}  // namespace tandem::app
