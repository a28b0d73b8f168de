// A libtdjson of our own for tests: the same functions, and behind them a Telegram that a script plays. The
// folder named by SCRIPTED_TDLIB holds
//   script.jsonl     what happens at Telegram, a command a line; the test goes on writing it while the
//   library reads did.jsonl        what was asked and said, and who joined what: written by the library, in
//   every process that uses it templates.json   a complete record of each type (schema.py), in which only
//   what matters is filled in
// All that is in the script when the library is loaded has happened before, unseen; what comes later is told
// to clients.
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>

namespace {

namespace json = boost::json;
using json::object;
using json::value;

constexpr std::int64_t id_step = 1 << 20;
constexpr std::int64_t supergroup_base = -1'000'000'000'000;

std::string text(const object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  return found && found->is_string() ? std::string(found->as_string()) : std::string();
}
std::int64_t number(const object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  if (!found) return 0;
  return found->is_string() ? std::stoll(std::string(found->as_string())) : found->to_number<std::int64_t>();
}
bool flag(const object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  return found && found->is_bool() && found->as_bool();
}
std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

struct person {
  object script;
  bool banned = false, revoked = false, offline = false;
};

struct chat {
  object script;
  std::map<std::int64_t, object> messages;  // by server id
  std::set<std::string> members, waiting;   // phones
};

struct client {
  int id = 0;
  std::string state;  // the type of the authorization state
  std::string folder, phone, key;
  int lock = -1;
  std::set<std::int64_t> chats, users, open;  // that it has been told of
  bool is_ready() const { return state == "authorizationStateReady"; }
};

struct fault {
  object script;
  std::int64_t left = 0;
};

class telegram {
 public:
  telegram()
      : folder_(folder()),
        did_(::open((folder_ + "/did.jsonl").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600)) {
    std::ifstream in(folder_ + "/templates.json");
    templates_ = json::parse(std::string(std::istreambuf_iterator<char>(in), {})).as_object();
    read_script(false);
    std::ifstream done(folder_ + "/did.jsonl");
    for (std::string line; std::getline(done, line);) {
      const auto what = json::parse(line).as_object();
      if (const auto* joined = what.if_contains("joined"))
        chats_.at(number(joined->as_object(), "chat")).members.insert(text(joined->as_object(), "phone"));
      if (const auto* used = what.if_contains("fault_used"))
        --faults_.at(used->to_number<std::size_t>()).left;
    }
  }

  int create() {
    const std::lock_guard lock(mutex_);
    const int id = ++last_client_;
    clients_[id].id = id;
    return id;
  }

  void send(int id, const char* request) {
    const std::lock_guard lock(mutex_);
    object asked = json::parse(request).as_object();
    note({{"client", id}, {"asked", asked}});
    asking_ = asked.contains("@extra") ? asked.at("@extra") : value();
    const auto found = clients_.find(id);
    if (found == clients_.end()) {
      fail(id, 400, "Invalid TDLib instance specified");
    } else if (found->second.state == "authorizationStateClosed") {
      fail(id, 500, "Request aborted");
    } else {
      handle(found->second, asked);
    }
    changed_.notify_one();
  }

  const char* receive(double seconds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    std::unique_lock lock(mutex_);
    for (;;) {
      read_script(true);
      if (!out_.empty()) break;
      if (std::chrono::steady_clock::now() >= until) return nullptr;
      changed_.wait_for(lock, std::chrono::milliseconds(1));  // the script is looked at so often
    }
    const auto record = std::move(out_.front());
    out_.pop_front();
    note({{"client", record.at("@client_id")}, {"said", record}});
    last_ = json::serialize(record);
    return last_.c_str();
  }

 private:
  static std::string folder() {
    const char* named = std::getenv("SCRIPTED_TDLIB");
    if (!named) throw std::runtime_error("SCRIPTED_TDLIB names no folder");
    return named;
  }

  void note(object what) const {
    what["at_us"] = now_us();
    const auto line = json::serialize(what) + "\n";
    if (::write(did_, line.data(), line.size()) < 0) throw std::runtime_error("did.jsonl cannot be written");
  }

  object make(std::string_view type) const { return templates_.at(type).as_object(); }

  // -- what clients are told
  // ------------------------------------------------------------------------------------------

  void put(int id, object record) {
    record["@client_id"] = id;
    out_.push_back(std::move(record));
  }
  void answer(int id, object record) {
    if (!asking_.is_null()) record["@extra"] = asking_;
    put(id, std::move(record));
  }
  void fail(int id, int code, std::string_view message) {
    answer(id, {{"@type", "error"}, {"code", code}, {"message", message}});
  }
  void ok(int id) { answer(id, {{"@type", "ok"}}); }

  void become(client& of, object state) {
    of.state = text(state, "@type");
    put(of.id, {{"@type", "updateAuthorizationState"}, {"authorization_state", std::move(state)}});
  }
  void become(client& of, std::string_view state) { become(of, make(state)); }

  void connection(const client& of, std::string_view state) {
    put(of.id, {{"@type", "updateConnectionState"}, {"state", make(state)}});
  }

  void tell_user(client& to, const object& who) {
    if (!to.users.insert(number(who, "id")).second) return;
    put(to.id, {{"@type", "updateUser"}, {"user", user(who)}});
  }
  object user(const object& who) const {
    auto out = make("user");
    out["id"] = number(who, "id");
    out["first_name"] = text(who, "first_name");
    out["last_name"] = text(who, "last_name");
    if (const auto username = text(who, "username"); !username.empty())
      out["usernames"] = usernames(username);
    return out;
  }
  object usernames(const std::string& name) const {
    auto out = make("usernames");
    out["active_usernames"] = json::array{name};
    out["editable_username"] = name;
    return out;
  }
  object supergroup(const client& to, const chat& what) const {
    auto out = make("supergroup");
    const auto id = number(what.script, "chat");
    out["id"] = supergroup_base - id;
    if (const auto username = text(what.script, "username"); !username.empty())
      out["usernames"] = usernames(username);
    out["is_channel"] = text(what.script, "type") == "channel";
    out["status"] = make(what.members.contains(to.phone) ? "chatMemberStatusMember" : "chatMemberStatusLeft");
    return out;
  }
  object chat_record(const chat& what) const {
    auto out = make("chat");
    const auto id = number(what.script, "chat");
    out["id"] = id;
    out["title"] = text(what.script, "title");
    auto type = make("chatTypeSupergroup");
    type["supergroup_id"] = supergroup_base - id;
    type["is_channel"] = text(what.script, "type") == "channel";
    out["type"] = std::move(type);
    return out;
  }
  void tell_group(client& to, const chat& what) {
    put(to.id, {{"@type", "updateSupergroup"}, {"supergroup", supergroup(to, what)}});
  }
  void tell_chat(client& to, const chat& what) {
    const auto id = number(what.script, "chat");
    if (!to.chats.insert(id).second) return;
    tell_group(to, what);
    put(to.id, {{"@type", "updateNewChat"}, {"chat", chat_record(what)}});
    save(to);
  }

  // -- sessions
  // -------------------------------------------------------------------------------------------------------

  std::string file(const client& of) const { return of.folder + "/session.json"; }

  void save(const client& of) const {
    json::array chats(of.chats.begin(), of.chats.end());
    std::ofstream(file(of)) << json::serialize(
        object{{"phone", of.phone}, {"key", of.key}, {"chats", chats}});
  }

  void open_session(client& of, const object& asked) {
    if (number(asked, "api_id") == 0)
      return fail(of.id, 400, "Valid api_id must be provided. Can be obtained at https://my.telegram.org");
    of.folder = text(asked, "database_directory");
    of.key = text(asked, "database_encryption_key");
    std::filesystem::create_directories(of.folder);
    of.lock = ::open((of.folder + "/td.binlog").c_str(), O_RDWR | O_CREAT, 0600);
    if (::flock(of.lock, LOCK_EX | LOCK_NB) != 0) {
      ::close(of.lock);
      return fail(
          of.id, 400,
          "Can't lock file \"" + of.folder +
              "/td.binlog\", because it is already in use; check for another program instance running");
    }
    object session;
    if (std::ifstream in(file(of)); in)
      session = json::parse(std::string(std::istreambuf_iterator<char>(in), {})).as_object();
    if (session.contains("key") && text(session, "key") != of.key)
      return fail(of.id, 401, "Wrong database encryption key");
    ok(of.id);
    of.phone = text(session, "phone");
    if (of.phone.empty()) return become(of, "authorizationStateWaitPhoneNumber");
    for (const auto& id : session.at("chats").as_array()) known_before_.insert({of.id, id.as_int64()});
    const auto& who = people_.at(of.phone);
    if (who.banned || who.revoked) return throw_out(of, who.banned);
    enter(of);
  }

  void enter(client& of) {
    save(of);
    connection(of, "connectionStateConnecting");
    become(of, "authorizationStateReady");
    tell_user(of, people_.at(of.phone).script);
    if (people_.at(of.phone).offline) return;
    connection(of, "connectionStateUpdating");
    connection(of, "connectionStateReady");
  }

  void end(client& of) {
    become(of, "authorizationStateClosing");
    become(of, "authorizationStateClosed");
    if (of.lock >= 0) ::close(of.lock);
    of.lock = -1;
  }

  void throw_out(client& of, bool banned) {
    if (banned) {
      auto notice = make("updateServiceNotification");
      notice["type"] = "AUTH_KEY_DROP_DUPLICATE";
      auto content = make("messageText");
      content["text"].as_object()["text"] = "Your account was banned.";
      notice["content"] = std::move(content);
      put(of.id, std::move(notice));
    }
    std::filesystem::remove(file(of));
    become(of, "authorizationStateLoggingOut");
    end(of);
  }

  void ask_for_code(client& of) {
    auto state = make("authorizationStateWaitCode");
    auto& info = state["code_info"].as_object();
    info["phone_number"] = of.phone;
    auto type = make("authenticationCodeTypeTelegramMessage");
    type["length"] = 5;
    info["type"] = std::move(type);
    become(of, std::move(state));
  }

  void past_the_code(client& of) {
    const auto& who = people_.at(of.phone).script;
    if (flag(who, "new")) {
      auto state = make("authorizationStateWaitRegistration");
      state["terms_of_service"].as_object()["text"].as_object()["text"] = "Be kind.";
      become(of, std::move(state));
    } else if (!text(who, "password").empty()) {
      auto state = make("authorizationStateWaitPassword");
      state["password_hint"] = text(who, "hint");
      become(of, std::move(state));
    } else {
      enter(of);
    }
  }

  // -- requests
  // -------------------------------------------------------------------------------------------------------

  bool refused_by_fault(const client& by, std::string_view type) {
    for (std::size_t i = 0; i < faults_.size(); ++i) {
      auto& one = faults_[i];
      const auto phone = text(one.script, "phone");
      if (one.left <= 0 || text(one.script, "request") != type || (!phone.empty() && phone != by.phone))
        continue;
      --one.left;
      note({{"fault_used", i}});
      fail(by.id, static_cast<int>(number(one.script, "code")), text(one.script, "message"));
      return true;
    }
    return false;
  }

  void handle(client& by, const object& asked) {
    const auto type = text(asked, "@type");
    if (by.state.empty()) become(by, "authorizationStateWaitTdlibParameters");
    if (type == "getOption")
      return answer(by.id, {{"@type", "optionValueString"}, {"value", "1.8.67 (scripted)"}});
    if (type == "close") {
      ok(by.id);
      return end(by);
    }
    if (refused_by_fault(by, type)) return;
    if (type == "setTdlibParameters") return open_session(by, asked);
    if (!by.is_ready()) return log_in(by, asked, type);
    if (type == "logOut") {
      ok(by.id);
      return throw_out(by, false);
    }
    if (type == "getMe") return answer(by.id, user(people_.at(by.phone).script));
    if (type == "getChat") return get_chat(by, number(asked, "chat_id"));
    if (type == "searchPublicChat") return search(by, text(asked, "username"));
    if (type == "joinChat") return join(by, number(asked, "chat_id"));
    if (type == "checkChatInviteLink" || type == "joinChatByInviteLink") return by_link(by, asked, type);
    if (type == "getChatHistory") return history(by, asked);
    if (type == "getMessage") return get_message(by, asked);
    if (type == "openChat") by.open.insert(number(asked, "chat_id"));
    if (type == "closeChat") by.open.erase(number(asked, "chat_id"));
    if (type == "openChat" || type == "closeChat") return ok(by.id);
    fail(by.id, 400, "the script does not play " + type);
  }

  void log_in(client& by, const object& asked, std::string_view type) {
    if (type == "setAuthenticationPhoneNumber") {
      const auto found = people_.find(text(asked, "phone_number"));
      if (found == people_.end()) return fail(by.id, 400, "PHONE_NUMBER_INVALID");
      if (found->second.banned) return fail(by.id, 400, "PHONE_NUMBER_BANNED");
      by.phone = found->first;
      ok(by.id);
      return ask_for_code(by);
    }
    if (type == "requestQrCodeAuthentication") {
      ok(by.id);
      return become(by, {{"@type", "authorizationStateWaitOtherDeviceConfirmation"},
                         {"link", "tg://login?token=c2NyaXB0ZWQ"}});
    }
    if (type == "resendAuthenticationCode" && by.state == "authorizationStateWaitCode") {
      ok(by.id);
      return ask_for_code(by);
    }
    if (type == "checkAuthenticationCode" && by.state == "authorizationStateWaitCode") {
      if (text(asked, "code") != text(people_.at(by.phone).script, "code"))
        return fail(by.id, 400, "PHONE_CODE_INVALID");
      ok(by.id);
      return past_the_code(by);
    }
    if (type == "checkAuthenticationPassword" && by.state == "authorizationStateWaitPassword") {
      if (text(asked, "password") != text(people_.at(by.phone).script, "password"))
        return fail(by.id, 400, "PASSWORD_HASH_INVALID");
      ok(by.id);
      return enter(by);
    }
    if (type == "registerUser" && by.state == "authorizationStateWaitRegistration") {
      auto& who = people_.at(by.phone).script;
      who["first_name"] = text(asked, "first_name");
      who["last_name"] = text(asked, "last_name");
      ok(by.id);
      return enter(by);
    }
    fail(by.id, 401, "Unauthorized");
  }

  chat* find_chat(std::int64_t id) {
    const auto found = chats_.find(id);
    return found == chats_.end() ? nullptr : &found->second;
  }

  // As TDLib: only a chat that was met in this session's files has an id that means something.
  chat* known_chat(client& by, std::int64_t id) {
    auto* what = find_chat(id);
    if (what && known_before_.contains({by.id, id})) tell_chat(by, *what);
    return what && by.chats.contains(id) ? what : nullptr;
  }

  void get_chat(client& by, std::int64_t id) {
    const auto* what = known_chat(by, id);
    if (!what) return fail(by.id, 400, "Chat not found");
    answer(by.id, chat_record(*what));
  }

  void search(client& by, const std::string& username) {
    for (auto& [id, what] : chats_) {
      if (text(what.script, "username") != username) continue;
      tell_chat(by, what);
      return answer(by.id, chat_record(what));
    }
    fail(by.id, 400, "USERNAME_NOT_OCCUPIED");
  }

  void join(client& by, std::int64_t id) {
    auto* what = known_chat(by, id);
    if (!what) return fail(by.id, 400, "Chat not found");
    enter_chat(by, *what);
  }

  void enter_chat(client& by, chat& what) {
    if (flag(what.script, "approval") && !what.members.contains(by.phone)) {
      what.waiting.insert(by.phone);
      return answer(by.id, {{"@type", "chatJoinResultRequestSent"}});
    }
    add_member(what, by.phone);
    tell_chat(by, what);
    tell_group(by, what);
    answer(by.id, {{"@type", "chatJoinResultSuccess"}, {"chat_id", number(what.script, "chat")}});
  }

  void add_member(chat& what, const std::string& phone) {
    what.members.insert(phone);
    note({{"joined", object{{"chat", number(what.script, "chat")}, {"phone", phone}}}});
  }

  void by_link(client& by, const object& asked, std::string_view type) {
    const auto link = text(asked, "invite_link");
    for (auto& [id, what] : chats_) {
      if (text(what.script, "invite").empty() || link != "https://t.me/+" + text(what.script, "invite"))
        continue;
      if (type == "joinChatByInviteLink") return enter_chat(by, what);
      auto info = make("chatInviteLinkInfo");
      const bool member = what.members.contains(by.phone);
      if (member) tell_chat(by, what);
      info["chat_id"] = member ? id : 0;
      info["title"] = text(what.script, "title");
      info["creates_join_request"] = flag(what.script, "approval");
      return answer(by.id, std::move(info));
    }
    fail(by.id, 400, "INVITE_HASH_EXPIRED");
  }

  bool may_read(const client& by, const chat& what) const {
    return what.members.contains(by.phone) || !text(what.script, "username").empty();
  }

  void history(client& by, const object& asked) {
    auto* what = known_chat(by, number(asked, "chat_id"));
    if (!what) return fail(by.id, 400, "Chat not found");
    if (!may_read(by, *what)) return fail(by.id, 400, "Can't access the chat");
    const auto from = number(asked, "from_message_id") / id_step;
    const auto newer = -number(asked, "offset");
    const auto limit = std::min(number(asked, "limit"), history_limit_);
    std::vector<std::int64_t> ids;  // newest first
    for (const auto& [id, record] : what->messages) ids.insert(ids.begin(), id);
    auto first = std::ranges::find_if(ids, [from](std::int64_t id) { return from == 0 || id < from; });
    first -= std::min<std::ptrdiff_t>(newer, first - ids.begin());
    auto out = make("messages");
    auto& messages = out["messages"].as_array();
    for (auto at = first; at != ids.end() && std::ssize(messages) < limit; ++at) {
      tell_sender(by, what->messages.at(*at));
      messages.push_back(record_of(what->messages.at(*at)));
    }
    out["total_count"] = std::ssize(ids);
    answer(by.id, std::move(out));
  }

  void get_message(client& by, const object& asked) {
    auto* what = known_chat(by, number(asked, "chat_id"));
    const auto found = what ? what->messages.find(number(asked, "message_id") / id_step)
                            : std::map<std::int64_t, object>::iterator();
    if (!what || found == what->messages.end()) return fail(by.id, 404, "Not Found");
    answer(by.id, record_of(found->second));
  }

  // -- what happens
  // ---------------------------------------------------------------------------------------------------

  void read_script(bool live) {
    std::ifstream in(folder_ + "/script.jsonl");
    in.seekg(read_up_to_);
    for (std::string line; std::getline(in, line) && !in.eof();) {  // a line that has not been ended is left
      read_up_to_ = in.tellg();
      happen(json::parse(line).as_object(), live);
    }
  }

  void happen(const object& what, bool live) {
    const auto kind = text(what, "do");
    if (kind == "account") {
      people_[text(what, "phone")].script = what;
    } else if (kind == "chat") {
      auto& it = chats_[number(what, "chat")];
      it.script = what;
      if (const auto* members = what.if_contains("members")) {
        for (const auto& phone : members->as_array()) it.members.insert(std::string(phone.as_string()));
      }
    } else if (kind == "message") {
      write_message(what, live);
    } else if (kind == "edit") {
      edit_message(what, live);
    } else if (kind == "delete") {
      delete_messages(what, live);
    } else if (kind == "fault") {
      faults_.push_back({what, what.contains("times") ? number(what, "times") : 1});
    } else if (kind == "history_limit") {
      history_limit_ = number(what, "limit");
    } else if (kind == "approve") {
      approve(what, live);
    } else if (kind == "kick") {
      kick(what, live);
    } else if (kind == "ban" || kind == "revoke") {
      auto& who = people_.at(text(what, "phone"));
      (kind == "ban" ? who.banned : who.revoked) = true;
      for (auto* one : sessions_of(text(what, "phone"), live)) throw_out(*one, kind == "ban");
    } else if (kind == "offline" || kind == "online") {
      people_.at(text(what, "phone")).offline = kind == "offline";
      for (auto* one : sessions_of(text(what, "phone"), live)) {
        connection(*one, kind == "offline" ? "connectionStateWaitingForNetwork" : "connectionStateUpdating");
        if (kind == "online") connection(*one, "connectionStateReady");
      }
    } else if (kind == "scan_qr") {
      for (auto& [id, one] : clients_) {
        if (!live || one.state != "authorizationStateWaitOtherDeviceConfirmation") continue;
        one.phone = text(what, "phone");
        past_the_code(one);
      }
    } else {
      throw std::runtime_error("the script says " + json::serialize(what));
    }
  }

  std::vector<client*> sessions_of(const std::string& phone, bool live) {
    std::vector<client*> out;
    for (auto& [id, one] : clients_) {
      if (live && one.is_ready() && one.phone == phone) out.push_back(&one);
    }
    return out;
  }

  // Who is told of what happens in a chat.
  std::vector<client*> listeners(const chat& in, bool live) {
    std::vector<client*> out;
    for (auto& [id, one] : clients_) {
      const auto chat_id = number(in.script, "chat");
      const bool hears = in.members.contains(one.phone) || one.open.contains(chat_id);
      if (live && one.is_ready() && hears && !people_.at(one.phone).offline) out.push_back(&one);
    }
    return out;
  }

  static object formatted(const object& what) {
    const auto* entities = what.if_contains("entities");
    return {{"@type", "formattedText"},
            {"text", text(what, "text")},
            {"entities", entities ? entities->as_array() : json::array()}};
  }

  object content_of(const object& what) const {
    if (const auto* given = what.if_contains("content")) return given->as_object();
    auto out = make(flag(what, "photo") ? "messagePhoto" : "messageText");
    out[flag(what, "photo") ? "caption" : "text"] = formatted(what);
    return out;
  }

  // The script's own words stay beside the record, under "script".
  static object record_of(const object& message) {
    auto out = message;
    out.erase("script");
    return out;
  }

  void tell_sender(client& to, const object& message) {
    const auto& script = message.at("script").as_object();
    if (const auto* who = script.if_contains("from")) tell_user(to, who->as_object());
    if (const auto* origin = script.if_contains("origin")) {
      const auto& from = origin->as_object();
      if (auto* there = find_chat(number(from, "chat_id"))) tell_chat(to, *there);
    }
  }

  void write_message(const object& what, bool live) {
    auto& in = chats_.at(number(what, "chat"));
    const auto id = number(what, "id");
    auto record = make("message");
    record["id"] = id * id_step;
    record["chat_id"] = number(what, "chat");
    record["date"] = what.contains("date") ? number(what, "date") : now_us() / 1'000'000;
    record["is_channel_post"] = text(in.script, "type") == "channel";
    record["media_album_id"] = what.contains("album") ? std::string(what.at("album").as_string()) : "0";
    record["author_signature"] = text(what, "signature");
    if (const auto* who = what.if_contains("from")) {
      record["sender_id"] =
          object{{"@type", "messageSenderUser"}, {"user_id", number(who->as_object(), "id")}};
    } else {
      record["sender_id"] = object{{"@type", "messageSenderChat"}, {"chat_id", number(what, "chat")}};
    }
    if (const auto* origin = what.if_contains("origin")) {
      auto info = make("messageForwardInfo");
      info["origin"] = *origin;
      record["forward_info"] = std::move(info);
    }
    if (const auto* markup = what.if_contains("reply_markup")) record["reply_markup"] = *markup;
    record["content"] = content_of(what);
    record["script"] = what;
    in.messages[id] = record;
    if (flag(what, "lost")) return;
    for (auto* one : listeners(in, live)) {
      tell_chat(*one, in);
      tell_sender(*one, record);
      if (!flag(what, "unheard"))
        put(one->id, {{"@type", "updateNewMessage"}, {"message", record_of(record)}});
      put(one->id, {{"@type", "updateChatLastMessage"},
                    {"chat_id", number(what, "chat")},
                    {"last_message", record_of(record)},
                    {"positions", json::array()}});
    }
  }

  void edit_message(const object& what, bool live) {
    auto& in = chats_.at(number(what, "chat"));
    auto& record = in.messages.at(number(what, "id"));
    record["content"] = content_of(what);
    record["edit_date"] = now_us() / 1'000'000;
    for (auto* one : listeners(in, live)) {
      put(one->id, {{"@type", "updateMessageContent"},
                    {"chat_id", number(what, "chat")},
                    {"message_id", number(what, "id") * id_step},
                    {"new_content", record.at("content")}});
      put(one->id, {{"@type", "updateMessageEdited"},
                    {"chat_id", number(what, "chat")},
                    {"message_id", number(what, "id") * id_step},
                    {"edit_date", record.at("edit_date")}});
    }
  }

  void delete_messages(const object& what, bool live) {
    auto& in = chats_.at(number(what, "chat"));
    json::array ids;
    for (const auto& id : what.at("ids").as_array()) {
      if (!flag(what, "from_cache")) in.messages.erase(id.as_int64());
      ids.emplace_back(id.as_int64() * id_step);
    }
    for (auto* one : listeners(in, live)) {
      put(one->id, {{"@type", "updateDeleteMessages"},
                    {"chat_id", number(what, "chat")},
                    {"message_ids", ids},
                    {"is_permanent", !flag(what, "from_cache")},
                    {"from_cache", flag(what, "from_cache")}});
    }
  }

  void approve(const object& what, bool live) {
    auto& in = chats_.at(number(what, "chat"));
    const auto phone = text(what, "phone");
    in.waiting.erase(phone);
    in.members.insert(phone);
    for (auto* one : sessions_of(phone, live)) {
      tell_chat(*one, in);
      tell_group(*one, in);
    }
  }

  void kick(const object& what, bool live) {
    auto& in = chats_.at(number(what, "chat"));
    in.members.erase(text(what, "phone"));
    for (auto* one : sessions_of(text(what, "phone"), live)) tell_group(*one, in);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string folder_, last_;
  int did_;
  object templates_;
  std::streamoff read_up_to_ = 0;
  std::map<int, client> clients_;
  int last_client_ = 0;
  std::deque<object> out_;
  value asking_;
  std::map<std::string, person> people_;
  std::map<std::int64_t, chat> chats_;
  std::vector<fault> faults_;
  std::set<std::pair<int, std::int64_t>> known_before_;
  std::int64_t history_limit_ = 100;
};

telegram& played() {
  static telegram it;
  return it;
}

}  // namespace

extern "C" {
int td_create_client_id() { return played().create(); }
void td_send(int client_id, const char* request) { played().send(client_id, request); }
const char* td_receive(double timeout) { return played().receive(timeout); }
const char* td_execute(const char* request) {
  const bool version = std::string_view(request).contains("getOption");
  return version ? "{\"@type\":\"optionValueString\",\"value\":\"1.8.67 (scripted)\"}" : "{\"@type\":\"ok\"}";
}
void td_set_log_message_callback(int, void (*)(int, const char*)) {}
}
