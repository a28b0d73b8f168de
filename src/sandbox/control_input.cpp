#include <openssl/evp.h>

#include "sandbox/arguments.hpp"
#include "sandbox/control.hpp"
#include "sandbox/loopback.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

std::expected<void, problem> only(const json::object& in, std::string_view names) {
  const std::string padded = " " + std::string(names) + " ";
  for (const auto& item : in) {
    if (padded.find(" " + std::string(item.key()) + " ") == std::string::npos) {
      return wrong("unknown field \"" + std::string(item.key()) + "\"; known are: " + std::string(names));
    }
  }
  return {};
}

std::string text_in(const json::object& in, std::string_view name, std::string_view otherwise) {
  const auto* found = in.if_contains(name);
  return found ? scalar_text(found) : std::string(otherwise);
}

std::int64_t number_in(const json::object& in, std::string_view name, std::int64_t otherwise) {
  return scalar_integer(in.if_contains(name)).value_or(otherwise);
}

bool flag_in(const json::object& in, std::string_view name, bool otherwise) {
  const auto* found = in.if_contains(name);
  return found ? scalar_flag(found) : otherwise;
}

std::int64_t query_number(const http::request& what, std::string_view name, std::int64_t otherwise) {
  const auto given = what.query_value(name);
  if (!given) return otherwise;
  const json::value text(*given);
  return scalar_integer(&text).value_or(otherwise);
}

std::expected<std::string, problem> base64_decoded(std::string_view text) {
  if (text.starts_with("data:")) text.remove_prefix(std::min(text.find(','), text.size() - 1) + 1);
  std::string out(text.size() / 4 * 3 + 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0 || text.empty()) return wrong("the file must be given as base64");
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

http::response as_response(const control_answer& answer) {
  if (answer) return http::response::json(answer->status, answer->json);
  std::string out;
  fields(out).text("error", answer.error().text);
  return http::response::json(answer.error().status, std::move(out));
}

bool is_from_this_machine(const http::request& what) {
  const auto host = what.headers.find("host");
  if (host && !host->empty() && !is_loopback(host_of(*host))) return false;
  const auto origin = what.headers.find("origin");
  return !origin || origin->empty() || is_loopback(host_of(*origin));
}

}  // namespace tandem::sandbox
