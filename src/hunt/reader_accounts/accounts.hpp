#pragma once
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/task.hpp"
#include "base/clock.hpp"
#include "hunt/ids.hpp"
#include "hunt/posts/post_observer.hpp"
#include "hunt/sources/sources.hpp"
#include "platform/pg/pg.hpp"
#include "platform/seal/vault.hpp"

namespace tandem::hunt {

using account_id = strong_id<struct account_tag>;

// login: being logged in, which a command does; limited: Telegram asked it to rest; leaving: to be logged
// out; logged_out: by us or by its owner; banned: by Telegram.
enum class account_state : std::uint8_t { login, active, paused, limited, leaving, logged_out, banned };
std::string_view name_of(account_state state);

// A Telegram account of the operator that reads for us.
struct account {
  account_id id;
  std::string name;
  account_state state = account_state::login;
  std::string key;  // encrypts the session's files; a secret
  std::int64_t user_id = 0;
  std::string shown;
  std::optional<instant> limited_until, joins_held_until, last_join;
  std::string last_error;
  int joins_today = 0;  // tries within the last 24 hours
};

// known: it can be read without joining; pending: somebody has to approve the join.
enum class membership : std::uint8_t { none, known, pending, joined, refused };
std::string_view name_of(membership state);

// What an account is to a chat.
struct seat {
  account_id who;
  std::int64_t chat_id = 0;  // TDLib's; 0: not found yet
  membership state = membership::none;
  std::string detail;  // why joining was refused; a known chat goes on being read without
  instant changed_at;  // by whoever changed it: of two, the later one is right
};

// A source of the kind "account".
struct account_source {
  source what;
  std::string link;    // of a private chat, a secret; "" for a public one, which has what.name
  account_id read_by;  // 0: nobody
  std::vector<seat> seats;
  const seat* seat_of(account_id who) const;
};

// The invite link of a private chat in any usual spelling (t.me/+hash, t.me/joinchat/hash, tg://join?invite=)
// as https://t.me/+hash; nothing if it is none.
std::optional<std::string> parse_invite_link(std::string_view written);

struct login_slot {
  account_id id;
  std::string key;
};

// What is known of them and of the chats that they read.
class account_book {
 public:
  virtual ~account_book() = default;
  virtual task<std::vector<account>> list() = 0;
  virtual task<std::vector<account_source>> read_sources() = 0;

  // Keeps an account for a login, with a fresh key or, once there are files, the key that they were written
  // with; nothing if one of this name is in use.
  virtual task<std::optional<login_slot>> begin_login(std::string_view name) = 0;
  virtual task<> end_login(account_id which, std::int64_t user_id, std::string_view shown) = 0;
  // The operator's wish: paused, active again, or leaving. False if it is in no state for it.
  virtual task<bool> wish(std::string_view name, account_state wanted) = 0;

  virtual task<> note_state(account_id which, account_state state, std::optional<instant> limited_until,
                            std::string_view error) = 0;
  virtual task<> hold_joins(account_id which, instant until) = 0;
  virtual task<> note_join_try(account_id which) = 0;
  virtual task<> keep_seat(source_id of, const seat& what) = 0;
  virtual task<> assign(source_id what, account_id reader) = 0;

  // A public @name, or a private chat's invite link. bad_name: neither.
  virtual task<std::expected<source_id, source_refusal>> add_source(std::string_view written,
                                                                    std::string_view rules) = 0;
  virtual task<> rename_source(source_id which, std::string_view name) = 0;
  // How reading goes: "" for well.
  virtual task<> note_source(source_id which, std::string_view error) = 0;
  // Messages of the stretch that are stored and count.
  virtual task<std::vector<std::int64_t>> open_posts(source_id of, std::int64_t from, std::int64_t to) = 0;
  // Their writers have deleted these: the posts are closed, and a vacancy that stands nowhere else is
  // withdrawn, which strikes its cards out. Safe to repeat. How many vacancies that were.
  virtual task<int> close_posts(const source& of, std::vector<std::int64_t> messages) = 0;
};

// `observer` may be null.
std::unique_ptr<account_book> make_account_book(pg::pool& database, const seal::vault& secrets,
                                                const clock& time, post_observer* observer = nullptr);

}  // namespace tandem::hunt
