#pragma once
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/settings.hpp"
#include "async/part.hpp"
#include "hunt/posts/intake.hpp"
#include "hunt/reader_accounts/account_reader.hpp"
#include "platform/metrics/metrics.hpp"
#include "platform/pg/pg.hpp"
#include "platform/seal/vault.hpp"
#include "platform/tdlib/client.hpp"

namespace tandem::app {

// TDLib of this process, loaded when it is first asked for: 60 MB that only those need who have reader
// accounts.
class telegram_library {
 public:
  telegram_library(executor on, const settings& all) : on_(std::move(on)), all_(all) {}
  // What is wrong, with what to do.
  std::expected<const tdlib::library*, std::string> load();
  std::expected<tdlib::hub*, std::string> connect();
  task<> stop();

 private:
  executor on_;
  const settings& all_;
  std::unique_ptr<tdlib::library> library_;
  std::unique_ptr<tdlib::hub> hub_;
};

// Where the sessions lie: tdlib/ in the data folder.
std::filesystem::path sessions_folder(const settings& all);
hunt::join_pace join_pace_of(const settings& all);

struct reader_accounts_parts {
  executor on;
  pg::pool& database;
  const seal::vault& secrets;
  hunt::intake& way_in;
  const clock& time;
  metrics::registry& figures;
  hunt::post_observer* observer;  // may be null
  std::function<void(const hunt::account_change&)> changed;
  std::function<void(const hunt::source_gap&)> left_out;
};

// The part that reads with the operator's accounts, with all that it needs: to be run under the lead.
std::unique_ptr<async::part> make_reader_accounts_part(reader_accounts_parts with, const settings& all);

}  // namespace tandem::app
