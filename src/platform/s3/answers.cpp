#include "platform/s3/answers.hpp"

#include <charconv>

namespace tandem::s3 {
namespace {

template <class T>
std::optional<T> number_of(std::string_view text, int base = 10) {
  T out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return out;
}

// What stands between <name> and </name>, and the rest behind it.
struct element {
  std::string_view inside, behind;
};
std::optional<element> find_element(std::string_view xml, std::string_view name) {
  std::string open = "<", close = "</";
  open.append(name).append(">");
  close.append(name).append(">");
  const auto begin = xml.find(open);
  if (begin == std::string_view::npos) return std::nullopt;
  const auto inside = begin + open.size(), end = xml.find(close, inside);
  if (end == std::string_view::npos) return std::nullopt;
  return element{xml.substr(inside, end - inside), xml.substr(end + close.size())};
}

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (code >> 6)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (code >> 12)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | (code >> 18)));
    out.push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

bool resolve(std::string_view entity, std::string& out) {
  constexpr std::pair<std::string_view, char> named[] = {
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
  for (const auto& [name, c] : named) {
    if (entity == name) {
      out.push_back(c);
      return true;
    }
  }
  if (!entity.starts_with('#')) return false;
  const bool wide = entity.starts_with("#x");
  const auto code = number_of<std::uint32_t>(entity.substr(wide ? 2 : 1), wide ? 16 : 10);
  if (!code || *code > 0x10FFFF) return false;
  append_utf8(out, *code);
  return true;
}

std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text[at] == '&' ? text.find(';', at) : std::string_view::npos;
    if (end != std::string_view::npos && resolve(text.substr(at + 1, end - at - 1), out)) {
      at = end + 1;
    } else {
      out.push_back(text[at++]);
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> text_of(std::string_view xml, std::string_view name) {
  const auto found = find_element(xml, name);
  if (!found) return std::nullopt;
  return unescape(found->inside);
}

std::optional<listing> read_listing(std::string_view xml) {
  if (xml.find("<ListBucketResult") == std::string_view::npos) return std::nullopt;
  listing out;
  if (text_of(xml, "IsTruncated") == "true") {
    const auto next = text_of(xml, "NextContinuationToken");
    if (!next || next->empty()) return std::nullopt;  // there is more, and no way to it
    out.next = *next;
  }
  for (auto each = find_element(xml, "Contents"); each; each = find_element(each->behind, "Contents")) {
    const auto key = text_of(each->inside, "Key"), size = text_of(each->inside, "Size"),
               modified = text_of(each->inside, "LastModified");
    if (!key || !size || !modified) return std::nullopt;
    const auto bytes = number_of<std::uint64_t>(*size);
    const auto at = read_time(*modified);
    if (!bytes || !at) return std::nullopt;
    out.objects.push_back({*key, *bytes, *at});
  }
  return out;
}

std::string read_problem(std::string_view xml) {
  const auto error = find_element(xml, "Error");
  if (!error) return {};
  return text_of(error->inside, "Code").value_or("?") + ": " + text_of(error->inside, "Message").value_or("");
}

std::optional<instant> read_time(std::string_view text) {
  if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' ||
      text[16] != ':' || !text.ends_with('Z'))
    return std::nullopt;
  const auto part = [&](std::size_t from, std::size_t size) {
    return number_of<unsigned>(text.substr(from, size));
  };
  const auto year = part(0, 4), month = part(5, 2), day = part(8, 2), hour = part(11, 2),
             minute = part(14, 2), second = part(17, 2);
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day)};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return instant(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

}  // namespace tandem::s3
