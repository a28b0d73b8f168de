#include "sandbox/api_calls.hpp"

namespace tandem::sandbox {

outcome get_me(api_call& call) {
  api_success out;
  out.result.clear();
  fields(out.result)
      .number("id", call.me.id)
      .flag("is_bot", true)
      .text("first_name", call.me.title())
      .text("username", call.me.username)
      .flag("can_join_groups", true)
      .flag("can_read_all_group_messages", false)
      .flag("supports_inline_queries", false)
      .flag("can_connect_to_business", false)
      .flag("has_main_web_app", false);
  return out;
}

// logOut and close move a bot between servers; there is only this one.
outcome nothing_to_do(api_call&) { return api_success{}; }

outcome get_chat(api_call& call) {
  auto found = chat_of(call);
  if (!found) return std::unexpected(std::move(found).error());
  const chat& it = **found;
  if (it.is_private() && call.world.member_of(call.me, it.id) == membership::fresh)
    return bad_request("chat not found");
  api_success out;
  out.result.clear();
  call.world.chat_json(out.result, it);
  out.result.pop_back();  // goes on with what only ChatFullInfo has
  out.result += R"(,"accent_color_id":)" + std::to_string(std::abs(it.id) % 7);
  out.result +=
      R"(,"max_reaction_count":11,"accepted_gift_types":{"unlimited_gifts":false,"limited_gifts":false,)"
      R"("unique_gifts":false,"premium_subscription":false,"gifts_from_channels":false})";
  if (!it.username.empty()) {
    out.result += R"(,"active_usernames":[)";
    text::append_json(out.result, it.username);
    out.result += ']';
  }
  if (!it.description.empty()) {
    out.result += R"(,"description":)";
    text::append_json(out.result, it.description);
  }
  if (!it.pinned.empty() && it.messages.contains(it.pinned.back())) {
    out.result += R"(,"pinned_message":)";
    call.world.message_json(out.result, it, it.messages.at(it.pinned.back()), call.me.id);
  }
  out.result += '}';
  return out;
}

void bot_member_json(std::string& out, const world& all, const chat& in, const bot& one,
                     std::string_view status) {
  fields f(out);
  f.text("status", status);
  all.user_json(f.begin("user"), one);
  if (status == "kicked") f.number("until_date", 0);
  if (status != "administrator") return;
  for (const std::string_view right :
       {"can_be_edited", "is_anonymous", "can_manage_video_chats", "can_restrict_members",
        "can_promote_members", "can_post_stories", "can_edit_stories", "can_delete_stories",
        "can_send_welcome_messages"}) {
    f.flag(right, false);
  }
  for (const std::string_view right :
       {"can_manage_chat", "can_delete_messages", "can_change_info", "can_invite_users"}) {
    f.flag(right, true);
  }
  if (in.type == chat_type::channel) f.flag("can_post_messages", true).flag("can_edit_messages", true);
}

namespace {
or_error<chat*> public_chat_of(api_call& call) {
  auto found = chat_of(call);
  if (!found) return found;
  if ((*found)->is_private()) return bad_request("there are no members in the private chat");
  if (!(*found)->bots.contains(call.me.id)) {
    return forbidden((*found)->type == chat_type::channel ? "bot is not a member of the channel chat"
                                                          : "bot is not a member of the supergroup chat");
  }
  return found;
}

std::string_view status_in(const chat& in) {
  return in.type == chat_type::channel ? "administrator" : "member";
}
}  // namespace

outcome get_chat_member(api_call& call) {
  auto found = chat_of(call);
  if (!found) return std::unexpected(std::move(found).error());
  const chat& it = **found;
  const std::int64_t id = call.in.integer("user_id");
  if (id <= 0) return bad_request("invalid user_id specified");
  api_success out;
  out.result.clear();
  if (const bot* robot = call.world.find_bot(id)) {
    const bool inside = it.is_private() ? robot->id == it.bot : it.bots.contains(id);
    bot_member_json(out.result, call.world, it, *robot,
                    !inside           ? "left"
                    : it.is_private() ? "member"
                                      : status_in(it));
    return out;
  }
  const person* who = call.world.find_person(id);
  if (!who) return bad_request("user not found");
  const bool inside = it.is_private() ? it.id == id : it.type == chat_type::channel || it.people.contains(id);
  std::string user;
  call.world.user_json(user, *who);
  fields(out.result).text("status", inside ? "member" : "left").raw("user", user);
  return out;
}

outcome get_chat_member_count(api_call& call) {
  auto found = chat_of(call);
  if (!found) return std::unexpected(std::move(found).error());
  const chat& it = **found;
  if (it.is_private()) return api_success{"2"};
  const auto people =
      it.type == chat_type::channel ? it.subscribers : static_cast<std::int64_t>(it.people.size());
  return api_success{std::to_string(people + static_cast<std::int64_t>(it.bots.size()))};
}

outcome get_chat_administrators(api_call& call) {
  auto found = public_chat_of(call);
  if (!found) return std::unexpected(std::move(found).error());
  std::string out = "[";
  if ((*found)->type == chat_type::channel) {
    for (const std::int64_t id : (*found)->bots) {
      const bot* robot = call.world.find_bot(id);
      if (!robot) continue;
      if (out.size() > 1) out += ',';
      bot_member_json(out, call.world, **found, *robot, "administrator");
    }
  }
  return api_success{out + "]"};
}

outcome get_user_profile_photos(api_call& call) {
  if (!call.world.find_person(call.in.integer("user_id"))) return bad_request("invalid user_id specified");
  return api_success{R"({"total_count":0,"photos":[]})"};
}

outcome leave_chat(api_call& call) {
  auto found = public_chat_of(call);
  if (!found) return std::unexpected(std::move(found).error());
  (*found)->bots.erase(call.me.id);
  call.world.chat_changed(**found, call.line);
  return api_success{};
}

outcome get_file(api_call& call) {
  const std::string id = call.in.text("file_id");
  if (id.empty()) return bad_request("file_id not specified");
  const stored_file* found = call.world.file_by_id(call.me.id, id);
  if (!found) return bad_request("wrong file_id or the file is temporarily unavailable");
  if (found->size > 20 << 20) return bad_request("file is too big");
  api_success out;
  out.result.clear();
  fields(out.result)
      .text("file_id", id)
      .text("file_unique_id", found->unique)
      .number("file_size", found->size)
      .text("file_path", found->path());
  return out;
}

}  // namespace tandem::sandbox
