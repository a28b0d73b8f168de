#include "hunt/reader_accounts/account_session.hpp"

#include <algorithm>

#include "async/within.hpp"
#include "platform/log/log.hpp"

namespace tandem::hunt {
namespace {

using tdlib::login_step;
using tdlib::json::object;
using steady = std::chrono::steady_clock;

const log::logger log_{"hunt.accounts"};

constexpr std::int64_t supergroup_base = -1'000'000'000'000;
constexpr std::size_t most_people = 50'000;  // remembered; whoever writes again is told again

std::string name_of_user(const object& user) {
  std::string out(tdlib::text(user, "first_name"));
  if (const auto last = tdlib::text(user, "last_name"); !last.empty()) out.append(" ").append(last);
  return out;
}

std::string username_of(const object& of) {
  const auto* usernames = tdlib::object(of, "usernames");
  const auto* active = usernames ? usernames->if_contains("active_usernames") : nullptr;
  if (!active || !active->is_array() || active->as_array().empty()) return {};
  const auto& first = active->as_array().front();
  return first.is_string() ? std::string(first.as_string()) : std::string();
}

bool flag(const object& in, std::string_view name) {
  const auto* found = in.if_contains(name);
  return found && found->is_bool() && found->as_bool();
}

}  // namespace

std::int64_t supergroup_of(std::int64_t chat_id) {
  return chat_id < supergroup_base ? supergroup_base - chat_id : 0;
}
std::int64_t chat_of_supergroup(std::int64_t supergroup_id) { return supergroup_base - supergroup_id; }

account_session::account_session(executor on, tdlib::hub& telegram, tdlib::session_parameters with,
                                 session_pace pace, session_listener tells)
    : on_(std::move(on)),
      pace_(pace),
      tells_(std::move(tells)),
      door_(std::move(with)),
      work_(on_,
            [](std::string_view task, const std::exception_ptr& why) {
              log_.warn("a session's request failed", why, {{"task", task}});
            }),
      link_(telegram.make_client([this](const object& update) { hear(update); })) {}

task<tdlib::answer> account_session::ask(object request, ration from) {
  auto& turn = gates_[from];
  const auto gap = from == ration::reading     ? pace_.reading_gap
                   : from == ration::searching ? pace_.searching_gap
                                               : std::chrono::milliseconds(0);
  for (;;) {
    const auto mine = std::max({steady::now(), turn.free_at, turn.held_until});
    turn.free_at = mine + gap;
    for (auto until = mine; until > steady::now(); until = std::max(mine, turn.held_until)) {
      co_await async::sleep_for(until - steady::now());
    }
    auto said = co_await ask_once(request);
    if (said) co_return said;
    const auto wait = tdlib::retry_after(said.error());
    if (wait.count() == 0) co_return said;
    turn.held_until = std::max(turn.held_until, steady::now() + wait);
    log_.warn("asked to wait", {{"seconds", wait.count()}, {"request", tdlib::type_of(request)}});
    if (from == ration::reading) tells_.flooded(wait, said.error().message);
    if (wait >= pace_.limited_after) co_return said;
  }
}

task<tdlib::answer> account_session::ask_once(object request) {
  auto said = co_await link_->ask(std::move(request));
  if (!said) note(said.error());
  co_return said;
}

void account_session::note(const tdlib::failure& refused) {
  if (refused.code == 401) unauthorized_ = refused.message;
}

task<> account_session::close() {
  closing_ = true;
  co_await work_.stop();
  co_await link_->close();
}

task<> account_session::log_out() {
  closing_ = true;
  object request{{"@type", "logOut"}};
  const auto said = co_await link_->ask(std::move(request));
  if (!said) log_.warn("logging out was refused", {{"why", said.error().message}});
  for (int i = 0; i < 200 && !link_->is_closed(); ++i)
    co_await async::sleep_for(std::chrono::milliseconds(50));
  co_await close();
}

void account_session::hear(const object& update) {
  const auto type = tdlib::type_of(update);
  const auto chat = tdlib::number(update, "chat_id");
  if (type == "updateAuthorizationState") {
    if (const auto* state = tdlib::object(update, "authorization_state")) hear_authorization(*state);
  } else if (type == "updateNewMessage") {
    const auto* record = tdlib::object(update, "message");
    if (auto what = record ? tdlib::read_message(*record) : std::nullopt) tells_.arrived(std::move(*what));
  } else if (type == "updateMessageContent" || type == "updateMessageEdited") {
    tells_.edited(chat, tdlib::to_server_id(tdlib::number(update, "message_id")));
  } else if (type == "updateDeleteMessages") {
    const auto* ids = update.if_contains("message_ids");
    if (!flag(update, "is_permanent") || flag(update, "from_cache") || !ids || !ids->is_array()) return;
    std::vector<std::int64_t> gone;
    for (const auto& id : ids->as_array()) {
      if (id.is_int64()) gone.push_back(tdlib::to_server_id(id.as_int64()));
    }
    tells_.deleted(chat, std::move(gone));
  } else if (type == "updateChatLastMessage") {
    const auto* last = tdlib::object(update, "last_message");
    if (last) tells_.newest(chat, tdlib::to_server_id(tdlib::number(*last, "id")));
  } else if (type == "updateUser") {
    const auto* user = tdlib::object(update, "user");
    if (met_.users.size() >= most_people) met_.users.clear();
    if (user) met_.users[tdlib::number(*user, "id")] = {name_of_user(*user), username_of(*user)};
  } else if (type == "updateNewChat") {
    if (const auto* record = tdlib::object(update, "chat")) hear_chat(*record);
  } else if (type == "updateChatTitle") {
    met_.chats[chat].name = tdlib::text(update, "title");
  } else if (type == "updateSupergroup") {
    if (const auto* group = tdlib::object(update, "supergroup")) hear_supergroup(*group);
  } else if (type == "updateConnectionState") {
    const auto* state = tdlib::object(update, "state");
    if (state) tells_.unsure();
  } else if (type == "updateServiceNotification") {
    // Telegram says goodbye to a banned account in this way.
    deactivated_ = deactivated_ || tdlib::text(update, "type").starts_with("AUTH_KEY_DROP");
  } else if (type == "updateTermsOfService") {
    log_.warn("Telegram has new terms; accept them in an app that is logged in as this account");
  }
}

void account_session::hear_chat(const object& chat) {
  met_.chats[tdlib::number(chat, "id")].name = tdlib::text(chat, "title");
}

void account_session::hear_supergroup(const object& group) {
  const auto chat = chat_of_supergroup(tdlib::number(group, "id"));
  met_.chats[chat].username = username_of(group);
  const auto* status = tdlib::object(group, "status");
  if (!status) return;
  const auto kind = tdlib::type_of(*status);
  const bool member = kind == "chatMemberStatusMember" || kind == "chatMemberStatusAdministrator" ||
                      ((kind == "chatMemberStatusCreator" || kind == "chatMemberStatusRestricted") &&
                       flag(*status, "is_member"));
  const bool changed = member ? members_.insert(chat).second : members_.erase(chat) > 0;
  if (changed) tells_.membership(chat, member);
}

void account_session::hear_authorization(const object& state) {
  const auto step = door_.take(state);
  switch (step.next) {
    case login_step::kind::send: work_.spawn("open a session", send(step.request)); return;
    case login_step::kind::ready: become(session_state::ready, ""); return;
    case login_step::kind::ask:
    case login_step::kind::show:
    case login_step::kind::hopeless:
      become(session_state::logged_out, "the session is not logged in; log in again");
      return;
    case login_step::kind::wait:
    case login_step::kind::leaving: return;
    case login_step::kind::closed: break;
  }
  if (closing_) return become(session_state::closed, "");
  if (state_ == session_state::not_opened || state_ == session_state::logged_out) return;
  const bool banned = deactivated_ || unauthorized_.contains("DEACTIVATED");
  if (banned) return become(session_state::banned, unauthorized_);
  become(session_state::logged_out, unauthorized_.empty() ? "logged out by its owner" : unauthorized_);
}

void account_session::become(session_state next, std::string detail) {
  state_ = next;
  detail_ = std::move(detail);
  tells_.changed();
}

task<> account_session::send(object request) {
  const auto said = co_await link_->ask(std::move(request));
  if (!said) become(session_state::not_opened, tdlib::explain(said.error()).told);
}

}  // namespace tandem::hunt
