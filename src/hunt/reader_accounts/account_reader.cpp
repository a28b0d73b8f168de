#include "hunt/reader_accounts/account_reader.hpp"

#include <boost/system/system_error.hpp>
#include <map>

#include "async/event.hpp"
#include "async/scope.hpp"
#include "async/within.hpp"
#include "platform/log/log.hpp"

namespace tandem::hunt {
namespace {

using tdlib::json::object;
using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

const log::logger log_{"hunt.accounts"};

constexpr auto refresh_at_least = 10s;  // without any hint
constexpr auto approval_gap = 5min;     // a join that waits for approval is looked at

// TDLib keeps a session in this file of its folder; without it, it would ask for a phone number.
constexpr std::string_view session_file = "td.binlog";

// Why an account's session cannot be opened just now.
struct cannot_open : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a try to join has brought.
struct join_outcome {
  membership state = membership::refused;
  std::string detail;
  std::chrono::seconds wait{0};  // asked to wait: nothing else has happened
};

join_outcome outcome_of(const tdlib::answer& said) {
  if (said) {
    const auto type = tdlib::type_of(*said);
    if (type == "chatJoinResultRequestSent") return {membership::pending, "", 0s};
    if (type == "chatJoinResultGuardBotApprovalRequired")
      return {membership::refused, "a bot of the chat asks newcomers: join by hand with this account", 0s};
    if (type == "chatJoinResultDeclined") return {membership::refused, "the chat declined", 0s};
    return {membership::joined, "", 0s};  // chatJoinResultSuccess; ok and chat of older versions
  }
  const auto& refused = said.error();
  if (const auto wait = tdlib::retry_after(refused); wait.count() > 0)
    return {membership::none, refused.message, wait};
  if (refused.message.contains("INVITE_REQUEST_SENT")) return {membership::pending, "", 0s};
  if (refused.message.contains("USER_ALREADY_PARTICIPANT")) return {membership::joined, "", 0s};
  return {membership::refused, refused.message, 0s};
}

class td_account_reader final : public async::part {
 public:
  td_account_reader(account_reader_parts with, account_reader_options options)
      : with_(std::move(with)),
        options_(std::move(options)),
        bell_(with_.on),
        messages_(
            with_.figures.counter("tandem_account_messages_total", "Messages that reader accounts got")),
        floods_(with_.figures.counter("tandem_account_flood_waits_total",
                                      "Times that Telegram asked a reader account to wait")),
        joins_(with_.figures.counter("tandem_account_joins_total", "Chats that reader accounts joined")),
        reading_(with_.figures.gauge("tandem_accounts", "Reader accounts", {{"state", "reading"}})),
        lost_(with_.figures.gauge("tandem_accounts", "Reader accounts", {{"state", "lost"}})),
        unread_(with_.figures.gauge("tandem_account_sources", "Sources of reader accounts",
                                    {{"state", "unread"}})),
        read_(with_.figures.gauge("tandem_account_sources", "Sources of reader accounts",
                                  {{"state", "read"}})) {}

  std::string_view name() const override { return "reader accounts"; }

  task<> start() override {
    if (std::exchange(running_, true)) co_return;
    if (!std::exchange(listening_, true)) {
      for (const auto* channel : {"hunt_reader_accounts", "hunt_sources"}) {
        with_.database.listen(channel, [this](std::string_view) { hint(); });
      }
    }
    work_.emplace(with_.on, [](std::string_view task, const std::exception_ptr& why) {
      log_.error("reading with accounts has stopped", why, {{"task", task}});
    });
    work_->spawn("accounts", run());
  }

  task<> stop() override {
    if (!std::exchange(running_, false)) co_return;
    co_await work_->stop();
    while (!sessions_.empty()) {
      const auto last = sessions_.begin()->second;
      sessions_.erase(sessions_.begin());
      co_await end(last);
    }
    work_.reset();
  }

  async::health state() const override {
    if (!trouble_.empty()) return {false, trouble_};
    for (const auto& [id, one] : sessions_) {
      if (!one->trouble.empty()) return {false, one->who.name + ": " + one->trouble};
    }
    return {running_, {}};
  }

 private:
  struct followed {
    std::unique_ptr<chat_reading> reading;
    std::function<void()> cancel;
  };
  struct open_session {
    account who;
    std::unique_ptr<account_session> telegram;
    std::map<source_id, std::shared_ptr<followed>> chats;
    std::optional<async::scope> work;
    steady::time_point reopen_at, approvals_at;
    bool joining = false, over = false;
    std::string trouble;  // why it is not open, until it is tried again

    chat_reading* find(std::int64_t chat_id) const {
      for (const auto& [id, one] : chats) {
        if (one->reading->chat_id() == chat_id && chat_id != 0) return one->reading.get();
      }
      return nullptr;
    }
    bool is_ready() const { return telegram && telegram->state() == session_state::ready; }
  };
  using session_ptr = std::shared_ptr<open_session>;

  void hint() {
    changed_ = true;
    bell_.ring();
  }

  task<> run() {
    for (;;) {
      try {
        co_await tend();
      } catch (const boost::system::system_error&) {
        throw;  // stopped
      } catch (const std::exception& error) {
        log_.warn("accounts could not be tended", {{"why", error.what()}});
        changed_ = true;
      }
      co_await bell_.wait_for(options_.refresh_gap);
    }
  }

  task<> tend() {
    if (std::exchange(changed_, false) || steady::now() >= refresh_at_) {
      refresh_at_ = steady::now() + refresh_at_least;
      accounts_ = co_await with_.book.list();
      sources_ = co_await with_.book.read_sources();
    }
    for (const auto& one : accounts_) {
      session_ptr unusable;
      try {
        co_await tend_account(one);
      } catch (const cannot_open& error) {
        unusable = std::make_shared<open_session>();
        unusable->who = one;
        unusable->trouble = error.what();
      }
      if (unusable) co_await put_off(unusable);
    }
    co_await share();
    for (const auto& [id, one] : sessions_) {
      if (!one->is_ready()) continue;
      follow_sources(one);
      look_for_approvals(one);
    }
    join_next();
    keep_busiest_open();
    show_figures();
  }

  task<> tend_account(const account& one) {
    const auto found = sessions_.find(one.id);
    const auto session = found == sessions_.end() ? nullptr : found->second;
    switch (one.state) {
      case account_state::active: break;
      case account_state::limited:
        if (one.limited_until && *one.limited_until > with_.time.now()) break;
        co_await note(one, account_state::active, std::nullopt, "");
        break;
      case account_state::leaving: co_return co_await leave(one, session);
      default:
        if (!session) co_return;
        sessions_.erase(one.id);
        co_return co_await end(session);
    }
    if (!session) co_return open(one);
    session->who = one;
    if (session->over) co_return co_await bury(session);
    if (!session->telegram && steady::now() >= session->reopen_at) {
      open(one);
    } else if (session->is_ready() && one.state == account_state::active && !one.last_error.empty()) {
      co_await with_.book.note_state(one.id, one.state, std::nullopt, "");
      changed_ = true;
    }
  }

  // Throws cannot_open.
  void open(const account& one) {
    const auto telegram = with_.telegram();
    trouble_ = telegram ? "" : telegram.error();
    if (!telegram) {
      if (std::exchange(told_trouble_, true)) return;
      log_.error("reader accounts cannot work", {{"why", trouble_}});
      return;
    }
    const auto folder = folder_with_session(one.id);
    const auto session = std::make_shared<open_session>();
    session->who = one;
    session->work.emplace(with_.on, [](std::string_view task, const std::exception_ptr& why) {
      log_.error("a task of an account has failed", why, {{"task", task}});
    });
    tdlib::session_parameters with{options_.api_id, options_.api_hash, folder.string(), one.key,
                                   options_.app_version};
    session->telegram = std::make_unique<account_session>(with_.on, **telegram, std::move(with),
                                                          options_.session, listener_of(session.get()));
    sessions_[one.id] = session;
  }

  std::filesystem::path folder_with_session(account_id which) const {
    try {
      const bool here = std::filesystem::exists(options_.folder / std::to_string(which.value) / session_file);
      if (here) return session_folder(options_.folder, which);
    } catch (const std::filesystem::filesystem_error& error) {
      throw cannot_open(error.path1().string() + " cannot be used: " + error.code().message() +
                        "; it must belong to the user that runs the reader");
    }
    throw cannot_open(
        "its session is not on this machine: run the reader where it was logged in, or log it out and in "
        "again");
  }

  // The session outlives whatever it tells: it is closed before.
  session_listener listener_of(open_session* of) {
    session_listener out;
    out.changed = [this, of] {
      of->over = of->telegram && of->telegram->state() != session_state::opening &&
                 of->telegram->state() != session_state::ready;
      bell_.ring();
    };
    out.arrived = [this, of](tdlib::message what) {
      messages_.add();
      if (auto* chat = of->find(what.chat_id)) chat->arrived(std::move(what));
    };
    out.edited = [of](std::int64_t chat_id, std::int64_t id) {
      if (auto* chat = of->find(chat_id)) chat->edited(id);
    };
    out.deleted = [of](std::int64_t chat_id, const std::vector<std::int64_t>& ids) {
      if (auto* chat = of->find(chat_id)) chat->deleted(ids);
    };
    out.newest = [of](std::int64_t chat_id, std::int64_t id) {
      if (auto* chat = of->find(chat_id)) chat->newest_is(id);
    };
    out.unsure = [of] {
      for (const auto& [id, one] : of->chats) one->reading->unsure();
    };
    out.membership = [this, of](std::int64_t chat_id, bool member) {
      membership_changed(*of, chat_id, member);
    };
    out.flooded = [this, of](std::chrono::seconds wait, std::string_view said) {
      floods_.add();
      if (wait >= options_.session.limited_after)
        of->work->spawn("limit", limit(of->who, wait, std::string(said)));
    };
    return out;
  }

  void membership_changed(open_session& of, std::int64_t chat_id, bool member) {
    auto* chat = of.find(chat_id);
    if (member) {
      of.approvals_at = {};  // perhaps the one that was waited for
      bell_.ring();
    } else if (chat && chat->place().state == membership::joined) {
      of.work->spawn("lost a chat", lose_chat(*chat));
    }
  }

  task<> lose_chat(chat_reading& chat) {
    co_await chat.refuse("the account was removed from the chat");
    hint();
  }

  task<> limit(account who, std::chrono::seconds wait, std::string said) {
    co_await note(who, account_state::limited, with_.time.now() + wait, said);
  }

  task<> note(const account& who, account_state state, std::optional<instant> until, std::string_view why) {
    co_await with_.book.note_state(who.id, state, until, why);
    log_.warn("an account has changed its state",
              {{"account", who.name}, {"state", name_of(state)}, {"why", why}});
    account_change change{who.name, state, std::string(why)};
    if (with_.changed) with_.changed(change);
    hint();
  }

  // Telegram has ended the session, or it could not be opened.
  task<> bury(const session_ptr& session) {
    const auto state = session->telegram->state();
    const auto why = session->telegram->detail();
    co_await end(session);
    if (state == session_state::not_opened) {
      session->trouble = why;
      co_return co_await put_off(session);
    }
    sessions_.erase(session->who.id);
    remove_files(session->who.id);
    const auto ended = state == session_state::banned ? account_state::banned : account_state::logged_out;
    co_await note(session->who, ended, std::nullopt, why);
  }

  // Its trouble is noted; it is tried again later.
  task<> put_off(session_ptr session) {
    const auto& who = session->who;
    sessions_[who.id] = session;
    session->over = false;
    session->reopen_at = steady::now() + options_.reopen_gap;
    if (who.last_error == session->trouble) co_return;
    log_.warn("a session was not opened", {{"account", who.name}, {"why", session->trouble}});
    co_await with_.book.note_state(who.id, who.state, who.limited_until, session->trouble);
    changed_ = true;
  }

  task<> end(const session_ptr& session) {
    if (!session->telegram) co_return;
    co_await session->work->stop();
    session->chats.clear();
    try {
      co_await session->telegram->close();
    } catch (const async::timed_out& error) {
      log_.error("a session was not closed", {{"account", session->who.name}, {"why", error.what()}});
    }
    session->telegram.reset();
  }

  // The operator's wish; a session that is not open is opened for it, so that Telegram ends it, too. One that
  // cannot be is tried once more, and given up.
  task<> leave(const account& one, session_ptr session) {
    if (!session || (!session->telegram && session->who.state != account_state::leaving)) co_return open(one);
    if (session->telegram && !session->is_ready() && !session->over) co_return;  // its opening will ring
    auto untold = session->trouble;
    if (session->telegram && session->telegram->state() == session_state::not_opened)
      untold = session->telegram->detail();
    if (!untold.empty()) untold = "Telegram was not told, end the session in its settings: " + untold;
    if (session->is_ready()) {
      co_await session->work->stop();
      session->chats.clear();
      co_await session->telegram->log_out();
      session->telegram.reset();
    } else {
      co_await end(session);
    }
    sessions_.erase(one.id);
    remove_files(one.id);
    co_await with_.book.note_state(one.id, account_state::logged_out, std::nullopt, untold);
    log_.info("an account was logged out", {{"account", one.name}, {"detail", untold}});
    hint();
  }

  void remove_files(account_id which) const {
    std::error_code failure;
    std::filesystem::remove_all(options_.folder / std::to_string(which.value), failure);
    if (failure) log_.warn("a session's files stay", {{"why", failure.message()}});
  }

  task<> share() {
    const auto moved = share_out(accounts_, sources_, options_.joins, with_.time.now());
    for (const auto& one : moved) {
      co_await with_.book.assign(one.what, one.who);
      for (auto& source : sources_) {
        if (source.what.id != one.what) continue;
        log_.info("a source has another reader",
                  {{"source", source.what.name}, {"from", source.read_by}, {"to", one.who}});
        source.read_by = one.who;
      }
    }
  }

  void follow_sources(const session_ptr& session) {
    for (auto& [id, one] : session->chats) {
      if (!one) continue;
      const auto* source = find_source(id);
      if (!source || source->read_by != session->who.id || is_resting(*source)) {
        one->cancel();
        leaving_.push_back(std::exchange(one, nullptr));
      }
    }
    std::erase_if(session->chats, [](const auto& one) { return !one.second; });
    for (const auto& source : sources_) {
      if (source.read_by != session->who.id || is_resting(source)) continue;
      const auto* known = source.seat_of(session->who.id);
      seat place = known ? *known : seat{session->who.id, 0, membership::none, "", {}};
      auto& one = session->chats[source.what.id];
      // Refused long ago, or it would not be this account's turn.
      if (!one && place.state == membership::refused) place.state = membership::none;
      // A public chat can be read before it is joined.
      if (place.state == membership::none && source.link.empty()) place.state = membership::known;
      if (one) {
        one->reading->update(source, place);
      } else {
        follow(session, one, source, std::move(place));
      }
    }
  }

  static bool is_resting(const account_source& source) {
    return source.what.state != source_state::active && source.what.state != source_state::failing;
  }

  void follow(const session_ptr& session, std::shared_ptr<followed>& into, const account_source& source,
              seat place) {
    reading_parts parts{with_.on, with_.book, with_.way_in, with_.time, with_.left_out};
    into = std::make_shared<followed>();
    into->reading = std::make_unique<chat_reading>(std::move(parts), options_.times, options_.feed,
                                                   *session->telegram, source, std::move(place));
    into->cancel = session->work->spawn_cancellable("read " + source.what.name, follow_chat(into));
  }

  // Keeps the reading alive until its task has ended.
  static task<> follow_chat(std::shared_ptr<followed> what) {
    try {
      co_await what->reading->follow();
    } catch (const boost::system::system_error&) {
      // Cancelled: another account reads it from now on, or the source rests.
    }
  }

  const account_source* find_source(source_id which) const {
    const auto found = std::ranges::find(sources_, which, [](const auto& one) { return one.what.id; });
    return found == sources_.end() ? nullptr : &*found;
  }

  void join_next() {
    for (const auto& next : joins_due(accounts_, sources_, options_.joins, with_.time.now())) {
      const auto session = sessions_.find(next.who);
      const auto* source = find_source(next.what);
      if (session == sessions_.end() || !session->second->is_ready() || session->second->joining) continue;
      // A public chat is looked up first; its reading does that.
      const auto chat = session->second->chats.find(next.what);
      if (chat == session->second->chats.end()) continue;
      const auto chat_id = chat->second->reading->chat_id();
      if (source->link.empty() && chat_id == 0) continue;
      session->second->joining = true;
      session->second->work->spawn("join " + source->what.name, join(session->second, *source, chat_id));
    }
  }

  task<> join(session_ptr session, account_source source, std::int64_t chat_id) {
    // However it ends: what the database knows of this try is read before the next one.
    struct ending {
      td_account_reader& by;
      open_session& of;
      ~ending() {
        of.joining = false;
        by.changed_ = true;
      }
    };
    {
      const ending of_this{*this, *session};
      try {
        co_await try_to_join(*session, source, chat_id);
      } catch (const async::timed_out& error) {
        log_.warn("a join was not answered", {{"source", source.what.name}, {"why", error.what()}});
      }
    }
    bell_.ring();
  }

  task<> try_to_join(open_session& session, const account_source& source, std::int64_t chat_id) {
    auto& telegram = *session.telegram;
    co_await with_.book.note_join_try(session.who.id);
    seat place{session.who.id, 0, membership::none, "", {}};
    if (const auto* known = source.seat_of(session.who.id)) place = *known;
    object request{{"@type", "joinChatByInviteLink"}, {"invite_link", source.link}};
    if (source.link.empty()) {
      place.chat_id = chat_id;
      request = {{"@type", "joinChat"}, {"chat_id", place.chat_id}};
    }
    const auto said = co_await telegram.ask_once(std::move(request));
    const auto result = outcome_of(said);
    if (result.wait.count() > 0) {
      floods_.add();
      log_.warn("asked to wait with joining",
                {{"account", session.who.name}, {"seconds", result.wait.count()}});
      co_return co_await with_.book.hold_joins(session.who.id, with_.time.now() + result.wait);
    }
    place.state = result.state;
    place.detail = result.detail;
    place.changed_at = with_.time.now();
    if (place.state == membership::joined && !source.link.empty()) {
      co_await know_private_chat(session, source, place);
    } else if (place.state == membership::refused && source.link.empty() &&
               !place.detail.contains("CHANNELS_TOO_MUCH")) {
      place.state = membership::known;  // it goes on being read without
    }
    co_await with_.book.keep_seat(source.what.id, place);
    if (place.state == membership::joined) joins_.add();
    if (place.state == membership::refused) co_await with_.book.note_source(source.what.id, place.detail);
    log_.info("joined a chat", {{"account", session.who.name},
                                {"source", source.what.name},
                                {"outcome", name_of(place.state)},
                                {"detail", place.detail}});
  }

  // The number of a private chat, once it is joined. Not a member, after all: pending.
  task<> know_private_chat(open_session& session, const account_source& source, seat& place) {
    object request{{"@type", "checkChatInviteLink"}, {"invite_link", source.link}};
    const auto said = co_await session.telegram->ask(std::move(request), ration::searching);
    const auto chat_id = said ? tdlib::number(*said, "chat_id") : 0;
    if (chat_id == 0 || tdlib::number(*said, "accessible_for") != 0) {
      place.state = membership::pending;
      co_return;
    }
    place.chat_id = chat_id;
    place.state = membership::joined;
    const auto number = supergroup_of(chat_id);
    if (number == 0) {
      place.state = membership::refused;
      place.detail = "is a small group, whose messages have no common numbers: make it public or let it grow";
      co_return;
    }
    co_await with_.book.rename_source(source.what.id, "c/" + std::to_string(number));
  }

  void look_for_approvals(const session_ptr& session) {
    if (steady::now() < session->approvals_at) return;
    session->approvals_at = steady::now() + approval_gap;
    for (const auto& source : sources_) {
      const auto* place = source.seat_of(session->who.id);
      if (!place || place->state != membership::pending || source.read_by != session->who.id) continue;
      session->work->spawn("look for an approval", look_for_approval(session, source, *place));
    }
  }

  task<> look_for_approval(session_ptr session, account_source source, seat place) {
    if (source.link.empty()) {
      if (!session->telegram->is_member(place.chat_id)) co_return;
      place.state = membership::joined;
    } else {
      co_await know_private_chat(*session, source, place);
      if (place.state == membership::pending) co_return;
    }
    place.changed_at = with_.time.now();
    co_await with_.book.keep_seat(source.what.id, place);
    log_.info("a join was approved", {{"account", session->who.name}, {"source", source.what.name}});
    hint();
  }

  // Telegram tells of an open chat at once, also when it is large.
  void keep_busiest_open() {
    const auto now = steady::now();
    const bool count_again = now >= busiest_at_;
    if (count_again) busiest_at_ = now + options_.busiest_gap;
    for (const auto& [id, session] : sessions_) {
      if (!session->is_ready()) continue;
      std::vector<chat_reading*> chats;
      for (const auto& [source, one] : session->chats) {
        if (one->reading->chat_id() != 0) chats.push_back(one->reading.get());
      }
      std::ranges::sort(chats, std::greater<>(), [](const chat_reading* one) { return one->messages; });
      for (std::size_t at = 0; at < chats.size(); ++at) {
        const bool open = at < static_cast<std::size_t>(options_.open_chats);
        if (chats[at]->open != open && (open || count_again)) {
          session->work->spawn("open a chat", set_open(session, chats[at]->chat_id(), open));
          chats[at]->open = open;
        }
        if (count_again) chats[at]->messages /= 2;
      }
    }
  }

  static task<> set_open(session_ptr session, std::int64_t chat_id, bool open) {
    object request{{"@type", open ? "openChat" : "closeChat"}, {"chat_id", chat_id}};
    const auto said = co_await session->telegram->ask(std::move(request), ration::local);
    if (!said) log_.warn("a chat was not opened", {{"why", said.error().message}});
  }

  void show_figures() {
    const auto now = with_.time.now();
    const auto reading =
        std::ranges::count_if(accounts_, [&](const account& one) { return can_read(one, now); });
    const auto unread = std::ranges::count_if(
        sources_, [](const account_source& one) { return !is_resting(one) && one.read_by == account_id(); });
    reading_.set(static_cast<double>(reading));
    lost_.set(static_cast<double>(std::ranges::count_if(accounts_, [](const account& one) {
      return one.state == account_state::banned || one.state == account_state::logged_out;
    })));
    unread_.set(static_cast<double>(unread));
    read_.set(static_cast<double>(std::ranges::count_if(sources_, [](const account_source& one) {
      return !is_resting(one) && one.read_by != account_id();
    })));
    std::erase_if(leaving_, [](const std::shared_ptr<followed>& one) { return one.use_count() == 1; });
  }

  account_reader_parts with_;
  account_reader_options options_;
  async::event bell_;
  std::optional<async::scope> work_;
  metrics::counter messages_, floods_, joins_;
  metrics::gauge reading_, lost_, unread_, read_;
  std::vector<account> accounts_;
  std::vector<account_source> sources_;
  std::map<account_id, session_ptr> sessions_;
  std::vector<std::shared_ptr<followed>> leaving_;  // until their tasks have ended
  steady::time_point refresh_at_, busiest_at_;
  std::string trouble_;
  bool running_ = false, listening_ = false, changed_ = true, told_trouble_ = false;
};

}  // namespace

std::filesystem::path session_folder(const std::filesystem::path& root, account_id which) {
  const auto folder = root / std::to_string(which.value);
  std::filesystem::create_directories(folder);
  for (const auto& one : {root, folder}) {
    std::filesystem::permissions(one, std::filesystem::perms::owner_all);
  }
  return folder;
}

std::unique_ptr<async::part> make_account_reader(account_reader_parts with, account_reader_options options) {
  return std::make_unique<td_account_reader>(std::move(with), std::move(options));
}

}  // namespace tandem::hunt
