// What people may do beyond the free part, invitations, and the figures of a profile. Owns the tables
// entitlements, invites and invited.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "base/strong_id.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::dating {

// premium: see who liked, more likes, letters and undos. boost: shown before others while it lasts.
enum class entitlement : std::uint8_t { premium, boost };
std::string_view name_of(entitlement what);
std::optional<entitlement> entitlement_of(std::string_view name);

// What a person has at this moment.
struct rights {
  std::optional<instant> premium_until, boosted_until;
  int boosts_left = 0;  // of this week, with premium; see growth::boost()
  bool premium() const { return premium_until.has_value(); }
};

struct growth_settings {
  std::chrono::days reward{3};  // of premium, to both sides of an invitation
  int rewards_a_month = 10;     // to one who invites, in thirty days; the invited get theirs anyway
  int boosts_a_week = 1;        // that premium holds
  std::chrono::minutes boost{30};
};

inline constexpr std::size_t code_length = 8;  // of an invitation; a-z, 2-9

// How somebody came by a code.
enum class arrival : std::uint8_t {
  noted,
  own_code,
  unknown_code,
  too_late,  // was here before, or came by another code
};

struct invitations {
  std::string code;
  int came = 0, rewarded = 0;  // registered through it; brought a reward
};

// Somebody whose invitation has just been rewarded.
struct reward {
  user_id invited, by;
  bool both = true;  // false: who invited has had all of this month's
};

// Of the last thirty days and today.
struct profile_figures {
  struct count {
    std::int64_t shown = 0, liked_by = 0, matched = 0;
  };
  count today, month;
  std::int64_t likes_given = 0;           // in the month
  std::vector<std::int64_t> shown_daily;  // thirty days, the oldest first
  std::vector<std::int64_t> liked_daily;
};

class growth {
 public:
  virtual ~growth() = default;

  // ---- entitlements
  virtual task<rights> rights_of(pg::session& in, user_id who) = 0;
  // Adds that much time behind what the person has; the seam for payments. `source` is its name for ever:
  // the same source is granted once ("invite 17", "operator", "payment 9f…"); "" may come again. False if it
  // was granted before, or there is no profile.
  virtual task<bool> grant(pg::transaction& in, user_id who, entitlement what, std::string_view source,
                           std::chrono::seconds lasting) = 0;
  // Begins a boost of the week. False if there is none left, or one is running.
  virtual task<bool> boost(pg::transaction& in, user_id who) = 0;

  // ---- invitations
  // The person's code, made when it is asked for first.
  virtual task<invitations> invitations_of(pg::session& in, user_id who) = 0;
  // A newcomer came by a code; right after their consent, as long as registration is not finished.
  virtual task<arrival> came_by(pg::session& in, user_id newcomer, std::string_view code) = 0;
  // Rewards both sides of invitations whose invited person has finished registration and has a photo that is
  // shown; at most `limit` of them. For a periodic job: each is rewarded once.
  virtual task<std::vector<reward>> reward_due(pg::transaction& in, int limit) = 0;

  // ---- figures
  virtual task<profile_figures> figures_of(pg::session& in, user_id who) = 0;
};
std::unique_ptr<growth> make_growth(const clock& time, growth_settings settings = {});

}  // namespace tandem::dating
