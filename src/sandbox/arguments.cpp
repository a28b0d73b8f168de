#include "sandbox/arguments.hpp"

#include <charconv>
#include <cmath>

#include "sandbox/ascii.hpp"
#include "sandbox/entities.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

namespace {
std::string url_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2])) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

constexpr const char* not_utf8 = "strings must be encoded in UTF-8";
}  // namespace

std::string scalar_text(const json::value* value) {
  if (!value) return {};
  if (const auto* text = value->if_string()) return std::string(*text);
  if (value->is_number() || value->is_bool()) return json::serialize(*value);
  return {};
}

std::optional<std::int64_t> scalar_integer(const json::value* value) {
  if (!value) return {};
  if (const auto* number = value->if_int64()) return *number;
  if (const auto* number = value->if_double()) {
    // Some clients write 5.0; anything that is no whole number within reach is no integer.
    return std::abs(*number) < 9e15 && std::trunc(*number) == *number ? std::optional<std::int64_t>(*number)
                                                                      : std::nullopt;
  }
  if (const auto* text = value->if_string()) {
    std::int64_t number = 0;
    const std::string_view digits = *text;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size()) return number;
  }
  return {};
}

std::optional<double> scalar_number(const json::value* value) {
  if (!value) return {};
  if (value->is_number()) return value->to_number<double>();
  if (const auto* text = value->if_string()) {
    double number = 0;
    const std::string_view digits = *text;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error == std::errc() && end == digits.data() + digits.size() && std::isfinite(number)) return number;
  }
  return {};
}

bool scalar_flag(const json::value* value) {
  const std::string text = lower(scalar_text(value));
  return text == "true" || text == "yes" || text == "1";
}

void arguments::add(std::string_view name, std::string_view value) {
  if (values_.size() < 1000) values_[name] = value;
}

std::expected<void, std::string> arguments::read(const http::request& from) {
  for (const auto& [name, value] : from.query) {
    if (!is_utf8(name) || !is_utf8(value)) return std::unexpected(not_utf8);
    add(name, value);
  }
  if (from.body.empty()) return {};
  const std::string type = lower(from.headers.value_or("content-type", ""));
  if (type.starts_with("application/json")) {
    boost::system::error_code error;
    json::value parsed = json::parse(from.body, error, &memory_);
    if (error || !parsed.is_object()) return std::unexpected("can't parse request: expected a JSON object");
    for (auto& item : parsed.get_object()) values_[item.key()] = std::move(item.value());
  } else if (type.starts_with("multipart/form-data")) {
    auto parts = parse_multipart(from.headers.value_or("content-type", ""), from.body);
    if (!parts) return std::unexpected("can't parse request: " + parts.error());
    for (auto& part : *parts) {
      if (!is_utf8(part.name) || !is_utf8(part.file_name)) return std::unexpected(not_utf8);
      if (part.is_file) {
        // Under the name itself it stands for the parameter; attach:// finds it by the name as well.
        if (!values_.contains(part.name)) add(part.name, "attach://" + part.name);
        files_.push_back(std::move(part));
      } else {
        if (!is_utf8(part.bytes)) return std::unexpected(not_utf8);
        add(part.name, part.bytes);
      }
    }
  } else if (type.starts_with("application/x-www-form-urlencoded") || type.empty()) {
    std::string_view rest = from.body;
    while (!rest.empty()) {
      const auto end = std::min(rest.find('&'), rest.size());
      const auto pair = rest.substr(0, end);
      const auto equals = std::min(pair.find('='), pair.size());
      const std::string name = url_decoded(pair.substr(0, equals));
      const std::string value = url_decoded(pair.substr(std::min(equals + 1, pair.size())));
      if (!is_utf8(name) || !is_utf8(value)) return std::unexpected(not_utf8);
      if (!name.empty()) add(name, value);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return {};
}

void arguments::keep_only(std::string_view names) {
  const auto known = [&](std::string_view name) {
    for (std::size_t at = names.find(name); at != std::string_view::npos; at = names.find(name, at + 1)) {
      const bool begins = at == 0 || names[at - 1] == ' ';
      const bool ends = at + name.size() == names.size() || names[at + name.size()] == ' ';
      if (begins && ends) return true;
    }
    return false;
  };
  for (auto item = values_.begin(); item != values_.end();) {
    if (!item->key().empty() && known(item->key()))
      ++item;
    else
      item = values_.erase(item);
  }
}

std::string arguments::text(std::string_view name) const { return scalar_text(values_.if_contains(name)); }

std::int64_t arguments::integer(std::string_view name, std::int64_t otherwise) const {
  return scalar_integer(values_.if_contains(name)).value_or(otherwise);
}

bool arguments::flag(std::string_view name) const { return scalar_flag(values_.if_contains(name)); }

const json::value* arguments::structure(std::string_view name) const {
  json::value* found = values_.if_contains(name);
  if (!found) return nullptr;
  if (found->is_string()) {
    boost::system::error_code error;
    json::value parsed = json::parse(found->get_string(), error, values_.storage());
    if (error || !parsed.is_structured()) return nullptr;
    *found = std::move(parsed);
  }
  return found->is_structured() ? found : nullptr;
}

const form_part* arguments::file(std::string_view field) const {
  for (const auto& one : files_) {
    if (one.name == field) return &one;
  }
  return nullptr;
}

std::string arguments::as_json() const { return json::serialize(values_); }

}  // namespace tandem::sandbox
