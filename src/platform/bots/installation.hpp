#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "async/task.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::bots {

// What this installation is, written at its first start.
struct installation {
  std::string mode;             // "sandbox" or "real"
  std::string key_fingerprint;  // of the key that sealed its secrets
};

task<std::optional<installation>> find_installation(pg::session& in);
// Writes it the first time; what is written then.
task<installation> claim_installation(pg::session& in, installation first);

}  // namespace tandem::bots
