// Any bytes in the log: one line of clean UTF-8 without control characters, and no bot token in it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "platform/log/error_book.hpp"
#include "platform/log/log.hpp"

namespace {

using namespace tandem;

void expect(bool holds) {
  if (!holds) std::abort();
}

bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

// \d+:[A-Za-z0-9_-]{30,} anywhere.
bool has_token(std::string_view text) {
  for (std::size_t colon = 1; colon < text.size(); ++colon) {
    if (text[colon] != ':' || text[colon - 1] < '0' || text[colon - 1] > '9') continue;
    std::size_t end = colon + 1;
    while (end < text.size() && is_token_character(text[end])) ++end;
    if (end - colon > 30) return true;
  }
  return false;
}

std::string line;

void configure(log::format format) {
  log::options how;
  how.format = format;
  how.default_level = log::level::info;
  how.output = [](log::level, std::string_view written) { line = written; };
  log::configure(std::move(how));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  expect(!has_token(log::redact(text)));
  // An escaped control character may end in a digit, which is then no part of a token.
  bool escapes = false;
  for (const char c : text) escapes = escapes || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  const log::logger log_("fuzz");
  for (const auto format : {log::format::human, log::format::json}) {
    configure(format);
    log_.info(text, {{"text", text}, {"size", size}});
    expect(escapes || !has_token(line));
    for (const char c : line) expect(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
  return 0;
}
