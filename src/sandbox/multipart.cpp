#include "sandbox/multipart.hpp"

#include "sandbox/ascii.hpp"

namespace tandem::sandbox {
namespace {

constexpr std::size_t max_parts = 200;
constexpr std::size_t max_part_header = 16 << 10;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

// A parameter of a header's value: form-data;name="x" or boundary=abc. Backslashes escape inside quotes.
std::string parameter(std::string_view value, std::string_view wanted) {
  std::size_t at = value.find(';');
  while (at < value.size()) {
    ++at;  // the semicolon
    const auto equals = value.find('=', at);
    const auto next = value.find(';', at);
    if (equals == std::string_view::npos) return {};
    if (next < equals) {
      at = next;
      continue;
    }
    const std::string name = lower(trimmed(value.substr(at, equals - at)));
    std::string text;
    at = equals + 1;
    while (at < value.size() && value[at] == ' ') ++at;
    if (at < value.size() && value[at] == '"') {
      for (++at; at < value.size() && value[at] != '"'; ++at) {
        if (value[at] == '\\' && at + 1 < value.size() && (value[at + 1] == '"' || value[at + 1] == '\\'))
          ++at;
        text += value[at];
      }
      at = value.find(';', at);
    } else {
      const auto end = std::min(value.find(';', at), value.size());
      text = trimmed(value.substr(at, end - at));
      at = end;
    }
    if (name == wanted) return text;
  }
  return {};
}

// filename*=UTF-8''na%C3%AFve.txt
std::string decoded_name(std::string_view value) {
  const auto quote = value.rfind('\'');
  if (quote != std::string_view::npos) value.remove_prefix(quote + 1);
  std::string out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '%' && i + 2 < value.size() && is_hex(value[i + 1]) && is_hex(value[i + 2])) {
      out += static_cast<char>(hex_value(value[i + 1]) * 16 + hex_value(value[i + 2]));
      i += 2;
    } else {
      out += value[i];
    }
  }
  return out;
}

std::expected<form_part, std::string> read_part(std::string_view part) {
  form_part out;
  bool named = false;
  for (;;) {
    const auto end = part.find("\r\n");
    if (end == std::string_view::npos || end > max_part_header) {
      return std::unexpected("a part of the multipart body has no end of its header");
    }
    const auto line = part.substr(0, end);
    part.remove_prefix(end + 2);
    if (line.empty()) break;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return std::unexpected("a header of a part has no colon");
    const std::string name = lower(trimmed(line.substr(0, colon)));
    const auto value = trimmed(line.substr(colon + 1));
    if (name == "content-disposition") {
      out.name = parameter(value, "name");
      named = !out.name.empty();
      out.file_name = parameter(value, "filename");
      const std::string extended = parameter(value, "filename*");
      if (!extended.empty()) out.file_name = decoded_name(extended);
      out.is_file = !out.file_name.empty() || lower(value).find("filename") != std::string::npos;
    } else if (name == "content-type") {
      out.type = value;
    }
  }
  if (!named) return std::unexpected("a part of the multipart body has no name");
  out.bytes = part;
  return out;
}

}  // namespace

std::expected<std::vector<form_part>, std::string> parse_multipart(std::string_view content_type,
                                                                   std::string_view body) {
  const std::string boundary = parameter(content_type, "boundary");
  if (boundary.empty()) return std::unexpected("boundary not found");
  const std::string delimiter = "\r\n--" + boundary;
  std::vector<form_part> out;
  // The first delimiter may stand at the very beginning.
  if (body.starts_with(std::string_view(delimiter).substr(2))) {
    body.remove_prefix(delimiter.size() - 2);
  } else {
    const auto first = body.find(delimiter);
    if (first == std::string_view::npos) return std::unexpected("the multipart body has no part");
    body.remove_prefix(first + delimiter.size());
  }
  for (;;) {
    if (body.starts_with("--")) return out;
    while (!body.empty() && (body.front() == ' ' || body.front() == '\t')) body.remove_prefix(1);
    if (!body.starts_with("\r\n")) return std::unexpected("the multipart body breaks off");
    body.remove_prefix(2);
    // An empty part has its delimiter right after the blank line, which is why the search begins a line
    // early.
    const auto end = body.find(delimiter);
    if (end == std::string_view::npos) return std::unexpected("the multipart body breaks off");
    auto part = read_part(body.substr(0, end));
    if (!part) return std::unexpected(std::move(part).error());
    if (out.size() == max_parts) return std::unexpected("the multipart body has too many parts");
    out.push_back(std::move(*part));
    body.remove_prefix(end + delimiter.size());
  }
}

}  // namespace tandem::sandbox
