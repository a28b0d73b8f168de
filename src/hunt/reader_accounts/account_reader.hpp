#pragma once
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "async/part.hpp"
#include "hunt/posts/intake.hpp"
#include "hunt/reader_accounts/accounts.hpp"
#include "hunt/reader_accounts/chat_reading.hpp"
#include "hunt/reader_accounts/sharing.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/tdlib/client.hpp"

namespace tandem::hunt {

struct account_reader_options {
  std::filesystem::path folder;  // of the sessions; one folder below it for each account
  std::int64_t api_id = 0;
  std::string api_hash, app_version;
  join_pace joins;
  session_pace session;
  feed_pace feed;
  reading_times times;
  int open_chats = 30;  // of an account, the busiest: Telegram tells of an open chat at once
  std::chrono::milliseconds refresh_gap{2'000};
  std::chrono::minutes busiest_gap{10};
  std::chrono::milliseconds reopen_gap{30'000};  // a session that could not be opened is tried again
};

// The session's folder of an account: 0700.
std::filesystem::path session_folder(const std::filesystem::path& root, account_id which);

// An account is limited, banned, logged out, or reads again: for the operator.
struct account_change {
  std::string name;
  account_state state = account_state::active;
  std::string detail;
};

struct account_reader_parts {
  executor on;
  pg::pool& database;
  account_book& book;
  intake& way_in;
  const clock& time;
  metrics::registry& figures;
  // TDLib, once there is an account; else what is wrong.
  std::function<std::expected<tdlib::hub*, std::string>()> telegram;
  std::function<void(const account_change&)> changed;  // may be empty
  std::function<void(const source_gap&)> left_out;     // may be empty
};

// Reads all sources of the kind "account" through the accounts of the operator (sharing.hpp), joins slowly,
// and hands what comes to the intake within milliseconds. Sessions are files that one process may use: run it
// under a lead, and log in on the machine where it runs. An account whose session is not there or cannot be
// opened stays logged in, is tried again, and makes the part not ready.
std::unique_ptr<async::part> make_account_reader(account_reader_parts with, account_reader_options options);

}  // namespace tandem::hunt
