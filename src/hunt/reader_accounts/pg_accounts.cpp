#include <sodium.h>

#include <algorithm>
#include <array>

#include "hunt/reader_accounts/accounts.hpp"
#include "hunt/reader_accounts/accounts_sql.hpp"
#include "hunt/sources/source_name.hpp"

namespace tandem::hunt {
namespace {

namespace sql = hunt::sql::accounts;
using namespace std::chrono_literals;

constexpr std::string_view key_purpose = "hunt.reader_accounts.sealed_key";
constexpr std::string_view link_purpose = "hunt.account_sources.sealed_link";
constexpr std::size_t key_bytes = 32;

constexpr std::array account_states{account_state::login,   account_state::active,  account_state::paused,
                                    account_state::limited, account_state::leaving, account_state::logged_out,
                                    account_state::banned};
constexpr std::array memberships{membership::known, membership::pending, membership::joined,
                                 membership::refused};

account_state account_state_of(std::string_view name) {
  const auto found = std::ranges::find(account_states, name, [](account_state one) { return name_of(one); });
  return found == account_states.end() ? account_state::paused : *found;
}

membership membership_of(std::string_view name) {
  const auto found = std::ranges::find(memberships, name, [](membership one) { return name_of(one); });
  return found == memberships.end() ? membership::none : *found;
}

std::string new_key() {
  std::string out(key_bytes, '\0');
  randombytes_buf(out.data(), out.size());
  return out;
}

// A name for a private chat until its number is known: tells two links apart and does not give them away.
std::string name_of_link(std::string_view link) {
  std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(link.data()),
                     link.size(), nullptr, 0);
  std::string hex(hash.size() * 2 + 1, '\0');
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  hex.pop_back();
  return "private-" + hex;
}

class pg_accounts final : public account_book {
 public:
  pg_accounts(pg::pool& database, const seal::vault& secrets, const clock& time, post_observer* observer)
      : database_(database), secrets_(secrets), time_(time), observer_(observer) {}

  task<std::vector<account>> list() override {
    const auto rows = co_await database_(sql::all, time_.now() - 24h);
    std::vector<account> out(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
      auto& one = out[static_cast<std::size_t>(i)];
      const auto row = rows[i];
      one.id = row.get<account_id>(0);
      one.name = row.get<std::string>(1);
      one.state = account_state_of(row.get<std::string_view>(2));
      one.key = secrets_.open(row.get<std::vector<std::byte>>(3), key_purpose);
      one.user_id = row.get<std::int64_t>(4);
      one.shown = row.get<std::string>(5);
      one.limited_until = row.get<std::optional<instant>>(6);
      one.joins_held_until = row.get<std::optional<instant>>(7);
      one.last_error = row.get<std::string>(8);
      one.joins_today = row.get<int>(9);
      one.last_join = row.get<std::optional<instant>>(10);
    }
    co_return out;
  }

  task<std::vector<account_source>> read_sources() override {
    const auto rows = co_await database_(sql::sources);
    const auto seats = co_await database_(sql::memberships);
    std::vector<account_source> out(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
      auto& one = out[static_cast<std::size_t>(i)];
      const auto row = rows[i];
      one.what.id = row.get<source_id>(0);
      one.what.name = row.get<std::string>(1);
      one.what.title = row.get<std::string>(2);
      one.what.rules = row.get<std::string>(3);
      const auto state = row.get<std::string_view>(4);
      one.what.state = state == "active"    ? source_state::active
                       : state == "failing" ? source_state::failing
                                            : source_state::paused;
      one.what.last_message_id = row.get<std::int64_t>(5);
      if (!row[6].is_null()) one.link = secrets_.open(row.get<std::vector<std::byte>>(6), link_purpose);
      one.read_by = row.get<account_id>(7);
      one.what.kind = source_kind::account;
      one.what.last_error = row.get<std::string>(8);
    }
    auto of = out.begin();
    for (int i = 0; i < seats.size(); ++i) {
      const auto row = seats[i];
      const auto id = row.get<source_id>(0);
      while (of != out.end() && of->what.id < id) ++of;
      if (of == out.end() || of->what.id != id) continue;
      of->seats.push_back({row.get<account_id>(1), row.get<std::int64_t>(2),
                           membership_of(row.get<std::string_view>(3)), row.get<std::string>(4),
                           row.get<instant>(5)});
    }
    co_return out;
  }

  task<std::optional<login_slot>> begin_login(std::string_view name) override {
    const auto sealed = secrets_.close(new_key(), key_purpose);
    const auto row = co_await database_(sql::begin_login, name, sealed, time_.now());
    if (row.empty()) co_return std::nullopt;
    login_slot out{row.front().get<account_id>(0),
                   secrets_.open(row.front().get<std::vector<std::byte>>(1), key_purpose)};
    co_return out;
  }

  task<> end_login(account_id which, std::int64_t user_id, std::string_view shown) override {
    auto work = [&](pg::transaction& tx) -> task<> {
      co_await tx(sql::forget_other_user, which, user_id);
      co_await tx(sql::end_login, which, user_id, shown);
      co_await tx(sql::announce);
    };
    co_await database_.in_transaction(work);
  }

  task<bool> wish(std::string_view name, account_state wanted) override {
    std::vector<std::string> from{"active", "limited"};
    if (wanted == account_state::active) from = {"paused", "limited"};
    if (wanted == account_state::leaving) from = {"active", "limited", "paused"};
    bool changed = false;
    auto work = [&](pg::transaction& tx) -> task<> {
      const auto row = co_await tx(sql::change_state, name, name_of(wanted), from);
      changed = !row.empty();
      co_await tx(sql::announce);
    };
    co_await database_.in_transaction(work);
    co_return changed;
  }

  task<> note_state(account_id which, account_state state, std::optional<instant> limited_until,
                    std::string_view error) override {
    co_await database_(sql::note_state, which, name_of(state), limited_until, error.substr(0, 200));
  }
  task<> hold_joins(account_id which, instant until) override {
    co_await database_(sql::hold_joins, which, until);
  }
  task<> note_join_try(account_id which) override {
    co_await database_(sql::note_join_try, which, time_.now());
    co_await database_(sql::forget_join_tries, time_.now() - 48h);
  }
  task<> keep_seat(source_id of, const seat& what) override {
    co_await database_(sql::keep_membership, of, what.who, what.chat_id, name_of(what.state), what.detail,
                       what.changed_at);
    co_await database_(sql::announce);
  }
  task<> assign(source_id what, account_id reader) override { co_await database_(sql::assign, what, reader); }

  task<std::expected<source_id, source_refusal>> add_source(std::string_view written,
                                                            std::string_view rules) override {
    const auto link = parse_invite_link(written);
    const auto username = parse_source_name(written);
    if (!link && !username) co_return std::unexpected(source_refusal{source_error::bad_name, {}, {}});
    if (const auto parsed = rule_set::parse(rules); !parsed) {
      const auto& mistake = parsed.error();
      auto detail = "line " + std::to_string(mistake.line) + ", column " + std::to_string(mistake.column) +
                    ": " + std::string(explain(mistake));
      co_return std::unexpected(source_refusal{source_error::bad_rules, mistake, std::move(detail)});
    }
    const auto name = link ? name_of_link(*link) : *username;
    std::optional<std::vector<std::byte>> sealed;
    if (link) sealed = secrets_.close(*link, link_purpose);
    std::optional<source_id> added;
    auto work = [&](pg::transaction& tx) -> task<> {
      added.reset();
      const auto row = co_await tx(sql::add_source, name, rules, time_.now());
      if (row.empty()) co_return;
      added = row.front().get<source_id>(0);
      co_await tx(sql::add_account_source, *added, sealed);
      co_await tx(sql::announce);
    };
    co_await database_.in_transaction(work);
    if (!added) co_return std::unexpected(source_refusal{source_error::already_there, {}, {}});
    co_return *added;
  }

  task<> rename_source(source_id which, std::string_view name) override {
    co_await database_(sql::rename_source, which, name);
  }
  task<> note_source(source_id which, std::string_view error) override {
    const std::string_view state = error.empty() ? "active" : "failing";
    co_await database_(sql::note_source, which, state, error.substr(0, 200), time_.now());
  }
  task<std::vector<std::int64_t>> open_posts(source_id of, std::int64_t from, std::int64_t to) override {
    const auto rows = co_await database_(sql::open_posts, of, from, to);
    std::vector<std::int64_t> out;
    for (int i = 0; i < rows.size(); ++i) out.push_back(rows[i].get<std::int64_t>(0));
    co_return out;
  }

  task<int> close_posts(const source& of, std::vector<std::int64_t> messages) override {
    std::vector<post_event> told;
    const auto now = time_.now();
    auto work = [&](pg::transaction& tx) -> task<> {
      told.clear();
      co_await tx(sql::lock_source, of.id);
      const auto closed = co_await tx(sql::close_posts, of.id, messages, now);
      std::vector<std::int64_t> originals;
      for (int i = 0; i < closed.size(); ++i) originals.push_back(closed[i].get<std::int64_t>(2));
      if (originals.empty()) co_return;
      const auto withdrawn = co_await tx(sql::withdraw_without_copies, originals);
      for (int i = 0; i < withdrawn.size(); ++i) {
        post_event event;
        event.what = post_event::kind::withdrawn;
        event.post = withdrawn[i].get<post_id>(0);
        event.vacancy = withdrawn[i].get<vacancy_id>(1);
        event.source = of.id;
        event.source_name = of.name;
        event.at = now;
        for (int k = 0; k < closed.size(); ++k) {
          if (closed[k].get<post_id>(2) != event.post) continue;
          event.message_id = closed[k].get<std::int64_t>(1);
          event.posted_at = closed[k].get<instant>(3);
        }
        told.push_back(event);
      }
    };
    co_await database_.in_transaction(work);
    for (const auto& event : told) {
      if (observer_) observer_->noticed(event);
    }
    co_return static_cast<int>(told.size());
  }

 private:
  pg::pool& database_;
  const seal::vault& secrets_;
  const clock& time_;
  post_observer* observer_;
};

}  // namespace

std::string_view name_of(account_state state) {
  switch (state) {
    case account_state::login: return "login";
    case account_state::active: return "active";
    case account_state::paused: return "paused";
    case account_state::limited: return "limited";
    case account_state::leaving: return "leaving";
    case account_state::logged_out: return "logged_out";
    case account_state::banned: break;
  }
  return "banned";
}

std::string_view name_of(membership state) {
  switch (state) {
    case membership::none: return "none";
    case membership::known: return "known";
    case membership::pending: return "pending";
    case membership::joined: return "joined";
    case membership::refused: break;
  }
  return "refused";
}

const seat* account_source::seat_of(account_id who) const {
  const auto found = std::ranges::find(seats, who, &seat::who);
  return found == seats.end() ? nullptr : &*found;
}

std::optional<std::string> parse_invite_link(std::string_view written) {
  while (!written.empty() && static_cast<unsigned char>(written.back()) <= ' ') written.remove_suffix(1);
  while (!written.empty() && static_cast<unsigned char>(written.front()) <= ' ') written.remove_prefix(1);
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (written.starts_with(scheme)) written.remove_prefix(scheme.size());
  }
  std::string_view hash;
  for (const std::string_view before :
       {"t.me/+", "t.me/joinchat/", "telegram.me/+", "telegram.me/joinchat/", "tg://join?invite="}) {
    if (written.starts_with(before)) hash = written.substr(before.size());
  }
  const bool fits = hash.size() >= 8 && hash.size() <= 64 && std::ranges::all_of(hash, [](char letter) {
                      return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                             (letter >= 'A' && letter <= 'Z') || letter == '_' || letter == '-';
                    });
  if (!fits) return std::nullopt;
  return "https://t.me/+" + std::string(hash);
}

std::unique_ptr<account_book> make_account_book(pg::pool& database, const seal::vault& secrets,
                                                const clock& time, post_observer* observer) {
  return std::make_unique<pg_accounts>(database, secrets, time, observer);
}

}  // namespace tandem::hunt
