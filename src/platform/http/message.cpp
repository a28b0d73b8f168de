#include "platform/http/message.hpp"

#include "platform/http/wire.hpp"

namespace tandem::http {

namespace {
constexpr std::size_t usual_bytes = 256, usual_count = 8;  // of a message's headers: no growing in steps
}

void headers::add(std::string_view name, std::string_view value) {
  if (places_.empty()) {
    text_.reserve(usual_bytes);
    places_.reserve(usual_count);
  }
  const auto begin = text_.size();
  text_.append(name).append(value);
  places_.push_back({begin, begin + name.size(), text_.size()});
}

void headers::set(std::string_view name, std::string_view value) {
  const auto is_that = [&](const place& one) {
    return same_name(std::string_view(text_).substr(one.name, one.value - one.name), name);
  };
  std::erase_if(places_, is_that);
  add(name, value);
}

std::optional<std::string_view> headers::find(std::string_view name) const {
  for (const auto& [key, value] : *this) {
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
