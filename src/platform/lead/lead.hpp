#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "async/part.hpp"

namespace tandem::pg {
class pool;
class transaction;
}  // namespace tandem::pg

namespace tandem::lead {

// This process does not lead (any more): what it wanted to write is another's to write.
struct not_leading : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A process among several of which one leads. Whoever leads may lose it at any moment without noticing (a
// stopped process, a lost network), so what counts is check(), asked in the transaction of every write.
// Conformance: lead_conformance.hpp.
class candidate : public async::part {
 public:
  // The epoch under which this process leads, as far as it knows; a higher one has come whenever somebody
  // else led.
  virtual std::optional<std::int64_t> epoch() const = 0;
  // Throws not_leading unless this process leads by the database's clock; nobody else becomes leader before
  // `in` ends.
  virtual task<> check(pg::transaction& in) = 0;
  // Takes or keeps the lead now; what the part does by itself every two seconds. For tests.
  virtual task<> renew() = 0;
};

// The only process leads.
std::unique_ptr<candidate> make_sole_candidate();

struct lease_options {
  std::string name = "tandem";  // what is led
  std::chrono::milliseconds renew_every{2'000};
  std::chrono::milliseconds lasts{6'000};  // after its last renewal
};

// A row in the database: holder, epoch, and until when by the database's clock. The holder is this object, so
// a process that was started again does not take itself for the one before; of one that has died on this
// machine it does not wait for the lease to run out.
std::unique_ptr<candidate> make_pg_candidate(executor on, pg::pool& db, lease_options options = {});

}  // namespace tandem::lead
