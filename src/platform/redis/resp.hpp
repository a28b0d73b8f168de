#pragma once
#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// RESP3, what Redis speaks after HELLO 3 (github.com/redis/redis-specifications, protocol/RESP3.md), as a
// machine without input or output: bytes in, values out.
namespace tandem::redis {

enum class value_kind { null, text, error, integer, number, boolean, list, map, push };

struct value {
  value_kind kind = value_kind::null;
  std::string text;          // text; error: "WRONGPASS invalid username …"
  std::int64_t integer = 0;  // integer; boolean: 0 or 1
  double number = 0;
  std::vector<value> items;  // list (arrays and sets), push; map: key, value, key, value …

  bool is_null() const { return kind == value_kind::null; }
  bool is_error() const { return kind == value_kind::error; }
  // The first word of an error: "OOM", "LOADING"; "" for everything else.
  std::string_view error_code() const;
};

enum class reply_fault { malformed, too_large, too_deep };

struct reply_limits {
  std::size_t text_bytes = 16 << 20;  // one text
  std::size_t items = 1 << 20;        // one list, or twice the pairs of a map
  std::size_t depth = 8;
};

// Takes the bytes of a connection as they come. After a fault nothing more can be read of this connection.
class reply_reader {
 public:
  explicit reply_reader(reply_limits limits = {}) : limits_(limits) {}

  void feed(std::string_view bytes);
  // The next whole value; nothing when more bytes are needed. Attributes are left out; the streamed types,
  // which Redis never sends unasked, are malformed.
  std::expected<std::optional<value>, reply_fault> next();
  // The bytes that are kept because their value is not whole yet.
  std::size_t waiting() const { return bytes_.size() - at_; }

 private:
  struct open_value {  // a list, map, push or attribute whose items are still coming
    value what;
    std::size_t missing = 0;
    bool attribute = false;
  };
  std::optional<std::string_view> line();
  std::expected<bool, reply_fault> take_head(std::string_view head);
  std::expected<bool, reply_fault> open(value_kind kind, std::string_view count, std::size_t each,
                                        bool attribute);
  bool close(value done);

  reply_limits limits_;
  std::string bytes_;
  std::size_t at_ = 0;                    // read up to here
  std::size_t scanned_ = 0;               // no line end before this
  std::optional<std::size_t> text_size_;  // a text of so many bytes is being waited for
  bool text_is_error_ = false, text_is_verbatim_ = false;
  std::vector<open_value> open_;
  std::optional<value> done_;
};

// Appends a command: an array of texts, as Redis takes it.
void write_command(std::string& out, std::initializer_list<std::string_view> words);

}  // namespace tandem::redis
