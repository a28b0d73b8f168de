#include "sandbox/api_calls.hpp"
#include "sandbox/ascii.hpp"
#include "sandbox/loopback.hpp"

namespace tandem::sandbox {

bool take_allowed_updates(api_call& call) {
  const auto* given = call.in.structure("allowed_updates");
  if (!given || !given->is_array()) return false;
  std::vector<std::string> kinds;
  for (const auto& item : given->get_array()) {
    std::string kind = lower(scalar_text(&item));
    if (!kind.empty() && kind.size() < 64 && kinds.size() < 100) kinds.push_back(std::move(kind));
  }
  if (kinds == call.me.allowed_updates) return false;
  call.me.allowed_updates = std::move(kinds);
  return true;
}

namespace {
bool is_valid_secret(std::string_view secret) {
  return std::ranges::all_of(secret, [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
}

// A getUpdates that waits ends with 409.
void end_waiting(bot& of) {
  if (!of.waiting) return;
  of.waiting->ring();
  of.waiting.reset();
}
}  // namespace

outcome set_webhook(api_call& call) {
  const std::string url = call.in.text("url");
  if (url.empty()) return delete_webhook(call);
  const std::string checked = checked_link(url);
  const std::string host = host_of(url);
  if (checked.empty() && !is_loopback(host)) return bad_request("invalid webhook URL specified");
  if (!is_loopback(host)) {
    return bad_request(
        "bad webhook: Failed to resolve host: the sandbox delivers to loopback addresses only");
  }
  const std::string secret = call.in.text("secret_token");
  if (secret.size() > 256) return bad_request("secret token is too long");
  if (!is_valid_secret(secret)) return bad_request("secret token contains unallowed characters");
  webhook& hook = call.me.hook;
  const bool new_kinds = take_allowed_updates(call);
  const auto connections =
      static_cast<int>(std::clamp<std::int64_t>(call.in.integer("max_connections", 40), 1, 100));
  const bool drop = call.in.flag("drop_pending_updates");
  if (drop) call.world.drop_updates(call.me, call.line);
  if (hook.url == url && hook.secret == secret && hook.max_connections == connections && !new_kinds &&
      !drop) {
    return api_success{"true", "Webhook is already set"};
  }
  hook.url = url;
  hook.secret = secret;
  hook.ip_address = call.in.text("ip_address");
  hook.max_connections = connections;
  hook.last_error.clear();
  hook.last_error_at = 0;
  ++hook.epoch;
  end_waiting(call.me);
  call.world.bot_changed(call.me, call.line);
  return api_success{"true", "Webhook was set"};
}

outcome delete_webhook(api_call& call) {
  webhook& hook = call.me.hook;
  if (call.in.flag("drop_pending_updates")) call.world.drop_updates(call.me, call.line);
  if (hook.url.empty()) return api_success{"true", "Webhook is already deleted"};
  const auto epoch = hook.epoch;
  hook = {};
  hook.epoch = epoch + 1;
  call.world.bot_changed(call.me, call.line);
  return api_success{"true", "Webhook was deleted"};
}

outcome get_webhook_info(api_call& call) {
  const webhook& hook = call.me.hook;
  call.world.drop_expired(call.me);
  api_success out;
  out.result.clear();
  {
    fields f(out.result);
    f.text("url", hook.url).flag("has_custom_certificate", false);
    f.number("pending_update_count", static_cast<std::int64_t>(call.me.updates.size()));
    f.text_if("ip_address", hook.ip_address);
    if (!hook.last_error.empty()) {
      f.number("last_error_date", hook.last_error_at).text("last_error_message", hook.last_error);
    }
    if (!hook.url.empty()) f.number("max_connections", hook.max_connections);
    if (!call.me.allowed_updates.empty()) {
      auto& kinds = f.begin("allowed_updates");
      append_json_list(kinds, call.me.allowed_updates,
                       [&](const std::string& kind) { text::append_json(kinds, kind); });
    }
  }
  return out;
}

}  // namespace tandem::sandbox
