#include "app/reading_parts.hpp"

#include <algorithm>
#include <charconv>

namespace tandem::app {

std::expected<std::vector<std::pair<std::string, double>>, std::string> read_worth(
    const std::vector<std::string>& lines) {
  std::vector<std::pair<std::string, double>> out;
  for (const auto& line : lines) {
    const auto space = line.find(' ');
    const auto currency = line.substr(0, space);
    double worth = 0;
    if (space != std::string::npos) {
      const auto* end = line.data() + line.size();
      const auto read = std::from_chars(line.data() + space + 1, end, worth);
      if (read.ec != std::errc() || read.ptr != end) worth = 0;
    }
    const bool code =
        currency.size() == 3 && std::ranges::all_of(currency, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!code || worth <= 0) return std::unexpected(line);
    out.emplace_back(currency, worth);
  }
  return out;
}

hunt::delivery_settings delivery_settings_of(const settings& all) {
  hunt::delivery_settings out;
  out.in_each_category = all.deliver_in_each_category;
  out.fresh = std::chrono::minutes(all.fresh_minutes);
  out.oldest = std::chrono::hours(all.oldest_delivered_h);
  if (auto worth = read_worth(all.currency_worth)) out.worth = *std::move(worth);
  return out;
}

}  // namespace tandem::app
