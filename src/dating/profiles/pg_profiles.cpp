#include <sodium.h>

#include <cmath>

#include "base/text/hex.hpp"
#include "dating/profiles/interests.hpp"
#include "dating/profiles/profiles.hpp"
#include "dating/profiles/profiles_sql.hpp"

namespace tandem::dating {
namespace {

namespace statements = sql::profiles;
using std::chrono::floor;
using std::chrono::sys_days;

constexpr double farthest_town_km = 500;
constexpr auto barred_for = std::chrono::hours(24 * 365);

std::int64_t day_number(calendar_day day) { return sys_days(day).time_since_epoch().count(); }
calendar_day from_number(std::int64_t days) { return sys_days(std::chrono::days(days)); }

std::string_view name_of(sex what) { return what == sex::female ? "female" : "male"; }
std::string_view name_of(seeking whom) {
  if (whom == seeking::anyone) return "anyone";
  return whom == seeking::female ? "female" : "male";
}
sex sex_of(std::string_view name) { return name == "female" ? sex::female : sex::male; }
seeking seeking_of(std::string_view name) {
  if (name == "anyone") return seeking::anyone;
  return name == "female" ? seeking::female : seeking::male;
}

profile_state state_of(std::string_view name) {
  for (const auto one :
       {profile_state::draft, profile_state::active, profile_state::hidden, profile_state::stale}) {
    if (dating::name_of(one) == name) return one;
  }
  return profile_state::banned;
}

profile to_profile(const pg::result::row& row) {
  profile out;
  out.who = row.get<user_id>(0);
  out.state = state_of(row.get<std::string_view>(1));
  out.step = field_of(row.get<std::string_view>(2));
  out.consented_to = row.get<int>(3);
  out.name = row.get<std::string>(4);
  if (const auto born = row.get<std::optional<std::int64_t>>(5)) out.born_on = from_number(*born);
  if (const auto sex = row.get<std::optional<std::string>>(6)) out.sex = sex_of(*sex);
  if (const auto seeks = row.get<std::optional<std::string>>(7)) out.seeks = seeking_of(*seeks);
  if (const auto latitude = row.get<std::optional<double>>(8)) {
    out.at = coordinates{*latitude, row.get<double>(9)};
  }
  out.place_id = row.get<std::int64_t>(10);
  out.about = row.get<std::string>(11);
  out.interests = row.get<std::vector<std::string>>(12);
  out.wanted = {row.get<std::uint8_t>(13), row.get<std::uint8_t>(14)};
  out.radius_km = row.get<int>(15);
  out.own_city = row.get<bool>(16);
  out.trust = row.get<int>(17);
  out.shadow = row.get<bool>(18);
  out.held = row.get<std::string>(19);
  out.created_at = row.get<instant>(20);
  out.active_at = row.get<instant>(21);
  out.has_photo = row.get<bool>(22);
  return out;
}

std::vector<user_id> people_of(const pg::result& rows) {
  std::vector<user_id> out;
  for (int i = 0; i < rows.size(); ++i) out.push_back(rows[i].get<user_id>(0));
  return out;
}

double rounded(double degrees) { return std::round(degrees * 100) / 100; }

std::optional<field> first_missing(const profile& of) {
  if (of.name.empty()) return field::name;
  if (!of.born_on) return field::age;
  if (!of.sex) return field::sex;
  if (!of.seeks) return field::seeks;
  if (!of.at) return field::place;
  return std::nullopt;
}

class pg_profiles final : public profiles {
 public:
  explicit pg_profiles(profile_parts with) : with_(std::move(with)) {
    if (with_.key.size() != crypto_generichash_KEYBYTES) throw std::logic_error("profiles: not a key");
  }

  task<std::optional<profile>> find(pg::session& in, user_id who) override {
    const std::vector<user_id> one{who};
    const auto rows = co_await in(statements::find, one);
    if (rows.empty()) co_return std::nullopt;
    co_return to_profile(rows.front());
  }
  task<std::optional<profile>> visit(pg::session& in, user_id who) override {
    const auto rows = co_await in(statements::visit, who, this_hour());
    if (rows.empty()) co_return std::nullopt;
    co_return to_profile(rows.front());
  }
  task<std::vector<profile>> find_all(pg::session& in, std::vector<user_id> who) override {
    const auto rows = co_await in(statements::find, who);
    std::vector<profile> out;
    for (int i = 0; i < rows.size(); ++i) out.push_back(to_profile(rows[i]));
    co_return out;
  }

  // ---- registration

  task<std::expected<profile, refusal>> begin(pg::session& in, user_id who,
                                              std::int64_t telegram_id) override {
    const auto young = co_await underage_until(in, telegram_id);
    if (young) co_return std::unexpected(refusal::underage);
    const auto barred = co_await in(statements::is_barred, mark_of("barred", telegram_id));
    if (barred.front().get<bool>(0)) co_return std::unexpected(refusal::barred);
    co_await in(statements::begin, who, consent_version, with_.time.now(), this_hour());
    auto made = co_await find(in, who);
    co_return std::move(made.value());
  }
  task<std::optional<calendar_day>> underage_until(pg::session& in, std::int64_t telegram_id) override {
    const auto rows =
        co_await in(statements::underage_until, mark_of("underage", telegram_id), with_.time.now());
    if (rows.empty()) co_return std::nullopt;
    co_return from_number(rows.front().get<std::int64_t>(0));
  }
  task<> refuse_underage(pg::session& in, user_id who, std::int64_t telegram_id,
                         calendar_day until) override {
    co_await in(statements::remove, who);
    co_await in(statements::remember_underage, mark_of("underage", telegram_id), day_number(until));
  }
  task<> ask(pg::session& in, user_id who, std::optional<field> step) override {
    co_await in(statements::ask, who, step ? dating::name_of(*step) : std::string_view());
  }
  task<std::expected<void, field>> publish(pg::session& in, user_id who) override {
    const auto rows = co_await in(statements::publish, who);
    if (rows.affected() == 0) {
      const auto found = co_await find(in, who);
      if (!found) co_return std::unexpected(field::name);
      if (const auto missing = first_missing(*found)) co_return std::unexpected(*missing);
    }
    co_await changed(in, who);
    co_return std::expected<void, field>();
  }
  task<bool> abandon(pg::session& in, user_id who) override {
    const auto rows = co_await in(statements::abandon, who);
    co_return rows.affected() > 0;
  }

  // ---- fields

  task<answered> set_name(pg::session& in, user_id who, std::string_view typed) override {
    const auto name = read_name(typed);
    if (!name) co_return std::unexpected(name.error());
    const auto rows = co_await in(statements::set_name, who, *name);
    co_return there(rows);  // no rating reads it
  }
  task<answered> set_born_on(pg::session& in, user_id who, calendar_day born) override {
    const int age = age_on(born, day_of(with_.time.now()));
    if (age < youngest) co_return std::unexpected(wrong_answer::too_young);
    if (age > oldest) co_return std::unexpected(wrong_answer::absurd_age);
    const auto rows = co_await in(statements::set_born_on, who, day_number(born));
    co_return co_await known(in, who, rows);
  }
  task<answered> set_sex(pg::session& in, user_id who, sex what) override {
    const auto rows = co_await in(statements::set_sex, who, name_of(what));
    co_return co_await known(in, who, rows);
  }
  task<answered> set_seeks(pg::session& in, user_id who, seeking whom) override {
    const auto rows = co_await in(statements::set_seeks, who, name_of(whom));
    co_return co_await known(in, who, rows);
  }
  task<std::expected<const places::place*, wrong_answer>> set_location(pg::session& in, user_id who,
                                                                       coordinates at) override {
    // Written so that a number that is none is refused, too.
    if (!(std::abs(at.latitude) <= 90 && std::abs(at.longitude) <= 180)) {
      co_return std::unexpected(wrong_answer::far_away);
    }
    const auto& town = with_.towns.nearest(at.latitude, at.longitude);
    const double km = places::kilometres(at.latitude, at.longitude, town.latitude, town.longitude);
    if (km > farthest_town_km) co_return std::unexpected(wrong_answer::far_away);
    co_return co_await set_place(in, who, at, town);
  }
  task<std::expected<const places::place*, wrong_answer>> set_town(pg::session& in, user_id who,
                                                                   std::int64_t place_id) override {
    const auto* town = with_.towns.by_id(place_id);
    if (!town) co_return std::unexpected(wrong_answer::unknown_place);
    const coordinates at{town->latitude, town->longitude};
    co_return co_await set_place(in, who, at, *town);
  }
  task<answered> set_about(pg::session& in, user_id who, std::string_view typed) override {
    std::string about;
    if (!typed.empty()) {
      auto read = read_about(typed);
      if (!read) co_return std::unexpected(read.error());
      about = std::move(*read);
    }
    const auto rows = co_await in(statements::set_about, who, about);
    co_return co_await known(in, who, rows);
  }
  task<answered> set_interest(pg::session& in, user_id who, std::string_view interest, bool has) override {
    std::string kept(interest);
    if (has && !is_listed_interest(interest)) {
      if (!interest.starts_with('+')) co_return std::unexpected(wrong_answer::not_understood);
      auto read = read_interest(interest.substr(1));
      if (!read) co_return std::unexpected(read.error());
      kept = std::move(*read);
    }
    if (!has) {
      const auto rows = co_await in(statements::remove_interest, who, kept);
      co_return co_await known(in, who, rows);
    }
    const auto rows = co_await in(statements::add_interest, who, kept, most_interests);
    if (rows.empty()) co_return std::unexpected(wrong_answer::no_profile);
    if (!rows.front().get<bool>(0)) co_return std::unexpected(wrong_answer::too_many);
    co_return co_await known(in, who, rows);
  }
  task<answered> set_wanted_ages(pg::session& in, user_id who, age_range ages) override {
    if (ages.from > ages.to) std::swap(ages.from, ages.to);
    if (ages.from < youngest) co_return std::unexpected(wrong_answer::too_young);
    if (ages.to > oldest) co_return std::unexpected(wrong_answer::absurd_age);
    const auto rows = co_await in(statements::set_wanted_ages, who, ages.from, ages.to);
    co_return co_await known(in, who, rows);
  }
  task<answered> set_radius(pg::session& in, user_id who, int km) override {
    if (km < least_radius || km > largest_radius) co_return std::unexpected(wrong_answer::not_understood);
    const auto rows = co_await in(statements::set_reach, who, km, false);
    co_return co_await known(in, who, rows);
  }
  task<answered> set_own_city(pg::session& in, user_id who) override {
    const auto rows = co_await in(statements::set_reach, who, std::nullopt, true);
    co_return co_await known(in, who, rows);
  }

  // ---- whether others see them

  task<bool> hide(pg::session& in, user_id who) override {
    const auto rows = co_await in(statements::hide, who);
    co_return rows.affected() > 0;
  }
  task<> put_away(pg::session& in, user_id who) override { co_await in(statements::put_away, who); }
  task<bool> show(pg::session& in, user_id who) override {
    const auto rows = co_await in(statements::show, who);
    co_return rows.affected() > 0;
  }
  task<> ban(pg::session& in, user_id who, std::string_view why) override {
    co_await in(statements::ban, who, why.empty() ? "rule" : why);
  }
  task<> hold(pg::session& in, user_id who, std::string_view why) override {
    co_await in(statements::hold, who, why.empty() ? "rule" : why);
  }
  task<> release(pg::session& in, user_id who) override { co_await in(statements::release, who); }
  task<> set_shadow(pg::session& in, user_id who, bool on) override {
    co_await in(statements::set_shadow, who, on);
  }
  task<> approved(pg::session& in, user_id who, bool first) override {
    co_await in(statements::set_first_trust, who, first);
  }

  // ---- background

  task<std::int64_t> trust_long_standing(pg::session& in, instant before) override {
    const auto rows = co_await in(statements::trust_long_standing, before);
    co_return rows.affected();
  }
  task<std::vector<user_id>> ask_silent(pg::session& in, instant before, int limit) override {
    const auto rows = co_await in(statements::ask_silent, before, with_.time.now(), limit);
    co_return people_of(rows);
  }
  task<std::vector<user_id>> put_away_silent(pg::session& in, instant asked_before, int limit) override {
    const auto rows = co_await in(statements::put_away_silent, asked_before, limit);
    co_return people_of(rows);
  }
  task<std::vector<user_id>> call_back(pg::session& in, instant before, int limit) override {
    const auto rows = co_await in(statements::call_back, before, with_.time.now(), limit);
    co_return people_of(rows);
  }
  task<std::int64_t> forget_expired(pg::session& in, instant drafts_before, int most) override {
    const auto drafts = co_await in(statements::forget_drafts, drafts_before, most);
    const auto young = co_await in(statements::forget_grown_up, with_.time.now(), most);
    const auto barred = co_await in(statements::forget_barred, with_.time.now() - barred_for, most);
    co_return drafts.affected() + young.affected() + barred.affected();
  }

  // ---- the person's rights

  task<std::string> export_data(pg::session& in, user_id who, std::int64_t telegram_id) override {
    const auto rows = co_await in(statements::export_data, who, mark_of("underage", telegram_id));
    co_return rows.front().get<std::string>(0);
  }
  task<std::optional<erasure>> erase(pg::session& in, user_id who, std::int64_t telegram_id) override {
    const auto found = co_await in(statements::count_all, who);
    if (found.empty()) co_return std::nullopt;
    const auto now = with_.time.now();
    const auto young = found.front().get<std::optional<std::int64_t>>(1);
    if (young) co_await in(statements::remember_underage, mark_of("underage", telegram_id), *young);
    if (found.front().get<bool>(2)) co_await in(statements::bar, mark_of("barred", telegram_id), now);
    co_await in(statements::remove, who);
    const auto moment = std::to_string(now.time_since_epoch().count());
    erasure out{hashed("erased " + std::to_string(telegram_id) + " " + moment)};
    co_await in(statements::note_erasure, out.proof, now, found.front().get<std::string>(0));
    co_return out;
  }
  task<std::optional<instant>> proven(pg::session& in, std::string_view proof) override {
    const auto rows = co_await in(statements::proven, proof);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().get<instant>(0);
  }

 private:
  instant this_hour() const { return floor<std::chrono::hours>(with_.time.now()); }

  static answered there(const pg::result& rows) {
    if (rows.affected() == 0) return std::unexpected(wrong_answer::no_profile);
    return {};
  }
  // The same, and the ratings hear of it.
  task<answered> known(pg::session& in, user_id who, const pg::result& rows) {
    auto out = there(rows);
    if (out) co_await changed(in, who);
    co_return out;
  }
  task<> changed(pg::session& in, user_id who) {
    if (with_.changed) co_await with_.changed(in, who);
  }

  task<std::expected<const places::place*, wrong_answer>> set_place(pg::session& in, user_id who,
                                                                    coordinates at,
                                                                    const places::place& town) {
    const auto rows =
        co_await in(statements::set_place, who, rounded(at.latitude), rounded(at.longitude), town.id);
    const auto set = co_await known(in, who, rows);
    if (!set) co_return std::unexpected(set.error());
    co_return &town;
  }

  // BLAKE2b with the key: nobody who has the database alone can find out whose it is.
  std::string hashed(std::string_view text) const {
    std::array<std::byte, 16> out{};
    crypto_generichash(reinterpret_cast<unsigned char*>(out.data()), out.size(),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                       reinterpret_cast<const unsigned char*>(with_.key.data()), with_.key.size());
    return text::hex_of(out);
  }
  std::string mark_of(std::string_view why, std::int64_t telegram_id) const {
    return hashed(std::string(why) + " " + std::to_string(telegram_id));
  }

  profile_parts with_;
};

}  // namespace

std::unique_ptr<profiles> make_profiles(profile_parts with) {
  return std::make_unique<pg_profiles>(std::move(with));
}

}  // namespace tandem::dating
