#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::telegram {

// Walks once through a JSON text and hands out what is asked for, without a document tree: updates and
// answers are the bulk of a bot's work, and most of what they hold is looked at by nobody. Strict (RFC 8259,
// UTF-8 checked, lone surrogates refused), nesting up to 64.
//
// Every step is true, or false for good: broken() says whether the text is no JSON or only not what was asked
// for.
class json_cursor {
 public:
  enum class kind { object, array, string, number, boolean, null, none };

  explicit json_cursor(std::string_view text) : text_(text) {}

  kind peek();  // of the next value; none if there is none

  // Calls on_field(name) for each field; it must take the value (or skip() it) and says whether to go on. The
  // name is valid until the value is taken.
  template <class F>
  bool object(F on_field) {
    if (!open('{')) return false;
    if (close('}')) return true;
    std::string scratch;
    do {
      std::string_view name;
      if (!read_name(name, scratch) || !on_field(name)) return false;
    } while (another());
    return close('}') || fail();
  }
  // Calls on_element() for each element.
  template <class F>
  bool array(F on_element) {
    if (!open('[')) return false;
    if (close(']')) return true;
    do {
      if (!on_element()) return false;
    } while (another());
    return close(']') || fail();
  }
  bool string(std::string& out);
  bool integer(std::int64_t& out);  // also 1.0 and 1e3; no fractions, nothing beyond 64 bits
  bool number(double& out);
  bool boolean(bool& out);
  bool skip();  // any value
  bool at_end();

  bool broken() const { return broken_; }
  // A place to come back to: where a value begins. Coming back undoes a refusal, but not what is broken.
  struct place {
    std::size_t at;
    int depth;
  };
  place here() const { return {at_, depth_}; }
  void back_to(place begin) {
    at_ = begin.at;
    depth_ = begin.depth;
  }

 private:
  bool fail() {
    broken_ = true;
    return false;
  }
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  bool open(char bracket);
  bool close(char bracket);
  bool another();
  bool read_name(std::string_view& name, std::string& scratch);
  bool scan_string(std::string_view& raw, bool& plain);
  static bool unescape(std::string_view raw, std::string& out);
  bool scan_number(std::string_view& raw, bool& whole);
  bool literal(std::string_view word);

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool broken_ = false;
};

}  // namespace tandem::telegram
