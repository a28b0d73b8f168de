#include "app/dead_letters.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

namespace tandem::app {
namespace {

constexpr std::size_t longest_error = 300;  // of bytes; the whole of it is in the log

// An error on one line, whatever bytes it has.
std::string line_of(std::string_view error) {
  auto end = std::min(error.size(), longest_error);
  const auto continues = [&](std::size_t at) { return at < error.size() && (error[at] & '\xc0') == '\x80'; };
  while (end > 0 && continues(end)) --end;  // not in the middle of a letter
  std::string out(error.substr(0, end));
  for (char& byte : out) {
    if (static_cast<unsigned char>(byte) < ' ' || byte == '\x7f') byte = ' ';
  }
  if (out.size() < error.size()) out += " …";
  return out;
}

}  // namespace

task<int> show_dead_letters(queue::queue& lanes, const std::string& lane, int limit, std::ostream& out) {
  const auto states = co_await lanes.lanes();
  bool any = false;
  for (const auto& state : states) {
    if (state.dead == 0 || (!lane.empty() && state.lane != lane)) continue;
    any = true;
    const auto letters = co_await lanes.dead(state.lane, limit);
    out << fmt::format("{}: {} dead letters\n", state.lane, state.dead);
    for (const auto& one : letters) {
      const auto key = one.what.key.empty() ? "" : " of " + one.what.key;
      out << fmt::format("  {:<10} {:%Y-%m-%d %H:%M:%S} UTC, tried {} times, {}{}: {}\n", one.what.id,
                         std::chrono::floor<std::chrono::seconds>(one.died_at), one.what.attempt,
                         one.what.kind, key, line_of(one.error));
    }
    const auto more = state.dead - static_cast<std::int64_t>(letters.size());
    if (more > 0) out << fmt::format("  … and {} more: --limit shows them\n", more);
  }
  if (any) {
    out << "Mend the cause, then `tandem queue replay LANE` hands them out again.\n";
  } else {
    out << (lane.empty() ? "No dead letters.\n" : fmt::format("No dead letters in {}.\n", lane));
  }
  co_return 0;
}

task<int> replay_dead_letters(queue::queue& lanes, const std::string& lane,
                              const std::vector<std::int64_t>& ids, std::ostream& out) {
  auto wanted = ids;
  std::ranges::sort(wanted);
  const auto same = std::ranges::unique(wanted);
  wanted.erase(same.begin(), same.end());
  const auto back = co_await lanes.replay(lane, wanted);
  out << fmt::format("{} messages are back in {}.\n", back, lane);
  const auto missed = static_cast<std::int64_t>(wanted.size()) - back;
  if (missed <= 0 && back > 0) co_return 0;
  std::cerr << (wanted.empty() ? fmt::format("Nothing lies dead in {}", lane)
                               : fmt::format("{} of these do not lie dead in {}", missed, lane))
            << "; `tandem queue dead` lists what does.\n";
  co_return 1;
}

}  // namespace tandem::app
