// The numbers of the formula and the weights of level 1, in versions: refitted to what happened, bounded,
// never taken over unless they foretell better what they were not fitted to, and always with a way back.
// Owns dating.coefficients.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "dating/rating/rating.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::dating {

// What ratings are computed with. Version 0: the defaults and no opinion of level 1.
struct fitted {
  coefficients numbers;  // numbers.version is the stored version
  primary_model primary;
};

// One showing that is learned from: the pair, and the candidate's received tally as it was before.
struct learned_showing {
  primary_features x;
  double good = 0, count = 0;
  bool liked = false;
};
struct fitting {
  fitted to;
  double before = 0, after = 0;  // log loss per held-out showing, with the old numbers and with the new ones
  bool better() const { return after <= before - clear_gain; }
};
// Fits to all but the last `held_out` showings (they are in the order of time), and says what the old and the
// new numbers foretell of these. Pure, and slow: 0.1 s for 20,000.
fitting fit_to(const fitted& from, std::span<const learned_showing> seen, std::size_t held_out);

struct coefficient_version {
  int version = 0;
  instant made_at;
  std::string why;
  bool in_use = false;
  bool held = false;  // chosen by hand: the nightly refit leaves it
  coefficients numbers;
};

// What a refit came to.
struct refit_report {
  std::size_t showings = 0, held_out = 0;
  double before = 0, after = 0;  // log loss per held-out showing, with the old ones and with the new ones
  int version = 0;               // that is in use now
  enum class end : std::uint8_t {
    taken,
    no_better,  // on the held-out showings
    too_few,    // showings
    held        // a version is held by hand
  } what = end::too_few;
};
std::string_view name_of(refit_report::end what);

class coefficient_store {
 public:
  virtual ~coefficient_store() = default;
  // Those in use. Read again at most once a minute.
  virtual task<std::shared_ptr<const fitted>> current(pg::session& in) = 0;
  // The latest first; version 0 is the last.
  virtual task<std::vector<coefficient_version>> list(pg::session& in) = 0;
  // Uses and holds this version; false if there is none. Everybody is rated anew by the next nightly run.
  virtual task<bool> use(pg::session& in, int version) = 0;
  // Fits to the latest showings but the last fifth, and takes the result over if it foretells that fifth
  // clearly better than those in use. `by_hand`: also when a version is held, which it then is no more.
  virtual task<refit_report> refit(pg::transaction& in, bool by_hand) = 0;

  // Whether everybody has been rated with this version already.
  virtual task<bool> applied(pg::session& in, int version) = 0;
  virtual task<> note_applied(pg::session& in, int version) = 0;
};
// The clock outlives it.
std::unique_ptr<coefficient_store> make_coefficient_store(const clock& time);

}  // namespace tandem::dating
