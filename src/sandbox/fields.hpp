#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text/json_text.hpp"

namespace tandem::sandbox {

// Writes one JSON object straight into a text; it is whole when this ends. Thousands of answers a second are
// made of these, so there is no tree in between.
class fields {
 public:
  explicit fields(std::string& out) : out_(out) { out_ += '{'; }
  ~fields() { out_ += '}'; }
  fields(const fields&) = delete;
  fields& operator=(const fields&) = delete;

  fields& text(std::string_view name, std::string_view value) {
    key(name);
    text::append_json(out_, value);
    return *this;
  }
  fields& text_if(std::string_view name, std::string_view value) {
    return value.empty() ? *this : text(name, value);
  }
  fields& number(std::string_view name, std::int64_t value) {
    key(name);
    out_ += std::to_string(value);
    return *this;
  }
  fields& number_if(std::string_view name, std::int64_t value) {
    return value == 0 ? *this : number(name, value);
  }
  fields& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  fields& flag_if(std::string_view name, bool value) { return value ? flag(name, true) : *this; }
  // A finished JSON value.
  fields& raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json;
    return *this;
  }
  fields& raw_if(std::string_view name, std::string_view json) {
    return json.empty() ? *this : raw(name, json);
  }
  // Finished members: "a":1,"b":2
  fields& members(std::string_view json) {
    if (json.empty()) return *this;
    comma();
    out_ += json;
    return *this;
  }
  // Writes the name; the value is appended to the text by the caller.
  std::string& begin(std::string_view name) {
    key(name);
    return out_;
  }

 private:
  void comma() {
    if (!first_) out_ += ',';
    first_ = false;
  }
  void key(std::string_view name) {
    comma();
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  std::string& out_;
  bool first_ = true;
};

// Adds a finished member to a list of them: "a":1,"b":2
inline void append_member(std::string& members, std::string_view name, std::string_view json) {
  if (!members.empty()) members += ',';
  members += '"';
  members += name;
  members += "\":";
  members += json;
}

// Writes "[", the items with commas, "]".
template <class Range, class Each>
void append_json_list(std::string& out, Range&& items, Each each) {
  out += '[';
  bool first = true;
  for (auto& item : items) {
    if (!first) out += ',';
    first = false;
    each(item);
  }
  out += ']';
}

}  // namespace tandem::sandbox
