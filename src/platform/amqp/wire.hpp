#pragma once
// The bytes of AMQP 0-9-1: numbers, strings and field tables (specification §4.2, with RabbitMQ's errata for
// the types in a table).
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

namespace tandem::amqp {

// The other side has sent what is no AMQP.
struct malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a field table holds, as far as this house is concerned: every kind of whole number is an integer;
// kinds that it has no use for (floats, arrays, nested tables …) are left out when a table is read.
using field = std::variant<bool, std::int64_t, std::string>;
using table = std::map<std::string, field, std::less<>>;

class writer {
 public:
  explicit writer(std::string& out) : out_(out) {}
  writer& u8(std::uint8_t value);
  writer& u16(std::uint16_t value);
  writer& u32(std::uint32_t value);
  writer& u64(std::uint64_t value);
  writer& short_text(std::string_view value);  // throws std::length_error over 255 bytes
  writer& long_text(std::string_view value);
  writer& fields(const table& value);

 private:
  std::string& out_;
};

class reader {
 public:
  explicit reader(std::string_view from) : from_(from) {}
  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  std::string_view bytes(std::size_t count);
  std::string short_text();
  std::string long_text();
  table fields();

 private:
  void read_field(table& into, std::string name);
  std::string_view from_;
};

}  // namespace tandem::amqp
