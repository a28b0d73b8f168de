#pragma once
#include "app/settings.hpp"
#include "platform/bots/registry.hpp"

namespace tandem::app {

inline constexpr std::string_view hunt_role = "hunt.main";  // of the registry of bots

// Registers the products' bots whose tokens stand in the settings. `retire`: and takes those out of use whose
// token stands there no more. For one process of the installation: the others may not have been started with
// the new settings yet. Throws std::runtime_error where a setting is no token.
task<> keep_own_bots(pg::session& in, bots::registry& registry, const settings& all, bool retire);

}  // namespace tandem::app
