#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "dating/rating/ratings.hpp"
#include "dating/talks/talks.hpp"
#include "dating/talks/talks_sql.hpp"

namespace tandem::dating {
namespace {

namespace sql = tandem::dating::sql::talks;
using telegram::message_content;

// Until the other has answered and the person has written so much, they are strangers; somebody whose photos
// nobody has looked at stays one for longer.
constexpr int first_messages = 3, first_messages_of_new = 10;

talk talk_of(const pg::result::row& row) {
  talk out;
  out.id = row.get<match_id>(0);
  out.other = row.get<user_id>(1);
  out.name = row.get<std::string>(2);
  out.open = row.get<bool>(3);
  out.closed_by_me = row.get<bool>(4);
  out.current = row.get<bool>(5);
  out.contact_mine = row.get<bool>(6);
  out.contact_theirs = row.get<bool>(7);
  out.last_at = row.get<instant>(8);
  return out;
}

std::optional<talk> first(const pg::result& rows) {
  if (rows.empty()) return std::nullopt;
  return talk_of(rows.front());
}

bool is_carried(message_content what) {
  switch (what) {
    case message_content::text:
    case message_content::photo:
    case message_content::video:
    case message_content::animation:
    case message_content::voice:
    case message_content::video_note:
    case message_content::sticker:
    case message_content::location:
    case message_content::contact: return true;
    default: return false;
  }
}

text_place place_of(std::string_view match_state, int trust, int written) {
  const bool strangers =
      match_state != "answered" || written < (trust == 0 ? first_messages_of_new : first_messages);
  return strangers ? text_place::opening : text_place::talk;
}

class pg_talks final : public talks {
 public:
  pg_talks(talk_parts with, daily_limits limits) : with_(with), limits_(limits) {}

  void on_news(std::function<void()> told) override { told_ = std::move(told); }

  task<std::optional<talk>> open(pg::transaction& in, user_id who, std::int64_t bot_id,
                                 match_id what) override {
    auto found = co_await find(in, who, what);
    if (!found || !found->open) co_return found;
    const auto before = co_await in(sql::open, who, what, bot_id);
    co_await unpin(in, who, before);
    found->current = true;
    tell(in);
    co_return found;
  }

  task<std::optional<talk>> current(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::current, who);
    co_return first(rows);
  }
  task<std::optional<talk>> find(pg::session& in, user_id who, match_id what) override {
    const auto rows = co_await in(sql::find, who, what);
    co_return first(rows);
  }

  task<talk_page> list(pg::session& in, user_id who, std::int64_t offset) override {
    talk_page out;
    out.offset = offset;
    const auto rows = co_await in(sql::list, who, offset, talks_per_page);
    if (rows.empty() && offset > 0) co_return co_await list(in, who, 0);
    for (int i = 0; i < rows.size(); ++i) out.talks.push_back(talk_of(rows[i]));
    if (!rows.empty()) out.total = rows.front().get<std::int64_t>(9);
    co_return out;
  }

  task<sent_answer> send(pg::transaction& in, user_id who, draft what) override {
    const auto now = with_.time.now();
    sent_answer out;
    const instant today = std::chrono::floor<std::chrono::days>(now);
    const auto rows = co_await in(sql::place, who, what.bot_id, what.reply_to, what.message_id, today);
    if (rows.empty()) {
      out.state = sent_state::no_talk;
      co_return out;
    }
    const auto row = rows.front();
    out.where = talk_of(row);
    out.elsewhere = !out.where.current;
    const auto trust = static_cast<std::size_t>(std::clamp(row.get<int>(9), 0, 2));
    const bool shadow = row.get<bool>(10);
    const auto match_state = row.get<std::string>(11);
    const bool opens = row.get<bool>(12);
    const int written = row.get<int>(16);
    const auto refused = [&out](sent_state why) {
      out.state = why;
      return out;
    };
    if (row.get<bool>(13)) co_return refused(sent_state::again);
    if (!out.where.open) co_return co_await end_of(in, who, std::move(out));
    if (!is_carried(what.kind)) co_return refused(sent_state::kind_refused);
    const bool agreed = out.where.contact_mine && out.where.contact_theirs;
    if (what.kind == message_content::contact && !(agreed && what.own_contact)) {
      co_return refused(sent_state::contact_refused);
    }
    if (row.get<int>(14) >= limits_.messages[trust]) co_return refused(sent_state::messages_used_up);
    if (opens && row.get<int>(15) >= limits_.new_talks[trust]) co_return refused(sent_state::talks_used_up);

    const auto place = agreed ? text_place::talk : place_of(match_state, row.get<int>(9), written);
    auto verdict = judge(what, place);
    co_await with_.rules.report(in, who, verdict, out.where.id);
    if (!agreed) out.signs = std::move(verdict.signs);  // they have each other's contacts: nothing to hide
    if (verdict.fate == text_fate::refuse) co_return refused(sent_state::text_refused);
    if (written == 0 && what.kind == message_content::text) {
      const bool fresh = co_await with_.rules.allow_opener(in, who, out.where.id, what.text, out.where.name);
      if (!fresh) co_return refused(sent_state::same_opener);
    }

    const bool to_confirm = what.kind == message_content::location;
    const auto content = sealed(who, what, out.signs);
    if (!shadow && !to_confirm) {
      const bool still_open = co_await touch(in, who, out.where, opens);
      if (!still_open) co_return co_await end_of(in, who, std::move(out));
    }
    const std::string_view state = to_confirm ? "held" : shadow ? "refused" : "due";
    const auto made = co_await in(sql::write, what.bot_id, who, what.message_id, out.where.id, what.reply_to,
                                  state, content, now);
    if (made.empty()) co_return refused(sent_state::again);
    out.state = to_confirm ? sent_state::to_confirm : sent_state::accepted;
    if (state == "due") tell(in);
    co_return out;
  }

  task<edit_state> edit(pg::transaction& in, user_id who, draft what) override {
    const auto rows = co_await in(sql::message, what.bot_id, who, what.message_id);
    if (rows.empty() || rows.front().get<std::string>(6) == "closed") co_return edit_state::unknown;
    const auto row = rows.front();
    const auto state = row.get<std::string>(1);
    if ((state != "due" && state != "sent") ||
        row.get<std::optional<std::vector<std::byte>>>(2) == std::nullopt) {
      co_return edit_state::unknown;
    }
    const auto before = kept_of(with_.keys.open(row.get<std::vector<std::byte>>(2),
                                                content_purpose(what.bot_id, who.value, what.message_id)));
    // A place that moves is followed by nobody: one point was agreed to.
    if (before.kind == message_content::location || before.kind != what.kind) co_return edit_state::unknown;
    const bool agreed = row.get<bool>(9);
    const auto place =
        agreed ? text_place::talk : place_of(row.get<std::string>(6), row.get<int>(7), row.get<int>(8));
    auto verdict = judge(what, place);
    co_await with_.rules.report(in, who, verdict, row.get<match_id>(0));
    if (verdict.fate == text_fate::refuse) co_return edit_state::text_refused;
    if (agreed) verdict.signs.clear();
    const auto content = sealed(who, what, verdict.signs);
    co_await in(sql::edit, what.bot_id, who, what.message_id, content, with_.time.now());
    tell(in);
    co_return edit_state::accepted;
  }

  task<std::optional<talk>> confirm(pg::transaction& in, user_id who, std::int64_t bot_id,
                                    std::int64_t message_id, bool yes) override {
    const auto rows = co_await in(sql::message, bot_id, who, message_id);
    if (rows.empty() || rows.front().get<std::string>(1) != "held") co_return std::nullopt;
    auto where = co_await find(in, who, rows.front().get<match_id>(0));
    if (!where) co_return std::nullopt;
    std::string_view state = "refused";
    if (yes && where->open) {
      const auto person = co_await in(sql::shadowed, who);
      const bool shadow = person.front().get<bool>(0);
      const bool still_open = shadow || co_await touch(in, who, *where, false);
      where->open = still_open;
      if (still_open && !shadow) state = "due";
    }
    co_await in(sql::decide_held, bot_id, who, message_id, state, with_.time.now());
    if (state == "due") tell(in);
    co_return where;
  }

  task<removal_state> remove(pg::transaction& in, user_id who, std::int64_t bot_id,
                             std::int64_t message_id) override {
    const auto rows = co_await in(sql::message, bot_id, who, message_id);
    if (rows.empty()) co_return removal_state::not_yours;
    const auto row = rows.front();
    const auto now = with_.time.now();
    if (row.get<instant>(3) < now - removable_for) co_return removal_state::too_old;
    const auto mine = co_await with_.people.find(in, who);
    const auto theirs = co_await with_.people.find(in, row.get<user_id>(5));
    const auto copy = row.get<std::optional<std::int64_t>>(4);
    co_await in(sql::delete_, bot_id, who, message_id);
    if (mine) co_await in(sql::remove_later, bot_id, mine->telegram_id, message_id, "", "", now);
    if (theirs && copy) co_await in(sql::remove_later, bot_id, theirs->telegram_id, *copy, "", "", now);
    tell(in);
    co_return removal_state::done;
  }

  task<std::optional<std::int64_t>> last_sent(pg::session& in, user_id who, std::int64_t bot_id,
                                              match_id what) override {
    const auto rows = co_await in(sql::last_sent, what, who, bot_id, with_.time.now() - removable_for);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().get<std::int64_t>(0);
  }

  task<contact_state> agree(pg::transaction& in, user_id who, match_id what) override {
    const auto rows = co_await in(sql::agree, what, who);
    if (rows.empty()) co_return contact_state::closed;
    co_return rows.front().get<bool>(0) ? contact_state::both : contact_state::agreed;
  }

  task<bool> unmatch(pg::transaction& in, user_id who, match_id what) override {
    const auto rows = co_await in(sql::unmatch, what, who, with_.time.now());
    if (rows.empty()) co_return false;
    co_await in(sql::stop_sending, what);
    co_await leave(in, who, what);
    co_return true;
  }

  task<> renew_line(pg::transaction& in, user_id who) override {
    const auto before = co_await in(sql::renew_line, who);
    co_await unpin(in, who, before);
    tell(in);
  }

  task<std::string> export_data(pg::session& in, user_id who) override {
    const auto rows = co_await in(sql::contents_of, who);
    boost::json::array out;
    for (int i = 0; i < rows.size(); ++i) {
      const auto purpose =
          content_purpose(rows[i].get<std::int64_t>(0), who.value, rows[i].get<std::int64_t>(1));
      boost::json::object one;
      one["match"] = rows[i].get<std::int64_t>(2);
      one["sent_at"] = rows[i].get<std::string>(3);
      one["state"] = rows[i].get<std::string>(4);
      one["content"] = boost::json::parse(with_.keys.open(rows[i].get<std::vector<std::byte>>(5), purpose));
      out.push_back(std::move(one));
    }
    co_return boost::json::serialize(out);
  }

  task<> appears(pg::session& in, appearance where) override {
    co_await in(sql::appears, where.bot_id, where.chat_id, where.message_id, where.about, where.language,
                with_.time.now());
  }

  task<std::int64_t> withdraw_copies(pg::transaction& in, user_id who) override {
    co_await in(sql::hold_person, who);
    const auto others = co_await in(sql::partners, who);
    std::vector<std::int64_t> ids, chats;
    std::vector<std::string> languages;
    for (int i = 0; i < others.size(); ++i) {
      const auto id = others[i].get<user_id>(0);
      const auto person = co_await with_.people.find(in, id);
      if (!person) continue;
      ids.push_back(id.value);
      chats.push_back(person->telegram_id);
      languages.push_back(person->language);
    }
    const auto now = with_.time.now();
    const auto rows = co_await in(sql::withdraw_copies, who, ids, chats, languages, now - removable_for, now);
    co_await in(sql::stop_sending_of, who);
    const auto self = co_await with_.people.find(in, who);
    const auto shown =
        co_await in(sql::withdraw_appearances, who, self ? self->telegram_id : 0, now - removable_for, now);
    tell(in);
    co_return rows.affected() + shown.affected();
  }

  task<std::optional<read_talk>> read(pg::transaction& in, user_id by, complaint_id through,
                                      int limit) override {
    const auto opened = co_await with_.rules.open_talk(in, by, through);
    if (!opened) co_return std::nullopt;
    const auto rows = co_await in(sql::lines, opened->talk, limit, with_.time.now() - content_kept_for);
    read_talk out;
    out.about = opened->about;
    std::map<std::int64_t, std::int64_t> chats;
    for (int i = rows.size() - 1; i >= 0; --i) {
      const auto from = rows[i].get<user_id>(1);
      read_line line;
      line.bot_id = rows[i].get<std::int64_t>(0);
      line.message_id = rows[i].get<std::int64_t>(2);
      line.by_accused = from == opened->about;
      line.sent_at = rows[i].get<instant>(3);
      line.content = kept_of(with_.keys.open(rows[i].get<std::vector<std::byte>>(4),
                                             content_purpose(line.bot_id, from.value, line.message_id)));
      const auto [chat, fresh] = chats.try_emplace(from.value);
      if (fresh) {
        const auto person = co_await with_.people.find(in, from);
        chat->second = person ? person->telegram_id : 0;
      }
      line.chat_id = chat->second;
      out.lines.push_back(std::move(line));
    }
    co_return out;
  }

  task<std::int64_t> forget_content(pg::session& in, int most) override {
    const auto rows = co_await in(sql::forget_content, with_.time.now() - content_kept_for, most);
    co_return rows.affected();
  }

 private:
  void tell(pg::transaction& in) {
    if (told_) in.after_commit(told_);
  }

  text_verdict judge(const draft& what, text_place where) {
    return judge_signs(merged(signs_.find(what.text), signs_of_entities(what.text, what.entities)), where);
  }

  std::vector<std::byte> sealed(user_id who, const draft& what, const std::vector<found_sign>& hidden) const {
    kept_content content;
    content.kind = what.kind;
    content.what = to_shown(what.text, what.entities, hidden);
    content.latitude = what.latitude;
    content.longitude = what.longitude;
    return with_.keys.close(to_json(content), content_purpose(what.bot_id, who.value, what.message_id));
  }

  // False: the talk has ended at this very moment.
  task<bool> touch(pg::transaction& in, user_id who, const talk& where, bool opens) {
    const auto rows = co_await in(sql::touch, where.id, who, with_.time.now());
    if (rows.empty()) co_return false;
    if (opens && with_.rated) co_await with_.rated->talked(in, who, where.other);
    co_return true;
  }

  // The clear answer is given once: afterwards there is no current talk.
  task<sent_answer> end_of(pg::transaction& in, user_id who, sent_answer out) {
    out.state = sent_state::closed;
    out.where.open = false;
    co_await leave(in, who, out.where.id);
    co_return out;
  }

  task<> leave(pg::transaction& in, user_id who, match_id what) {
    const auto before = co_await in(sql::leave, who, what);
    co_await unpin(in, who, before);
  }

  // The line that was pinned goes away.
  task<> unpin(pg::transaction& in, user_id who, const pg::result& before) {
    if (before.empty()) co_return;
    const auto line = before.front().get<std::optional<std::int64_t>>(1).value_or(0);
    if (line == 0) co_return;
    const auto person = co_await with_.people.find(in, who);
    if (!person) co_return;
    co_await in(sql::remove_later, before.front().get<std::int64_t>(0), person->telegram_id, line, "", "",
                with_.time.now());
    tell(in);
  }

  talk_parts with_;
  daily_limits limits_;
  text_signs signs_;
  std::function<void()> told_;
};

}  // namespace

std::unique_ptr<talks> make_talks(talk_parts with, daily_limits limits) {
  return std::make_unique<pg_talks>(with, limits);
}

}  // namespace tandem::dating
