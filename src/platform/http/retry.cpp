#include <algorithm>
#include <charconv>
#include <random>

#include "async/within.hpp"
#include "platform/http/client.hpp"

namespace tandem::http {

std::optional<std::chrono::milliseconds> next_try_in(const retry_policy& policy, int tries_done,
                                                     const outcome& last, double chance) {
  if (tries_done >= policy.attempts) return std::nullopt;
  const bool not_taken_in = last.status == 429 || last.status == 503 || (last.status == 0 && !last.sent);
  const bool passing =
      not_taken_in || last.status == 0 || last.status == 500 || last.status == 502 || last.status == 504;
  if (!passing || (!policy.safe_to_repeat && !not_taken_in)) return std::nullopt;
  if (last.retry_after) {
    if (*last.retry_after > policy.longest) return std::nullopt;
    return *last.retry_after;
  }
  auto wait = policy.first;
  for (int i = 1; i < tries_done && wait < policy.longest; ++i) wait *= 2;
  wait = std::min(wait, policy.longest);
  return wait / 2 +
         std::chrono::milliseconds(static_cast<std::int64_t>(chance * static_cast<double>(wait.count()) / 2));
}

task<response> send_with_retries(client& through, fetch what, retry_policy policy) {
  static thread_local std::minstd_rand dice{std::random_device{}()};
  for (int tries = 1;; ++tries) {
    outcome last;
    std::optional<response> answer;
    std::exception_ptr failure;
    try {
      auto copy = what;
      answer = co_await through.send(std::move(copy));
      last.status = answer->status;
      const auto wish = answer->headers.value_or("Retry-After", "");
      int seconds = 0;
      const auto [end, error] = std::from_chars(wish.data(), wish.data() + wish.size(), seconds);
      if (!wish.empty() && error == std::errc() && end == wish.data() + wish.size() && seconds >= 0) {
        last.retry_after = std::chrono::seconds(seconds);
      }
    } catch (const no_answer& none) {
      last.sent = none.sent;
      failure = std::current_exception();
    }
    const auto wait = next_try_in(policy, tries, last, std::uniform_real_distribution<>(0, 1)(dice));
    if (!wait) {
      if (failure) std::rethrow_exception(failure);
      co_return std::move(*answer);
    }
    co_await async::sleep_for(*wait);
  }
}

}  // namespace tandem::http
