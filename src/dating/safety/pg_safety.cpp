#include <fmt/chrono.h>
#include <sodium.h>

#include <cmath>
#include <cstring>

#include "dating/notices/notices.hpp"
#include "dating/photos/photos.hpp"
#include "dating/profiles/profiles.hpp"
#include "dating/safety/safety.hpp"
#include "dating/safety/safety_sql.hpp"

namespace tandem::dating {
namespace {

namespace sql = tandem::dating::sql::safety;

constexpr std::string_view reason_names[] = {"minor",  "scam", "spam",  "insult",
                                             "nudity", "fake", "other", "rule"};
constexpr std::string_view action_names[] = {"warn", "hide_photo", "shadow", "ban", "dismiss"};

constexpr auto opener_remembered = std::chrono::hours(24 * 30);
constexpr int same_openers = 3;  // to that many people; the next one is refused
constexpr auto cleared_for = std::chrono::hours(24 * 30);
constexpr double rule_weight = 0.5;
constexpr std::array hidings_a_day{2, 5, 10};  // by the reporter's trust
constexpr auto day = std::chrono::hours(24);

// What a reason is worth in the queue. A child comes before everything, whoever says so.
double worth(complaint_reason reason) {
  switch (reason) {
    case complaint_reason::minor: return 100;
    case complaint_reason::scam: return 6;
    case complaint_reason::nudity: return 5;
    case complaint_reason::insult: return 4;
    case complaint_reason::rule: return 4;
    case complaint_reason::spam: return 3;
    case complaint_reason::fake: return 3;
    case complaint_reason::other: break;
  }
  return 2;
}

class pg_safety final : public safety {
 public:
  explicit pg_safety(safety_parts with) : with_(with), hash_key_(with.keys.derive("dating openers")) {}

  task<> block(pg::transaction& in, user_id by, user_id about) override {
    const auto now = with_.time.now();
    co_await in(sql::block, by, about, now);
    co_await in(sql::close_match, by, about, now);
  }
  task<bool> unblock(pg::transaction& in, user_id by, user_id about) override {
    const auto rows = co_await in(sql::unblock, by, about);
    co_return !rows.empty();
  }
  task<bool> blocked(pg::session& in, user_id one, user_id other) override {
    const auto rows = co_await in(sql::blocked, one, other);
    co_return rows.front().get<bool>(0);
  }
  task<std::vector<blocked_person>> blocks_of(pg::session& in, user_id by, int limit) override {
    const auto rows = co_await in(sql::blocks_of, by, limit);
    std::vector<blocked_person> out;
    for (int i = 0; i < rows.size(); ++i)
      out.push_back({rows[i].get<user_id>(0), rows[i].get<std::string>(1)});
    co_return out;
  }

  task<bool> met(pg::session& in, user_id who, user_id other) override {
    const auto rows = co_await in(sql::reporter, who, other, std::nullopt, std::nullopt);
    co_return !rows.empty();
  }

  task<complaint_answer> complain(pg::transaction& in, complaint_request what) override {
    const auto now = with_.time.now();
    const auto who = co_await in(sql::reporter, what.by, what.about, what.talk, now - day);
    if (who.empty()) co_return complaint_answer::unknown;
    const auto row = who.front();
    reporter_facts facts;
    facts.age = now - row.get<instant>(0);
    facts.upheld = row.get<int>(1);
    facts.dismissed = row.get<int>(2);
    facts.completeness = row.get<double>(3);
    const auto talk = row.get<std::optional<match_id>>(4);
    facts.trust = row.get<int>(5);
    facts.shadow = row.get<bool>(6);
    facts.hidden_lately = row.get<int>(7);
    const double weight = weight_of(facts);
    const auto others = co_await in(sql::others_weight, what.by, what.about);
    const double priority = priority_of(what.reason, weight, others.front().get<double>(0));
    const auto made =
        co_await in(sql::complain, what.by, what.about, talk, name_of(what.reason), weight, priority, now);
    const auto id = made.front().get<complaint_id>(0);
    if (what.reason == complaint_reason::minor && hides_at_once(facts)) co_await hide(in, what.about, id);
    co_await block(in, what.by, what.about);
    co_return made.front().get<bool>(1) ? complaint_answer::taken : complaint_answer::again;
  }

  task<> complain_by_rule(pg::transaction& in, user_id about, sign found,
                          std::optional<match_id> talk) override {
    const bool child = found == sign::minor;
    const double priority =
        priority_of(child ? complaint_reason::minor : complaint_reason::rule, rule_weight, 0);
    const auto now = with_.time.now();
    co_await in(sql::complain_by_rule, about, talk, name_of(found), rule_weight, priority, now,
                now - cleared_for);
  }

  task<> hold_too_young(pg::transaction& in, user_id who, std::chrono::year_month_day adult_on) override {
    const auto now = with_.time.now();
    const auto person = co_await in(sql::lock_person, who);
    if (person.empty()) co_return;
    const double priority = priority_of(complaint_reason::minor, rule_weight, 0);
    const auto made = co_await in(sql::complain_by_rule, who, std::nullopt, name_of(sign::minor), rule_weight,
                                  priority, now, now);
    std::optional<complaint_id> through;
    if (!made.empty()) through = made.front().get<complaint_id>(0);
    co_await hold(in, who, through, fmt::format("{:%F}", std::chrono::sys_days(adult_on)));
  }

  task<text_verdict> judge_text(pg::transaction& in, user_id writer, std::string_view text,
                                text_place where) override {
    auto verdict = signs_.judge(text, where);
    co_await report(in, writer, verdict, std::nullopt);
    co_return verdict;
  }

  task<bool> allow_opener(pg::session& in, user_id from, match_id talk, std::string_view text,
                          std::string_view to_name) override {
    const auto words = opener_of(text, to_name, stems_);
    if (words.empty()) co_return true;
    const auto now = with_.time.now();
    const auto hash = hash_of(words);
    const auto others = co_await in(sql::openers, from, hash, talk, now - opener_remembered);
    if (others.front().get<int>(0) >= same_openers) co_return false;
    co_await in(sql::note_opener, from, hash, talk, now);
    co_return true;
  }

  task<std::vector<user_id>> queue(pg::session& in, int limit) override {
    const auto rows = co_await in(sql::queue, limit);
    std::vector<user_id> out;
    for (int i = 0; i < rows.size(); ++i) out.push_back(rows[i].get<user_id>(0));
    co_return out;
  }
  task<std::int64_t> open_count(pg::session& in) override {
    const auto rows = co_await in(sql::open_count);
    co_return rows.front().get<std::int64_t>(0);
  }

  task<std::optional<complaint_case>> find(pg::session& in, user_id about) override {
    const auto person = co_await in(sql::find_person, about, with_.time.now());
    if (person.empty()) co_return std::nullopt;
    const auto row = person.front();
    complaint_case out;
    out.about = about;
    out.name = row.get<std::string>(0);
    out.age = row.get<int>(1);
    out.about_text = row.get<std::string>(2);
    out.state = row.get<std::string>(3);
    out.shadow = row.get<bool>(4);
    out.since = row.get<instant>(5);
    out.upheld = row.get<int>(6);
    out.dismissed = row.get<int>(7);
    out.photos = row.get<std::vector<photo_id>>(8);
    out.held = row.get<bool>(9);
    const auto open = co_await in(sql::open_complaints, about);
    for (int i = 0; i < open.size(); ++i) {
      complaint_case::one one;
      one.id = open[i].get<complaint_id>(0);
      one.reason = complaint_reason_of(open[i].get<std::string>(1)).value_or(complaint_reason::other);
      one.rule = open[i].get<std::string>(2);
      one.weight = open[i].get<double>(3);
      if (i == 0) out.priority = open[i].get<double>(4);
      one.made_at = open[i].get<instant>(5);
      one.in_talk = open[i].get<bool>(6);
      out.digest +=
          std::to_string(one.id.value) + std::string(name_of(one.reason)) + (one.in_talk ? "+ " : " ");
      out.open.push_back(std::move(one));
    }
    const auto last = co_await in(sql::last_action, about);
    if (!last.empty()) out.last = operator_action_of(last.front().get<std::string>(1));
    out.digest += out.state + (out.shadow ? " shadow" : "") + " " + std::to_string(out.photos.size());
    if (out.last) out.digest += " " + std::to_string(last.front().get<std::int64_t>(0));
    co_return out;
  }

  task<bool> act(pg::transaction& in, user_id by, user_id about, operator_action how,
                 std::optional<photo_id> photo) override {
    const auto person = co_await in(sql::lock_person, about);
    if (person.empty()) co_return false;
    const auto open = co_await in(sql::open_complaints, about);
    if (open.empty()) co_return false;
    std::string subject;
    if (how == operator_action::hide_photo) {
      if (!photo) co_return false;
      const auto theirs = co_await in(sql::photo_of, *photo, about);
      if (theirs.empty()) co_return false;
      const bool hidden = co_await with_.pictures.hide(in, *photo);
      if (!hidden) co_return false;
      subject = std::to_string(photo->value);
    }
    co_await decide(in, by, about, how, std::move(subject), open.front().get<std::string>(1));
    co_return true;
  }

  task<bool> sanction(pg::transaction& in, user_id by, user_id about, operator_action how,
                      std::string_view subject) override {
    const auto person = co_await in(sql::lock_person, about);
    if (person.empty()) co_return false;
    co_await decide(in, by, about, how, std::string(subject), "photo");
    co_return true;
  }

  task<bool> undo(pg::transaction& in, user_id by, user_id about) override {
    const auto person = co_await in(sql::lock_person, about);
    const auto last = co_await in(sql::last_action, about);
    if (person.empty() || last.empty()) co_return false;
    const auto action = last.front().get<std::int64_t>(0);
    const auto subject = last.front().get<std::string>(2);
    const auto at = last.front().get<instant>(3);
    const auto decided_by = last.front().get<user_id>(4);
    switch (*operator_action_of(last.front().get<std::string>(1))) {
      case operator_action::warn: co_await with_.news.withdraw(in, about, "warned", action_notice); break;
      case operator_action::hide_photo:
        if (!subject.empty()) co_await with_.pictures.unhide(in, photo_id(std::stoll(subject)));
        break;
      case operator_action::shadow: co_await with_.people.set_shadow(in, about, false); break;
      case operator_action::ban:
        co_await with_.people.release(in, about);
        co_await with_.pictures.allow_shapes(in, about);
        break;
      case operator_action::dismiss: break;
    }
    co_await in(sql::mark_undone, action, with_.time.now(), by);
    co_await in(sql::reopen, about, at, decided_by);
    const auto hidden = co_await in(sql::hide_again, about, at);
    if (!hidden.empty()) co_await with_.people.hold(in, about, name_of(complaint_reason::minor));
    co_return true;
  }

  task<std::optional<opened_talk>> open_talk(pg::transaction& in, user_id by, complaint_id through) override {
    const auto rows = co_await in(sql::open_talk, through);
    if (rows.empty()) co_return std::nullopt;
    const opened_talk out{rows.front().get<match_id>(0), rows.front().get<user_id>(1)};
    co_await in(sql::note_action, out.about, "read_talk", by, through, std::to_string(out.talk.value),
                with_.time.now());
    co_return out;
  }

  task<bool> lock_desk(pg::transaction& in) override {
    const auto rows = co_await in(sql::lock_desk);
    co_return rows.front().get<bool>(0);
  }
  task<std::vector<card>> cards(pg::session& in) override {
    const auto rows = co_await in(sql::cards);
    std::vector<card> out;
    for (int i = 0; i < rows.size(); ++i) {
      out.push_back({rows[i].get<std::int64_t>(0), rows[i].get<std::int64_t>(1), rows[i].get<user_id>(2),
                     rows[i].get<std::int64_t>(3), rows[i].get<std::string>(4)});
    }
    co_return out;
  }
  task<> keep_card(pg::session& in, card shown) override {
    co_await in(sql::keep_card, shown.bot_id, shown.chat_id, shown.about, shown.message_id, shown.shown);
  }
  task<> forget_card(pg::session& in, std::int64_t bot_id, std::int64_t chat_id, user_id about) override {
    co_await in(sql::forget_card, bot_id, chat_id, about);
  }

  task<std::int64_t> forget_openers(pg::session& in, int most) override {
    const auto rows = co_await in(sql::forget_openers, with_.time.now() - opener_remembered, most);
    co_return rows.affected();
  }

  task<> report(pg::transaction& in, user_id writer, const text_verdict& verdict,
                std::optional<match_id> talk) override {
    for (const auto what : {sign::minor, sign::money, sign::solicitation}) {
      if (verdict.has(what)) co_await complain_by_rule(in, writer, what, talk);
    }
  }

 private:
  static constexpr std::int64_t action_notice = 0;  // the notice "warned" is about nobody

  // "minor" hides at once, unless an operator has just looked into that and dismissed it.
  task<> hide(pg::transaction& in, user_id about, complaint_id through) {
    const auto now = with_.time.now();
    const auto cleared = co_await in(sql::cleared_of_minor, about, now - cleared_for);
    if (cleared.front().get<bool>(0)) co_return;
    const auto person = co_await in(sql::lock_person, about);
    if (person.empty() || !person.front().get<std::string>(0).empty()) co_return;  // held or banned already
    co_await hold(in, about, through, std::string(name_of(complaint_reason::minor)));
  }

  // Until an operator decides. `subject`: see dating.actions.
  task<> hold(pg::transaction& in, user_id about, std::optional<complaint_id> through, std::string subject) {
    co_await with_.people.hold(in, about, name_of(complaint_reason::minor));
    co_await in(sql::note_action, about, "hide", std::nullopt, through, subject, with_.time.now());
  }

  // Whatever an operator decides ends a rule's hiding.
  task<> decide(pg::transaction& in, user_id by, user_id about, operator_action how, std::string subject,
                std::string why) {
    const auto now = with_.time.now();
    const auto hidden = co_await in(sql::end_hiding, about, now, by);
    if (!hidden.empty()) co_await with_.people.release(in, about);
    switch (how) {
      case operator_action::warn: co_await with_.news.add(in, about, "warned", action_notice); break;
      case operator_action::shadow: co_await with_.people.set_shadow(in, about, true); break;
      case operator_action::ban:
        co_await with_.people.ban(in, about, why);
        co_await with_.pictures.ban_shapes(in, about);
        break;
      case operator_action::hide_photo:
      case operator_action::dismiss: break;
    }
    const bool upheld = how != operator_action::dismiss;
    const auto closed = co_await in(sql::resolve, about, upheld ? "upheld" : "dismissed", now, by);
    std::optional<complaint_id> through;
    if (!closed.empty()) through = closed.front().get<complaint_id>(0);
    co_await in(sql::note_action, about, name_of(how), by, through, subject, now);
  }

  std::int64_t hash_of(const std::string& words) const {
    std::int64_t out = 0;
    std::array<unsigned char, crypto_generichash_BYTES_MIN> hash{};
    crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(words.data()),
                       words.size(), reinterpret_cast<const unsigned char*>(hash_key_.data()),
                       hash_key_.size());
    std::memcpy(&out, hash.data(), sizeof out);
    return out;
  }

  safety_parts with_;
  std::vector<std::byte> hash_key_;
  text_signs signs_;
  text::stemmer stems_;
};

}  // namespace

std::string_view name_of(complaint_reason what) { return reason_names[static_cast<std::size_t>(what)]; }
std::optional<complaint_reason> complaint_reason_of(std::string_view name) {
  const auto found = std::ranges::find(reason_names, name);
  if (found == std::end(reason_names)) return std::nullopt;
  return static_cast<complaint_reason>(found - std::begin(reason_names));
}
std::string_view name_of(operator_action what) { return action_names[static_cast<std::size_t>(what)]; }
std::optional<operator_action> operator_action_of(std::string_view name) {
  const auto found = std::ranges::find(action_names, name);
  if (found == std::end(action_names)) return std::nullopt;
  return static_cast<operator_action>(found - std::begin(action_names));
}

double weight_of(const reporter_facts& reporter) {
  using days = std::chrono::duration<double, std::ratio<86'400>>;
  constexpr double grown_up = 30;  // days
  const double right = (reporter.upheld + 1.0) / (reporter.upheld + reporter.dismissed + 2.0);
  const double age = std::clamp(days(reporter.age).count() / grown_up, 0.0, 1.0);
  const double full = std::clamp(reporter.completeness, 0.0, 1.0);
  // New and empty: a fifth of what somebody grown up and complete has.
  return right * (0.2 + 0.4 * age + 0.4 * full);
}

bool hides_at_once(const reporter_facts& reporter) {
  const auto trust = static_cast<std::size_t>(std::clamp(reporter.trust, 0, 2));
  return !reporter.shadow && reporter.dismissed <= reporter.upheld + 1 &&
         reporter.hidden_lately < hidings_a_day[trust];
}

double priority_of(complaint_reason reason, double weight, double weight_of_others) {
  if (reason == complaint_reason::minor) return worth(reason) + weight;
  return worth(reason) * (weight + weight_of_others);
}

std::unique_ptr<safety> make_safety(safety_parts with) { return std::make_unique<pg_safety>(with); }

}  // namespace tandem::dating
