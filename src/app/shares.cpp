#include "app/shares.hpp"

namespace tandem::app {

namespace {

using namespace std::chrono_literals;

// Of the message a second that a chat may get. A person who clicks waits for answers, seldom for a card.
constexpr auto gap_of_answers = 1'500ms;  // 40 in a minute
constexpr auto gap_of_others = 9'000ms;   // 6⅔ in a minute, for up to three others: together 60
constexpr int burst_of_answers = 2, burst_of_others = 1;
constexpr int group_of_answers = 11, group_of_others = 3;  // of 20 a minute

}  // namespace

telegram::send_limits limits_of(const settings& all, speaker who) {
  if (all.bot_rate == 0) return telegram::send_limits::none();
  telegram::send_limits limits;
  limits.per_second = static_cast<int>(all.bot_rate);
  limits.broadcasts_per_second = static_cast<int>(all.broadcast_rate);
  const bool mails = who == speaker::all || who == speaker::deliveries;
  if (all.paid_broadcast && mails) {
    limits.paid_per_second = static_cast<int>(all.paid_broadcast_rate);
    limits.paid_cap = all.paid_broadcast_daily_cap;
  }
  if (who == speaker::all) return limits;
  const bool answers = who == speaker::answers;
  limits.per_second = answers ? static_cast<int>(all.answer_rate)
                      : who == speaker::notices
                          ? 1
                          : static_cast<int>(all.bot_rate - all.answer_rate) - most_that_give_notices;
  limits.broadcasts_per_second = std::min(limits.broadcasts_per_second, limits.per_second);
  limits.chat_gap = answers ? gap_of_answers : gap_of_others;
  limits.chat_burst = answers ? burst_of_answers : burst_of_others;
  limits.group_per_minute = answers ? group_of_answers : group_of_others;
  return limits;
}

}  // namespace tandem::app
