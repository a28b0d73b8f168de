#include "app/leads.hpp"

#include "platform/lead/guard.hpp"

namespace tandem::app {

task<leads::office> leads::run_for(std::string name, async::life_cycle& life) {
  const auto key = alone_ ? std::string() : name;
  auto& mine = places_[key];
  if (!mine.who) {
    if (alone_) {
      mine.who = lead::make_sole_candidate();
    } else {
      lead::lease_options options;
      options.name = std::move(name);
      mine.who = lead::make_pg_candidate(on_, db_, std::move(options));
      mine.guard = lead::make_guard(db_, *mine.who);
    }
    co_await life.start(*mine.who);
  }
  co_return office{*mine.who, mine.guard ? *mine.guard : db_};
}

}  // namespace tandem::app
