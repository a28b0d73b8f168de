#pragma once
#include <iosfwd>
#include <string>

#include "platform/queue/queue.hpp"

// What `tandem queue` does, over whichever engine.
namespace tandem::app {

// Lists what lies dead in the lane, or in every lane if it is empty: number, when it died, after how many
// attempts, kind, key, error; so many of a lane at most. Never the message itself. The exit code.
task<int> show_dead_letters(queue::queue& lanes, const std::string& lane, int limit, std::ostream& out);

// Puts these back into their lane, or all of it if there are none; 1 if one of them does not lie there.
task<int> replay_dead_letters(queue::queue& lanes, const std::string& lane,
                              const std::vector<std::int64_t>& ids, std::ostream& out);

}  // namespace tandem::app
