#include "platform/http/message.hpp"

#include "platform/http/wire.hpp"

namespace tandem::http {

void headers::set(std::string_view name, std::string value) {
  std::erase_if(fields_, [&](const auto& field) { return same_name(field.first, name); });
  fields_.emplace_back(std::string(name), std::move(value));
}

std::optional<std::string_view> headers::find(std::string_view name) const {
  for (const auto& [key, value] : fields_) {
    if (same_name(key, name)) return value;
  }
  return std::nullopt;
}

std::string_view request::path_value(std::string_view name) const {
  for (const auto& [key, value] : captured) {
    if (key == name) return value;
  }
  return {};
}

std::optional<std::string_view> request::query_value(std::string_view name) const {
  for (const auto& [key, value] : query) {
    if (key == name) return value;
  }
  return std::nullopt;
}

namespace {
response with_type(int status, std::string body, const char* type) {
  response out;
  out.status = status;
  out.headers.add("Content-Type", type);
  out.body = std::move(body);
  return out;
}
}  // namespace

response response::text(int status, std::string body) {
  return with_type(status, std::move(body), "text/plain; charset=utf-8");
}
response response::json(int status, std::string body) {
  return with_type(status, std::move(body), "application/json");
}
response response::html(int status, std::string body) {
  return with_type(status, std::move(body), "text/html; charset=utf-8");
}

}  // namespace tandem::http
