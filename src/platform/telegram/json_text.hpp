#pragma once
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

#include "base/text/json_text.hpp"

// Writing JSON without a document tree: what every outgoing call does.
namespace tandem::telegram {

template <std::integral I>
void append_number(std::string& out, I number) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

// {"name":value,…}, one field after the other.
class json_object {
 public:
  json_object() {
    out_.reserve(usual_size);
    out_ += '{';
  }
  json_object& text(std::string_view name, std::string_view value) {
    key(name);
    text::append_json(out_, value);
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
  static constexpr std::size_t usual_size = 240;  // no growing in steps
  std::string out_;
};

}  // namespace tandem::telegram
