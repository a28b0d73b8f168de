#pragma once
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

// Writing JSON without a document tree: what every outgoing call does.
namespace tandem::telegram {

inline void append_quoted(std::string& out, std::string_view text) {
  static constexpr char hex[] = "0123456789abcdef";
  out += '"';
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out.append(text, from, i - from);
    from = i + 1;
    out += '\\';
    if (byte == '"' || byte == '\\') {
      out += static_cast<char>(byte);
    } else if (byte == '\n') {
      out += 'n';
    } else {
      out += "u00";
      out += hex[byte >> 4];
      out += hex[byte & 15];
    }
  }
  out.append(text, from);
  out += '"';
}

template <std::integral I>
void append_number(std::string& out, I number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// {"name":value,…}, one field after the other.
class json_object {
 public:
  json_object& text(std::string_view name, std::string_view value) {
    key(name);
    append_quoted(out_, value);
    return *this;
  }
  json_object& number(std::string_view name, std::int64_t value) {
    key(name);
    append_number(out_, value);
    return *this;
  }
  json_object& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  json_object& raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
    return *this;
  }
  std::string done() && {
    out_ += '}';
    return std::move(out_);
  }

 private:
  void key(std::string_view name) {
    if (out_.size() > 1) out_ += ',';
    out_ += '"';
    out_ += name;  // our own names: nothing to escape
    out_ += "\":";
  }
  std::string out_ = "{";
};

}  // namespace tandem::telegram
