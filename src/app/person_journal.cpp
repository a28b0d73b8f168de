#include "app/person_journal.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <iostream>

namespace tandem::app {

task<std::optional<accounts::user>> find_person(pg::session& in, accounts::users& people,
                                                const std::string& written) {
  std::int64_t telegram_id = 0;
  const auto* end = written.data() + written.size();
  const auto read = std::from_chars(written.data(), end, telegram_id);
  if (read.ec == std::errc() && read.ptr == end) co_return co_await people.find_by_telegram(in, telegram_id);
  co_return co_await people.find_by_username(in, written);
}

task<int> show_journal(pg::session& in, accounts::users& people, const std::string& written, int limit,
                       std::ostream& out) {
  const auto who = co_await find_person(in, people, written);
  if (!who) {
    std::cerr << written << " is nobody here: give a Telegram id, or a @username as it is now.\n";
    co_return 1;
  }
  const auto entries = co_await people.journal(in, who->id, limit);
  for (const auto& one : entries) {
    out << fmt::format("{:%Y-%m-%d %H:%M:%S} UTC  {:<24} {:<16} {}\n",
                       std::chrono::floor<std::chrono::seconds>(one.at), one.action, one.screen, one.subject);
  }
  out << fmt::format("{} entries\n", entries.size());
  co_return 0;
}

}  // namespace tandem::app
