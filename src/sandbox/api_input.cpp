// What many methods read: the chat, the text, the keyboard, the message that is replied to.
#include "sandbox/api_calls.hpp"
#include "sandbox/ascii.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

or_error<chat*> chat_of(api_call& call, std::string_view parameter) {
  const std::string given = call.in.text(parameter);
  if (given.empty()) return bad_request(std::string(parameter) + " is empty");
  if (given.front() == '@') {
    if (chat* found = call.world.chat_by_name(std::string_view(given).substr(1))) return found;
    return bad_request("chat not found");
  }
  const std::int64_t id = call.in.integer(parameter);
  chat* found = nullptr;
  if (id > 0 && call.world.find_person(id)) found = &call.world.private_chat(call.me, id);
  if (id < 0) found = call.world.find_public(id);
  if (id > 0 && id != call.me.id && call.world.find_bot(id)) {
    return forbidden("bots can't send messages to bots");
  }
  if (!found) return bad_request("chat not found");
  return found;
}

or_error<void> may_write(api_call& call, const chat& to) {
  if (!to.is_private()) {
    if (to.bots.contains(call.me.id)) return {};
    return forbidden(to.type == chat_type::channel ? "bot is not a member of the channel chat"
                                                   : "bot is not a member of the supergroup chat");
  }
  if (call.world.find_person(to.id)->gone) return forbidden("user is deactivated");
  switch (call.world.member_of(call.me, to.id)) {
    case membership::started: return {};
    case membership::blocked: return forbidden("bot was blocked by the user");
    case membership::fresh: return forbidden("bot can't initiate conversation with a user");
  }
  return {};
}

or_error<void> within_limits(api_call& call, const chat& to, int messages) {
  const auto wait = call.rates.admit(call.world.limits(), call.me, to, messages,
                                     call.in.flag("allow_paid_broadcast"), call.world.machine_now());
  if (!wait) return {};
  return std::unexpected(api_error{429, "retry after " + std::to_string(*wait), *wait});
}

namespace {

std::optional<entity_kind> kind_of(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(entity_kind::date_time); ++i) {
    if (name_of(static_cast<entity_kind>(i)) == name) return static_cast<entity_kind>(i);
  }
  return {};
}

// Entities as a bot gives them. Those that Telegram finds by itself are not taken from a bot, and what lies
// outside the text is cut off.
or_error<std::vector<entity>> given_entities(const json::value& list, std::string_view text) {
  std::vector<entity> out;
  if (!list.is_array()) return bad_request("expected an Array of MessageEntity");
  const int length = utf16_length(text);
  for (const auto& item : list.get_array()) {
    const auto* from = item.if_object();
    if (!from) return bad_request("can't parse MessageEntity: expected an Object");
    const auto kind = kind_of(scalar_text(from->if_contains("type")));
    if (!kind || (*kind < entity_kind::bold)) continue;
    entity one{.kind = *kind};
    const auto offset = scalar_integer(from->if_contains("offset")),
               size = scalar_integer(from->if_contains("length"));
    if (!offset || !size)
      return bad_request("can't parse MessageEntity: Can't find field \"offset\" or \"length\"");
    if (*offset < 0 || *size <= 0 || *offset >= length) continue;
    one.offset = static_cast<int>(*offset);
    one.length = static_cast<int>(std::min<std::int64_t>(*size, length - *offset));
    switch (*kind) {
      case entity_kind::text_link:
        one.argument = checked_link(scalar_text(from->if_contains("url")));
        if (one.argument.empty()) continue;
        break;
      case entity_kind::pre: one.argument = scalar_text(from->if_contains("language")); break;
      case entity_kind::custom_emoji: one.argument = scalar_text(from->if_contains("custom_emoji_id")); break;
      case entity_kind::date_time:
        one.number = scalar_integer(from->if_contains("unix_time")).value_or(0);
        one.argument = scalar_text(from->if_contains("date_time_format"));
        break;
      case entity_kind::text_mention: {
        const auto* who = from->if_contains("user");
        if (who && who->is_object())
          one.number = scalar_integer(who->get_object().if_contains("id")).value_or(0);
        break;
      }
      default: break;
    }
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace

or_error<formatted> text_of(api_call& call, std::string_view text, std::string_view parse_mode,
                            const json::value* entities) {
  constexpr std::size_t max_bytes = 32768;
  if (text.size() > max_bytes) return bad_request("text is too long");
  const std::string mode = lower(parse_mode);
  formatted out;
  if (!mode.empty() && mode != "none") {
    const auto how = mode == "html"         ? std::optional(markup::html)
                     : mode == "markdown"   ? std::optional(markup::markdown)
                     : mode == "markdownv2" ? std::optional(markup::markdown_v2)
                                            : std::nullopt;
    if (!how) return bad_request("unsupported parse_mode");
    auto parsed = parse_entities(text, *how);
    if (!parsed) return bad_request("can't parse entities: " + parsed.error());
    out = std::move(*parsed);
  } else {
    out.text = text;
    if (entities) {
      auto given = given_entities(*entities, text);
      if (!given) return std::unexpected(std::move(given).error());
      out.entities = std::move(*given);
    }
  }
  std::erase_if(out.entities, [&](const entity& one) {
    return one.kind == entity_kind::text_mention && !call.world.find_person(one.number);
  });
  settle(out);
  return out;
}

namespace {

// Copies the members of `from` that are there, in the order of `names`; scalars keep their kind.
void copy_members(fields& out, const json::object& from, std::initializer_list<std::string_view> names) {
  for (const auto name : names) {
    if (const auto* found = from.if_contains(name)) out.raw(name, json::serialize(*found));
  }
}

// The button as Telegram gives it back, or what is wrong with it.
std::expected<std::string, std::string> inline_button(const json::value& from) {
  const std::string prefix = "can't parse inline keyboard button: ";
  const auto* button = from.if_object();
  if (!button) return std::unexpected(prefix + "InlineKeyboardButton must be an Object");
  const std::string text = scalar_text(button->if_contains("text"));
  if (!button->contains("text")) return std::unexpected(prefix + "Can't find field \"text\"");
  if (text.empty()) return std::unexpected("BUTTON_TEXT_INVALID");
  std::string out;
  {
    fields f(out);
    f.text("text", text);
    copy_members(f, *button, {"icon_custom_emoji_id", "style"});
    const auto value_of = [&](std::string_view name) { return scalar_text(button->if_contains(name)); };
    if (button->contains("url")) {
      const std::string url = checked_link(value_of("url"));
      if (url.empty()) return std::unexpected("BUTTON_URL_INVALID");
      f.text("url", url);
    } else if (button->contains("callback_data")) {
      const std::string data = value_of("callback_data");
      if (data.empty() || data.size() > 64) return std::unexpected("BUTTON_DATA_INVALID");
      f.text("callback_data", data);
    } else if (const auto* app = button->if_contains("web_app")) {
      const std::string url =
          app->is_object() ? checked_link(scalar_text(app->get_object().if_contains("url"))) : std::string();
      if (!url.starts_with("https://")) return std::unexpected("BUTTON_URL_INVALID");
      std::string inner;
      fields(inner).text("url", url);
      f.raw("web_app", inner);
    } else if (const auto* copied = button->if_contains("copy_text")) {
      const std::string value =
          copied->is_object() ? scalar_text(copied->get_object().if_contains("text")) : std::string();
      if (value.empty() || code_points(value) > 256) return std::unexpected("BUTTON_COPY_TEXT_INVALID");
      std::string inner;
      fields(inner).text("text", value);
      f.raw("copy_text", inner);
    } else if (button->contains("switch_inline_query") ||
               button->contains("switch_inline_query_current_chat") ||
               button->contains("switch_inline_query_chosen_chat") || button->contains("login_url") ||
               button->contains("callback_game") || button->contains("pay") || button->contains("disabled")) {
      copy_members(f, *button,
                   {"switch_inline_query", "switch_inline_query_current_chat",
                    "switch_inline_query_chosen_chat", "login_url", "callback_game", "pay", "disabled"});
    } else {
      return std::unexpected(prefix + "Text buttons are unallowed in the inline keyboard");
    }
  }
  return out;
}

std::expected<std::string, std::string> reply_button(const json::value& from) {
  const std::string prefix = "can't parse keyboard button: ";
  std::string out;
  if (from.is_string()) {
    fields(out).text("text", from.get_string());
    return out;
  }
  const auto* button = from.if_object();
  if (!button) return std::unexpected(prefix + "KeyboardButton must be a String or an Object");
  if (!button->contains("text")) return std::unexpected(prefix + "Can't find field \"text\"");
  {
    fields f(out);
    f.text("text", scalar_text(button->if_contains("text")));
    for (const std::string_view wish : {"request_contact", "request_location"}) {
      if (scalar_flag(button->if_contains(wish))) f.flag(wish, true);
    }
    copy_members(f, *button,
                 {"icon_custom_emoji_id", "style", "request_users", "request_chat", "request_managed_bot",
                  "request_poll", "web_app"});
  }
  return out;
}

// Rows of buttons. Empty rows are left out.
template <class Button>
std::expected<std::string, std::string> rows_of(const json::value& from, Button button,
                                                std::string_view what) {
  const auto* rows = from.if_array();
  if (!rows) return std::unexpected("field \"" + std::string(what) + "\" must be of type Array");
  std::string out = "[";
  std::size_t buttons = 0;
  for (const auto& row : *rows) {
    if (!row.is_array())
      return std::unexpected("field \"" + std::string(what) + "\" must be an Array of Arrays");
    std::string line;
    for (const auto& item : row.get_array()) {
      auto one = button(item);
      if (!one) return one;
      line += (line.empty() ? "" : ",") + *one;
      ++buttons;
    }
    if (line.empty()) continue;
    if (out.size() > 1) out += ',';
    out += '[' + line + ']';
  }
  if (buttons > 300) return std::unexpected("reply markup is too long");
  return out + ']';
}

std::string keyboard_json(std::string_view rows, const json::object& from) {
  std::string out;
  {
    fields f(out);
    f.raw("keyboard", rows);
    for (const std::string_view wish :
         {"is_persistent", "resize_keyboard", "one_time_keyboard", "selective"}) {
      if (scalar_flag(from.if_contains(wish))) f.flag(wish, true);
    }
    f.text_if("input_field_placeholder", scalar_text(from.if_contains("input_field_placeholder")));
  }
  return out;
}

}  // namespace

or_error<reply_markup> markup_of(api_call& call, bool inline_only) {
  reply_markup out;
  const json::value* given = call.in.structure("reply_markup");
  if (!given && call.in.text("reply_markup").empty()) return out;
  if (!given) return bad_request("can't parse reply keyboard markup JSON object");
  const auto* from = given->if_object();
  if (!from) return bad_request("object expected as reply markup");
  if (const auto* rows = from->if_contains("inline_keyboard")) {
    auto made = rows_of(*rows, inline_button, "inline_keyboard");
    if (!made) return bad_request(std::move(made).error());
    if (*made != "[]") fields(out.inline_keyboard).raw("inline_keyboard", *made);
  } else if (inline_only) {
    if (!from->empty()) return bad_request("inline keyboard expected");
  } else if (const auto* reply_rows = from->if_contains("keyboard")) {
    auto made = rows_of(*reply_rows, reply_button, "keyboard");
    if (!made) return bad_request(std::move(made).error());
    out.keyboard = keyboard_json(*made, *from);
  } else if (scalar_flag(from->if_contains("remove_keyboard"))) {
    fields(out.keyboard).flag("remove_keyboard", true);
  } else if (scalar_flag(from->if_contains("force_reply"))) {
    fields(out.keyboard)
        .flag("force_reply", true)
        .text_if("input_field_placeholder", scalar_text(from->if_contains("input_field_placeholder")));
  }
  if (out.inline_keyboard.size() + out.keyboard.size() > 10'240)
    return bad_request("reply markup is too long");
  return out;
}

or_error<std::int64_t> reply_of(api_call& call, const chat& in) {
  const json::value* given = call.in.structure("reply_parameters");
  if (!given || !given->is_object()) return 0;
  const auto& from = given->get_object();
  const auto id = scalar_integer(from.if_contains("message_id")).value_or(0);
  if (id == 0) return 0;
  if (in.messages.contains(id)) return id;
  if (scalar_flag(from.if_contains("allow_sending_without_reply"))) return 0;
  return bad_request("message to be replied not found");
}

}  // namespace tandem::sandbox
