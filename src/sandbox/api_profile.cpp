#include "sandbox/api_calls.hpp"
#include "sandbox/ascii.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

namespace {

or_error<std::string> language_of(api_call& call) {
  std::string code = call.in.text("language_code");
  const bool valid = code.empty() || (code.size() == 2 && is_alpha(code[0]) && is_alpha(code[1]));
  if (!valid) return bad_request("invalid language code specified");
  return lower(code);
}

// One spelling for each scope, so that it can be a key.
or_error<std::string> scope_of(api_call& call) {
  const auto* given = call.in.structure("scope");
  if (!given) {
    if (!call.in.text("scope").empty()) return bad_request("can't parse BotCommandScope: expected an Object");
    return R"({"type":"default"})";
  }
  const auto* from = given->if_object();
  if (!from) return bad_request("BotCommandScope must be an Object");
  const std::string type = scalar_text(from->if_contains("type"));
  std::string out;
  if (type == "default" || type == "all_private_chats" || type == "all_group_chats" ||
      type == "all_chat_administrators") {
    fields(out).text("type", type);
    return out;
  }
  if (type != "chat" && type != "chat_administrators" && type != "chat_member") {
    return bad_request("unsupported BotCommandScope type specified");
  }
  const std::string chat_id = scalar_text(from->if_contains("chat_id"));
  if (chat_id.empty()) return bad_request("chat_id is empty");
  std::int64_t id = scalar_integer(from->if_contains("chat_id")).value_or(0);
  if (chat_id.front() == '@') {
    const chat* named = call.world.chat_by_name(chat_id.substr(1));
    id = named ? named->id : 0;
  }
  if (id == 0 || (id > 0 ? !call.world.find_person(id) : !call.world.find_public(id)))
    return bad_request("chat not found");
  {
    fields f(out);
    f.text("type", type).number("chat_id", id);
    if (type == "chat_member") f.number("user_id", scalar_integer(from->if_contains("user_id")).value_or(0));
  }
  return out;
}

// setMyName and its like: an empty text takes the one of that language away.
outcome set_text(api_call& call, localized& texts, std::string_view parameter, std::size_t most,
                 const char* too_long, bool keep_default) {
  auto language = language_of(call);
  if (!language) return std::unexpected(std::move(language).error());
  std::string text = call.in.text(parameter);
  if (code_points(text) > most) return bad_request(too_long);
  if (!text.empty())
    texts[*language] = std::move(text);
  else if (!language->empty() || !keep_default)
    texts.erase(*language);
  call.world.bot_changed(call.me, call.line);
  return api_success{};
}

outcome get_text(api_call& call, const localized& texts, std::string_view member) {
  auto language = language_of(call);
  if (!language) return std::unexpected(std::move(language).error());
  auto found = texts.find(*language);
  if (found == texts.end()) found = texts.find("");
  api_success out;
  out.result.clear();
  fields(out.result)
      .text(member, found == texts.end() ? std::string_view() : std::string_view(found->second));
  return out;
}

}  // namespace

outcome set_my_commands(api_call& call) {
  const auto* given = call.in.structure("commands");
  if (!given || !given->is_array()) return bad_request("expected an Array of BotCommand");
  if (given->get_array().size() > 100) return bad_request("BOT_COMMANDS_TOO_MUCH");
  std::string list = "[";
  for (const auto& item : given->get_array()) {
    const auto* from = item.if_object();
    if (!from) return bad_request("can't parse BotCommand: expected an Object");
    std::string command = scalar_text(from->if_contains("command"));
    const std::string description = scalar_text(from->if_contains("description"));
    if (command.starts_with('/')) command.erase(0, 1);
    bool valid = !command.empty() && command.size() <= 32;
    for (const char c : command) valid = valid && (is_digit(c) || c == '_' || (c >= 'a' && c <= 'z'));
    if (!valid) return bad_request("BOT_COMMAND_INVALID");
    if (description.empty() || code_points(description) > 256)
      return bad_request("BOT_COMMAND_DESCRIPTION_INVALID");
    if (list.size() > 1) list += ',';
    fields(list).text("command", command).text("description", description);
  }
  list += ']';
  auto scope = scope_of(call);
  if (!scope) return std::unexpected(std::move(scope).error());
  auto language = language_of(call);
  if (!language) return std::unexpected(std::move(language).error());
  if (list == "[]")
    call.me.commands.erase({*scope, *language});
  else
    call.me.commands[{*scope, *language}] = std::move(list);
  call.world.bot_changed(call.me, call.line);
  return api_success{};
}

outcome get_my_commands(api_call& call) {
  auto scope = scope_of(call);
  if (!scope) return std::unexpected(std::move(scope).error());
  auto language = language_of(call);
  if (!language) return std::unexpected(std::move(language).error());
  const auto found = call.me.commands.find({*scope, *language});
  return api_success{found == call.me.commands.end() ? "[]" : found->second};
}

outcome delete_my_commands(api_call& call) {
  auto scope = scope_of(call);
  if (!scope) return std::unexpected(std::move(scope).error());
  auto language = language_of(call);
  if (!language) return std::unexpected(std::move(language).error());
  call.me.commands.erase({*scope, *language});
  call.world.bot_changed(call.me, call.line);
  return api_success{};
}

outcome set_my_name(api_call& call) {
  return set_text(call, call.me.names, "name", 64, "BOT_TITLE_INVALID", true);
}
outcome get_my_name(api_call& call) { return get_text(call, call.me.names, "name"); }

outcome set_my_description(api_call& call) {
  return set_text(call, call.me.descriptions, "description", 512, "BOT_DESCRIPTION_TOO_LONG", false);
}
outcome get_my_description(api_call& call) { return get_text(call, call.me.descriptions, "description"); }

outcome set_my_short_description(api_call& call) {
  return set_text(call, call.me.short_descriptions, "short_description", 120,
                  "BOT_SHORT_DESCRIPTION_TOO_LONG", false);
}
outcome get_my_short_description(api_call& call) {
  return get_text(call, call.me.short_descriptions, "short_description");
}

namespace {
or_error<std::int64_t> button_person(api_call& call) {
  if (!call.in.has("chat_id")) return 0;
  auto in = chat_of(call);
  if (!in) return std::unexpected(std::move(in).error());
  if (!(*in)->is_private()) return bad_request("menu button can be set only in private chats");
  return (*in)->id;
}
}  // namespace

outcome set_chat_menu_button(api_call& call) {
  auto who = button_person(call);
  if (!who) return std::unexpected(std::move(who).error());
  std::string button;
  if (const auto* given = call.in.structure("menu_button")) {
    const auto* from = given->if_object();
    if (!from) return bad_request("MenuButton must be an Object");
    const std::string type = scalar_text(from->if_contains("type"));
    if (type == "commands") {
      button = R"({"type":"commands"})";
    } else if (type == "web_app") {
      const auto* app = from->if_contains("web_app");
      const std::string url =
          app && app->is_object() ? checked_link(scalar_text(app->get_object().if_contains("url"))) : "";
      const std::string text = scalar_text(from->if_contains("text"));
      if (text.empty() || !url.starts_with("https://")) return bad_request("BUTTON_URL_INVALID");
      std::string inner;
      fields(inner).text("url", url);
      fields(button).text("type", type).text("text", text).raw("web_app", inner);
    } else if (type != "default") {
      return bad_request("unsupported MenuButton type specified");
    }
  }
  if (button.empty())
    call.me.menu_buttons.erase(*who);
  else
    call.me.menu_buttons[*who] = std::move(button);
  call.world.bot_changed(call.me, call.line);
  return api_success{};
}

outcome get_chat_menu_button(api_call& call) {
  auto who = button_person(call);
  if (!who) return std::unexpected(std::move(who).error());
  const auto& buttons = call.me.menu_buttons;
  auto found = buttons.find(*who);
  if (found == buttons.end()) found = buttons.find(0);
  return api_success{found == buttons.end() ? R"({"type":"commands"})" : found->second};
}

}  // namespace tandem::sandbox
