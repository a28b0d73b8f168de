#pragma once
#include <map>
#include <memory>
#include <string>

#include "platform/lead/lead.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::app {

// What an installation has one of, each under a lease of its own, so that several processes share the work
// out: one has the bots, another delivers.
class leads {
 public:
  // `alone`: no other process works on this database, ever; then nothing is asked of it.
  leads(executor on, pg::pool& db, bool alone) : on_(std::move(on)), db_(db), alone_(alone) {}

  struct office {
    lead::candidate& who;
    pg::pool& db;  // whoever is led writes through it
  };
  // The candidature for `name`; begins with the first call. Stopped with `life`.
  task<office> run_for(std::string name, async::life_cycle& life);
  bool alone() const { return alone_; }

 private:
  struct place {
    std::unique_ptr<lead::candidate> who;
    std::unique_ptr<pg::pool> guard;  // not if alone
  };

  executor on_;
  pg::pool& db_;
  bool alone_;
  std::map<std::string, place> places_;
};

}  // namespace tandem::app
