#include <map>
#include <set>

#include "async/crew.hpp"
#include "async/event.hpp"
#include "dating/talks/courier_sql.hpp"
#include "dating/talks/talks.hpp"
#include "platform/log/log.hpp"
#include "platform/telegram/html.hpp"

namespace tandem::dating {
namespace {

namespace sql = tandem::dating::sql::courier;
using namespace std::chrono_literals;
using telegram::message_content;
using telegram::refusal;
using telegram::takes_nothing;

constexpr int lanes_at_once = 64;
constexpr int removals_at_once = 100;  // Telegram's limit for one call
constexpr int lines_at_once = 50;
constexpr int most_tries = 20;  // with the pauses below about half an hour
constexpr std::size_t addresses_kept = 20'000;
constexpr auto address_lives = 1min;

std::chrono::seconds pause_after(int tries) {
  return std::min(120s, std::chrono::seconds(1 << std::min(tries, 7)));
}

constexpr auto until_it_takes_some = 30s;

std::chrono::seconds pause_after(refusal why, int tries) {
  return takes_nothing(why) ? until_it_takes_some : pause_after(tries);
}
int counted(refusal why) { return takes_nothing(why) ? 0 : 1; }

bool is_for_later(refusal why) {
  return takes_nothing(why) || why == refusal::server || why == refusal::uncertain ||
         why == refusal::conflict;
}
bool is_for_later(refusal why, int tries) {
  return is_for_later(why) && (takes_nothing(why) || tries < most_tries);
}

// A person's messages to another.
struct lane {
  std::int64_t bot_id = 0;
  match_id talk;
  user_id from;
  friend auto operator<=>(const lane&, const lane&) = default;
};

struct address {
  std::int64_t chat_id = 0;
  std::string language;
  instant read_at;
};

// One message, as it is now.
struct due {
  std::int64_t message_id = 0;
  user_id to;
  std::string state;
  std::optional<std::int64_t> copy;  // in the other's chat
  std::vector<std::byte> sealed;
  int tries = 0;
  carried how;
  bool open = true;
  std::optional<std::int64_t> reply_to;  // in the other's chat
};

class talk_courier_part final : public talk_courier {
 public:
  talk_courier_part(talk_courier_parts with, std::chrono::milliseconds poll)
      : with_(std::move(with)),
        poll_(poll),
        log_("talks"),
        work_(with_.on, log::failures_to(log_)),
        bell_(with_.on) {
    with_.from.on_news([this] { bell_.ring(); });
  }

  std::string_view name() const override { return "talk_courier"; }

  task<> start() override {
    if (std::exchange(running_, true)) co_return;
    // What was under way at the last stop is due still.
    lanes_.clear();
    pinning_.clear();
    removing_ = false;
    work_.begin();
    work_.keep("carry talks", [this] { return run(); });
  }
  task<> stop() override {
    running_ = false;
    co_await work_.stop();
  }
  async::health state() const override { return work_.state(); }

  task<> run_due() override {
    work_.begin();  // by hand it needs no start
    for (bool more = true; more;) {
      more = co_await look();
      co_await work_.join();
    }
  }

 private:
  task<> run() {
    co_await look();
    co_await bell_.wait_for(poll_);
  }

  // Begins what is due and not under way; false if there was nothing.
  task<bool> look() {
    bool some = false;
    const auto room = lanes_at_once - static_cast<int>(lanes_.size());
    if (room > 0) {
      const auto rows =
          co_await with_.db(sql::lanes, with_.time.now(), lanes_at_once + static_cast<int>(lanes_.size()));
      for (int i = 0; i < rows.size() && lanes_.size() < lanes_at_once; ++i) {
        const lane one{rows[i].get<std::int64_t>(0), rows[i].get<match_id>(1), rows[i].get<user_id>(2)};
        if (!with_.senders(one.bot_id)) continue;
        const auto [running, fresh] = lanes_.try_emplace(one, false);
        running->second = !fresh;
        if (!fresh) continue;
        work_.spawn("carry a talk", carry(one));
        some = true;
      }
    }
    const auto lines = co_await with_.db(sql::lines_to_pin, most_tries, lines_at_once, with_.time.now());
    for (int i = 0; i < lines.size(); ++i) {
      const auto who = lines[i].get<user_id>(0);
      const auto bot_id = lines[i].get<std::int64_t>(1);
      if (!with_.senders(bot_id) || !pinning_.insert(who).second) continue;
      work_.spawn("pin a line", pin(who, bot_id, lines[i].get<match_id>(2), lines[i].get<int>(3)));
      some = true;
    }
    if (!removing_) {
      removing_ = true;
      work_.spawn("remove messages", remove_some());
    }
    co_return some;
  }

  // ---- messages

  task<> carry(lane what) {
    struct done {
      talk_courier_part& of;
      lane what;
      ~done() {
        const auto running = of.lanes_.find(what);
        if (running->second) of.bell_.ring();
        of.lanes_.erase(running);
      }
    } const at_the_end{*this, what};
    for (bool on = true; on;) on = co_await carry_next(what);
  }

  // The next message of the lane, read at this moment: edits and ends up to now count. False when there is no
  // more, or the lane has to wait.
  task<bool> carry_next(lane what) {
    const auto rows = co_await with_.db(sql::next, what.talk, what.from, what.bot_id, with_.time.now());
    if (rows.empty()) co_return false;
    const auto row = rows.front();
    due one;
    one.message_id = row.get<std::int64_t>(0);
    one.to = row.get<user_id>(1);
    one.state = row.get<std::string>(2);
    one.copy = row.get<std::optional<std::int64_t>>(3);
    one.sealed = row.get<std::optional<std::vector<std::byte>>>(4).value_or(std::vector<std::byte>());
    one.tries = row.get<int>(5);
    one.how = {what.talk, row.get<std::string>(6), {}, row.get<bool>(7)};
    one.open = row.get<bool>(8);
    one.reply_to = row.get<std::optional<std::int64_t>>(9);
    if (one.state != "due" && !one.copy) {  // an edit of what was never sent
      co_await with_.db(sql::mark_edited, what.bot_id, what.from, one.message_id, one.sealed);
      co_return true;
    }
    const auto from = co_await address_of(what.from);
    const auto to = co_await address_of(one.to);
    if (!one.open || one.sealed.empty() || from.chat_id == 0 || to.chat_id == 0) {
      co_await refuse(what, one);
      co_return true;
    }
    one.how.language = to.language;
    const auto content =
        kept_of(with_.keys.open(one.sealed, content_purpose(what.bot_id, what.from.value, one.message_id)));
    if (one.state == "due") co_return co_await send(what, one, content, from, to);
    co_return co_await edit(what, one, content, to);
  }

  task<bool> send(lane what, due one, kept_content content, address from, address to) {
    auto* out = with_.senders(what.bot_id);
    if (!out) co_return false;
    auto sent = co_await hand_over(*out, one, content, from, to);
    if (sent) {
      // Until it is written: nothing is said twice for want of a database.
      bool gone = false;
      std::function<task<>()> write = [this, what, &one, copy = sent->message_id, &gone] {
        return mark_sent(what, one, copy, gone);
      };
      co_await async::insist(std::move(write), {});
      if (gone) {
        co_await with_.db(sql::remove_later, what.bot_id, to.chat_id, sent->message_id, with_.time.now());
        bell_.ring();
      }
      co_return true;
    }
    const auto& error = sent.error();
    if (error.why == refusal::stopped) co_return false;
    if (is_for_later(error.why, one.tries)) co_return co_await put_off(what, one, error.why);
    co_await refuse(what, one);
    if (error.why == refusal::message_gone) co_return true;  // the sender has deleted it
    if (!error.chat_is_closed()) {
      log_.error("a message of a talk was refused", {{"bot", what.bot_id}, {"error", error.description}});
    }
    const auto name = co_await name_of_other(what);
    auto said = error.chat_is_closed() ? with_.words.unreachable(name, from.language)
                                       : with_.words.not_taken(name, from.language);
    said.chat_id = from.chat_id;
    said.options.reply_to = one.message_id;
    out = with_.senders(what.bot_id);
    if (out) co_await out->send_message(std::move(said));
    co_return true;
  }

  task<> mark_sent(lane what, const due& one, std::int64_t copy, bool& gone) {
    const auto rows = co_await with_.db(sql::mark_sent, what.bot_id, what.from, one.message_id, copy);
    gone = rows.empty() || rows.front().get<std::string>(0) == "deleted";
  }

  task<std::string> name_of_other(lane what) {
    const auto found = co_await with_.from.find(with_.db, what.from, what.talk);
    co_return found ? found->name : std::string();
  }

  task<telegram::answer<telegram::message_id>> hand_over(telegram::sender& out, const due& one,
                                                         const kept_content& content, const address& from,
                                                         const address& to) {
    telegram::send_options options;
    options.protect_content = content.kind != message_content::text;
    options.reply_to = one.reply_to;
    telegram::reply_markup markup;
    auto keys = with_.words.buttons(one.how);
    if (!keys.inline_keyboard.empty()) markup = std::move(keys);
    if (content.kind == message_content::text) {
      auto shown = headed(one, content);
      telegram::text_message message;
      message.chat_id = to.chat_id;
      message.text = std::move(shown.text);
      message.entities = std::move(shown.entities);
      message.parse_mode = telegram::parse_mode::none;
      message.link_preview = telegram::link_preview_options{.is_disabled = true};
      message.markup = std::move(markup);
      message.options = options;
      co_return co_await out.send_message(std::move(message));
    }
    if (content.kind == message_content::location) {
      telegram::location_message message;
      message.chat_id = to.chat_id;
      message.latitude = content.latitude;
      message.longitude = content.longitude;
      message.markup = std::move(markup);
      message.options = options;
      const auto sent = co_await out.send_location(std::move(message));
      if (!sent) co_return std::unexpected(sent.error());
      co_return telegram::message_id{sent->message_id};
    }
    telegram::message_copy message;
    message.chat_id = to.chat_id;
    message.from_chat_id = from.chat_id;
    message.message_id = one.message_id;
    if (has_caption(content.kind)) {
      message.caption = content.what.text;
      message.caption_entities = content.what.entities;
    }
    message.markup = std::move(markup);
    message.options = options;
    co_return co_await out.copy_message(std::move(message));
  }

  static bool has_caption(message_content what) {
    return what == message_content::photo || what == message_content::video ||
           what == message_content::animation || what == message_content::voice;
  }

  // With the sender's name, where there is room for it: the button below says it, too.
  shown_text headed(const due& one, const kept_content& content) const {
    constexpr std::size_t longest_text = 4096;
    auto heading = with_.words.heading(one.how);
    if (heading.empty()) return content.what;
    const auto length = telegram::code_points(heading) + 1 + telegram::code_points(content.what.text);
    return length > longest_text ? content.what : under_heading(heading, content.what);
  }

  task<bool> edit(lane what, due one, kept_content content, address to) {
    auto* out = with_.senders(what.bot_id);
    if (!out) co_return false;
    std::optional<telegram::inline_keyboard_markup> markup;
    auto keys = with_.words.buttons(one.how);
    if (!keys.inline_keyboard.empty()) markup = std::move(keys);
    telegram::answer<bool> done;
    if (content.kind == message_content::text) {
      auto shown = headed(one, content);
      telegram::text_edit edit;
      edit.chat_id = to.chat_id;
      edit.message_id = *one.copy;
      edit.text = std::move(shown.text);
      edit.entities = std::move(shown.entities);
      edit.parse_mode = telegram::parse_mode::none;
      edit.link_preview = telegram::link_preview_options{.is_disabled = true};
      edit.markup = std::move(markup);
      done = co_await out->edit_message_text(std::move(edit));
    } else if (has_caption(content.kind)) {
      telegram::caption_edit edit;
      edit.chat_id = to.chat_id;
      edit.message_id = *one.copy;
      edit.caption = content.what.text;
      edit.entities = content.what.entities;
      edit.parse_mode = telegram::parse_mode::none;
      edit.markup = std::move(markup);
      done = co_await out->edit_message_caption(std::move(edit));
    } else {
      done = true;
    }
    if (!done && done.error().why == refusal::stopped) co_return false;
    if (!done && is_for_later(done.error().why, one.tries))
      co_return co_await put_off(what, one, done.error().why);
    co_await with_.db(sql::mark_edited, what.bot_id, what.from, one.message_id, one.sealed);
    co_return true;
  }

  task<bool> put_off(lane what, const due& one, refusal why) {
    co_await with_.db(sql::put_off, what.bot_id, what.talk, what.from,
                      with_.time.now() + pause_after(why, one.tries), one.message_id, counted(why));
    co_return false;
  }

  task<> refuse(lane what, const due& one) {
    co_await with_.db(sql::mark_refused, what.bot_id, what.from, one.message_id);
    std::optional<std::vector<std::byte>> shown;
    if (!one.sealed.empty()) shown = one.sealed;
    co_await with_.db(sql::mark_edited, what.bot_id, what.from, one.message_id, shown);
  }

  task<address> address_of(user_id who) {
    const auto now = with_.time.now();
    const auto known = addresses_.find(who);
    if (known != addresses_.end() && now - known->second.read_at < address_lives) co_return known->second;
    const auto person = co_await with_.people.find(with_.db, who);
    if (!person) co_return address{};
    if (addresses_.size() >= addresses_kept) addresses_.clear();
    const address fresh{person->telegram_id, person->language, now};
    addresses_[who] = fresh;
    co_return fresh;
  }

  // ---- the pinned line

  task<> pin(user_id who, std::int64_t bot_id, match_id what, int tries) {
    struct done {
      talk_courier_part& of;
      user_id who;
      ~done() { of.pinning_.erase(who); }
    } const at_the_end{*this, who};
    const auto found = co_await with_.from.find(with_.db, who, what);
    const auto to = co_await address_of(who);
    auto* out = with_.senders(bot_id);
    if (!found || to.chat_id == 0 || !out) co_return;
    auto line = with_.words.line(*found, to.language);
    line.chat_id = to.chat_id;
    const auto sent = co_await out->send_message(std::move(line));
    if (!sent) {
      const auto why = sent.error().why;
      if (why == refusal::stopped) co_return;
      co_await with_.db(sql::line_failed, who, what, is_for_later(why) ? counted(why) : most_tries,
                        with_.time.now() + pause_after(why, tries));
      co_return;
    }
    const auto rows = co_await with_.db(sql::pinned, who, what, sent->message_id);
    if (rows.empty()) {  // switched meanwhile: the next line is due already
      co_await with_.db(sql::remove_later, bot_id, to.chat_id, sent->message_id, with_.time.now());
      bell_.ring();
      co_return;
    }
    out = with_.senders(bot_id);
    if (out) co_await out->pin_message(to.chat_id, sent->message_id);
  }

  // ---- removals

  task<> remove_some() {
    struct done {
      bool& busy;
      ~done() { busy = false; }
    } const at_the_end{removing_};
    const auto rows = co_await with_.db(sql::removals, with_.time.now(), removals_at_once);
    struct together {
      std::vector<std::int64_t> messages;
      int tries = 0;
    };
    std::map<std::pair<std::int64_t, std::int64_t>, together> by_chat;
    for (int i = 0; i < rows.size(); ++i) {
      const auto bot_id = rows[i].get<std::int64_t>(0);
      const auto chat_id = rows[i].get<std::int64_t>(1);
      const auto message_id = rows[i].get<std::int64_t>(2);
      const auto tries = rows[i].get<int>(5);
      if (tries >= most_tries) {
        log_.error("a message that was to go away stays", {{"bot", bot_id}});
        const std::vector<std::int64_t> one{message_id};
        co_await with_.db(sql::removed, bot_id, chat_id, one);
      } else if (rows[i].get<std::string>(3).empty()) {
        auto& some = by_chat[{bot_id, chat_id}];
        some.messages.push_back(message_id);
        some.tries = std::max(some.tries, tries);
      } else {
        co_await blank(bot_id, chat_id, message_id, rows[i].get<std::string>(4), tries);
      }
    }
    for (const auto& [where, some] : by_chat) {
      auto* out = with_.senders(where.first);
      if (!out) continue;
      const auto gone = co_await out->delete_messages(where.second, some.messages);
      const auto why = gone ? refusal::other : gone.error().why;
      co_await settle(where.first, where.second, some.messages, why, some.tries);
    }
    if (rows.size() == removals_at_once) bell_.ring();
  }

  // Too old to be deleted: another text, another picture, or at least no caption.
  task<> blank(std::int64_t bot_id, std::int64_t chat_id, std::int64_t message_id, std::string language,
               int tries) {
    auto* out = with_.senders(bot_id);
    if (!out) co_return;
    const auto said = with_.words.deleted(language);
    telegram::text_edit text;
    text.chat_id = chat_id;
    text.message_id = message_id;
    text.text = said;
    auto done = co_await out->edit_message_text(std::move(text));
    out = with_.senders(bot_id);
    if (!done && done.error().why == refusal::other && with_.words.blank_picture && out) {
      telegram::media_edit media;
      media.chat_id = chat_id;
      media.message_id = message_id;
      media.media.bytes = co_await with_.words.blank_picture();
      media.media.file_name = "photo.jpg";
      media.media.content_type = "image/jpeg";
      media.caption = said;
      const auto changed = co_await out->edit_message_media(std::move(media));
      done =
          changed ? telegram::answer<bool>(true) : telegram::answer<bool>(std::unexpected(changed.error()));
      out = with_.senders(bot_id);
    }
    if (!done && done.error().why == refusal::other && out) {
      telegram::caption_edit caption;
      caption.chat_id = chat_id;
      caption.message_id = message_id;
      caption.caption = said;
      done = co_await out->edit_message_caption(std::move(caption));
    }
    std::vector<std::int64_t> one{message_id};
    const auto why = done ? refusal::other : done.error().why;
    co_await settle(bot_id, chat_id, std::move(one), why, tries);
  }

  task<> settle(std::int64_t bot_id, std::int64_t chat_id, std::vector<std::int64_t> messages, refusal why,
                int tries) {
    if (why == refusal::stopped) co_return;
    if (is_for_later(why)) {
      co_await with_.db(sql::put_removals_off, bot_id, chat_id, messages,
                        with_.time.now() + pause_after(why, tries), counted(why));
    } else {
      co_await with_.db(sql::removed, bot_id, chat_id, messages);
    }
  }

  talk_courier_parts with_;
  std::chrono::milliseconds poll_;
  log::logger log_;
  async::crew work_;
  async::event bell_;
  std::map<lane, bool> lanes_;  // under way; true: had something due meanwhile that it may have missed
  std::set<user_id> pinning_;
  std::map<user_id, address> addresses_;
  bool removing_ = false, running_ = false;
};

}  // namespace

std::unique_ptr<talk_courier> make_talk_courier(talk_courier_parts with, std::chrono::milliseconds poll) {
  return std::make_unique<talk_courier_part>(std::move(with), poll);
}

}  // namespace tandem::dating
