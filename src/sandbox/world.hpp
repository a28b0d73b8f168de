#pragma once
#include <boost/json/fwd.hpp>
#include <expected>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "sandbox/fields.hpp"
#include "sandbox/journal.hpp"
#include "sandbox/live.hpp"
#include "sandbox/model.hpp"

namespace tandem::sandbox {

// How many messages a bot may send before it gets 429 (core.telegram.org/bots/faq: "about").
struct limit_settings {
  bool enabled = true;
  int bot_per_second = 30;
  int paid_per_second = 1000;
  int chat_per_second = 1;
  int chat_burst = 3;
  int group_per_minute = 20;
};

// One line of the journal in the making: what happened and what it changed.
class journal_line {
 public:
  explicit journal_line(std::string_view kind) : kind_(kind) {}
  // A finished member of the line.
  std::string& begin(std::string_view name) {
    members_ += ",\"";
    members_ += name;
    members_ += "\":";
    return members_;
  }
  journal_line& raw(std::string_view name, std::string_view json) {
    begin(name) += json;
    return *this;
  }
  // Names the chat that the line is about.
  void concerns(const chat& in) {
    if (in.is_private()) bot_id = in.bot;
    chat_key = in.key();
  }
  // Adds an item to a list member: "messages", "updates", "people", "bots", "chats", "members", "files",
  // "deleted".
  std::string& item(std::string_view list);

  std::int64_t bot_id = 0;  // 0: none
  std::string chat_key;

 private:
  friend class world;
  std::string_view kind_;
  std::string members_;
  std::vector<std::pair<std::string_view, std::string>> lists_;
  std::vector<bot*> to_wake_;
};

// All people, bots, chats and messages; every change goes through here and is in the journal when commit()
// returns. It knows nothing of HTTP, and it does no waiting: bot_api, control and webhooks are its shells.
class world {
 public:
  // A journal of more bytes than `compact_above` is written anew at the start: what is there now stays, what
  // led to it goes, and of a chat the newest thousand messages stay.
  world(executor on, std::string folder, std::uint64_t compact_above, const clock& machine,
        shifted_clock& product);
  ~world();

  using public_chat_map = std::map<std::int64_t, std::unique_ptr<chat>, std::greater<>>;  // ids fall

  // ---- who and where
  bot* find_bot(std::int64_t id);
  bot* bot_by_token(std::string_view token);
  bot* bot_by_name(std::string_view username);
  person* find_person(std::int64_t id);           // also of a deleted account
  chat* find_public(std::int64_t chat_id);        // channel or group
  chat* chat_by_name(std::string_view username);  // channel or group, without "@"
  chat* chat_by_key(std::string_view key);
  chat& private_chat(bot& of, std::int64_t person_id);  // made if there is none yet
  membership member_of(const bot& of, std::int64_t person_id) const;
  const std::map<std::int64_t, std::unique_ptr<bot>>& bots() const { return bots_; }
  const std::map<std::int64_t, person>& people() const { return people_; }
  // The oldest first.
  const public_chat_map& public_chats() const { return public_chats_; }
  bool name_is_taken(std::string_view username) const;

  // ---- changes; each adds itself to `line`
  person& put_person(person one, journal_line& line);
  bot& add_bot(std::int64_t id, std::string token, std::string username, std::string title,
               journal_line& line);
  void bot_changed(bot& one, journal_line& line);
  chat& add_chat(chat one, journal_line& line);
  void chat_changed(chat& one, journal_line& line);
  void remove_chat(chat& one, journal_line& line);
  void set_member(bot& of, std::int64_t person_id, membership now, journal_line& line);
  // Gives the message its id. `viewer` is the bot whose file ids the journal shows.
  message& add_message(chat& in, message one, journal_line& line, std::int64_t viewer);
  void message_changed(chat& in, message& one, journal_line& line, std::int64_t viewer);
  // Those that there are; returns how many.
  std::size_t remove_messages(chat& in, std::span<const std::int64_t> ids, journal_line& line);
  // All but the file's size, number and names in the API are taken from `as`. In the journal when this
  // returns, whatever becomes of the call that brought it.
  stored_file& add_file(std::string_view bytes, stored_file as);
  // What is pinned from now on, the last one on top.
  void set_pinned(chat& in, std::vector<std::int64_t> ids, journal_line& line);
  void mark_read(chat& in, std::int64_t person_id, std::int64_t upto, journal_line& line);

  // An update for a bot: `payload` is the value of its member `kind`. Dropped if the bot did not ask for this
  // kind.
  void push_update(bot& to, std::string_view kind, std::string_view payload, std::int64_t order_key,
                   std::chrono::seconds lives, journal_line& line, chat* in = nullptr,
                   message* about = nullptr);
  // Everything below `below` is done with.
  void confirm_below(bot& of, std::int64_t below, journal_line& line);
  void confirm_one(bot& of, std::int64_t update_id, journal_line& line);
  void drop_updates(bot& of, journal_line& line);
  void drop_expired(bot& of);

  callback_query& add_query(callback_query one, journal_line& line);
  callback_query* find_query(std::string_view id);  // that can still be answered
  void close_query(const callback_query& one, journal_line& line);

  // Told when a bot answers a query, with the live event's JSON: whoever pressed may be waiting for it.
  std::function<void(const std::string& id, const std::string& json)> query_answered = [](auto&, auto&) {};

  void set_limits(const limit_settings& now, journal_line& line);
  void set_clock(std::chrono::microseconds offset, journal_line& line);
  // The starter channels have been made.
  void mark_seeded(journal_line& line);
  bool seeded() const { return seeded_; }

  // Called for every bot that is there or comes.
  std::function<void(bot&)> bot_added = [](bot&) {};

  // Writes the line; then wakes who waits for it. Throws when the journal cannot be written.
  void commit(journal_line& line);

  // ---- texts
  void user_json(std::string& out, const person& one) const;
  void user_json(std::string& out, const bot& one) const;
  void chat_json(std::string& out, const chat& one) const;
  void message_json(std::string& out, const chat& in, const message& one, std::int64_t viewer,
                    bool inner = false) const;
  void entities_json(std::string& out, const std::vector<entity>& list) const;
  void view_json(std::string& out, const chat& in, const message& one) const;
  // {"message_ids":[…],"top":view}, "" when nothing is pinned.
  std::string pinned_json(const chat& in) const;
  void person_json(std::string& out, const person& one) const;
  void bot_json(std::string& out, const bot& one, std::string_view language) const;
  void public_chat_json(std::string& out, const chat& one) const;
  // MessageOrigin; what was forwarded already keeps its first one.
  std::string forward_origin(const chat& in, const message& one) const;
  void file_members(fields& out, const message& one, const stored_file& it, std::int64_t viewer) const;
  std::string message_text(const chat& in, const message& one, std::int64_t viewer) const;
  std::string view_text(const chat& in, const message& one) const;

  // ---- files
  static std::string file_id(std::int64_t bot_id, const stored_file& one);
  stored_file* file_by_id(std::int64_t bot_id, std::string_view file_id);
  stored_file* file_by_path(std::string_view path);
  stored_file* find_file(std::string_view unique);
  std::string read_file(const stored_file& one) const;  // throws when it cannot be read

  // ---- time and settings
  instant now() const { return product_.now(); }  // the product's clock
  instant machine_now() const { return machine_.now(); }
  std::int64_t now_unix() const;
  std::int64_t machine_us() const;
  shifted_clock& product_clock() { return product_; }
  const limit_settings& limits() const { return limits_; }

  // Whom a private chat or a bot's presence concerns, for the live stream.
  void publish_chat(std::string_view name, const chat& in, std::string json);
  void publish_panel(std::string_view name, std::string json);
  std::string settings_json() const;
  // Set by the fault table: its JSON list.
  std::function<std::string()> faults_json = [] { return std::string("[]"); };

  tandem::sandbox::live live;
  tandem::sandbox::journal journal;
  async::event appended;  // rings with every line

 private:
  void replay(std::string_view line);
  void replay_messages(const boost::json::object& line);
  void apply_person(const boost::json::object& from);
  void apply_bot(const boost::json::object& from);
  void apply_chat(const boost::json::object& from);
  message read_message(const boost::json::object& from) const;
  void record_message(const chat& in, const message& one, journal_line& line, std::int64_t viewer);
  static void record_file(const stored_file& one, journal_line& line);
  static void record_update(std::int64_t bot_id, const pending_update& one, journal_line& line);
  static void record_query(const callback_query& one, journal_line& line);
  static std::string record_member(const bot& of, std::int64_t person_id, membership now, journal_line& line);
  void compact();
  void compact_who();
  void compact_chat(const chat& in);
  void compact_updates(const bot& of);
  void enqueue(bot& to, std::int64_t id, std::string kind, std::string json, std::int64_t order_key,
               instant expires_at, std::string chat_key, std::int64_t message_id);
  void forget_update(const pending_update& one, std::map<std::string, std::vector<std::int64_t>>& seen);
  void publish_seen(const std::map<std::string, std::vector<std::int64_t>>& seen);
  void bot_record(std::string& out, const bot& one) const;
  void chat_record(std::string& out, const chat& one, bool gone) const;

  executor on_;
  std::string folder_;
  const clock& machine_;
  shifted_clock& product_;
  std::map<std::int64_t, person> people_;
  std::map<std::int64_t, std::unique_ptr<bot>> bots_;
  std::unordered_map<std::string, bot*> tokens_;
  public_chat_map public_chats_;
  std::unordered_map<std::string, std::int64_t> names_;  // lower case → person, bot or chat id
  std::unordered_map<std::string, stored_file> files_;   // by unique
  std::unordered_map<std::string, std::string> file_paths_;
  std::unordered_map<std::string, callback_query> queries_;
  std::list<std::string> query_order_;  // oldest first
  limit_settings limits_;
  bool seeded_ = false;
};

}  // namespace tandem::sandbox
