#include "platform/bots/installation.hpp"

#include "platform/bots/installation_sql.hpp"

namespace tandem::bots {

task<std::optional<installation>> find_installation(pg::session& in) {
  const auto rows = co_await in(sql::installation::find);
  if (rows.empty()) co_return std::nullopt;
  co_return installation{rows.front().get<std::string>(0), rows.front().get<std::string>(1)};
}

task<installation> claim_installation(pg::session& in, installation first) {
  co_await in(sql::installation::claim, first.mode, first.key_fingerprint);
  const auto written = co_await find_installation(in);
  co_return *written;
}

}  // namespace tandem::bots
