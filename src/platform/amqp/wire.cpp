#include "platform/amqp/wire.hpp"

namespace tandem::amqp {

writer& writer::u8(std::uint8_t value) {
  out_ += static_cast<char>(value);
  return *this;
}
writer& writer::u16(std::uint16_t value) {
  return u8(static_cast<std::uint8_t>(value >> 8)).u8(static_cast<std::uint8_t>(value));
}
writer& writer::u32(std::uint32_t value) {
  return u16(static_cast<std::uint16_t>(value >> 16)).u16(static_cast<std::uint16_t>(value));
}
writer& writer::u64(std::uint64_t value) {
  return u32(static_cast<std::uint32_t>(value >> 32)).u32(static_cast<std::uint32_t>(value));
}
writer& writer::short_text(std::string_view value) {
  if (value.size() > 255) throw std::length_error("a name of more than 255 bytes does not fit into AMQP");
  u8(static_cast<std::uint8_t>(value.size()));
  out_ += value;
  return *this;
}
writer& writer::long_text(std::string_view value) {
  u32(static_cast<std::uint32_t>(value.size()));
  out_ += value;
  return *this;
}
writer& writer::fields(const table& value) {
  std::string inner;
  writer to(inner);
  for (const auto& [name, what] : value) {
    to.short_text(name);
    if (const auto* flag = std::get_if<bool>(&what)) {
      to.u8('t').u8(*flag ? 1 : 0);
    } else if (const auto* number = std::get_if<std::int64_t>(&what)) {
      to.u8('l').u64(static_cast<std::uint64_t>(*number));
    } else {
      to.u8('S').long_text(std::get<std::string>(what));
    }
  }
  return long_text(inner);
}

std::string_view reader::bytes(std::size_t count) {
  if (count > from_.size()) throw malformed("a frame ends in the middle of a value");
  const auto out = from_.substr(0, count);
  from_.remove_prefix(count);
  return out;
}
std::uint8_t reader::u8() { return static_cast<std::uint8_t>(bytes(1)[0]); }
std::uint16_t reader::u16() {
  const auto high = u8();
  return static_cast<std::uint16_t>(high << 8 | u8());
}
std::uint32_t reader::u32() {
  const std::uint32_t high = u16();
  return high << 16 | u16();
}
std::uint64_t reader::u64() {
  const std::uint64_t high = u32();
  return high << 32 | u32();
}
std::string reader::short_text() {
  const auto size = u8();
  return std::string(bytes(size));
}
std::string reader::long_text() {
  const auto size = u32();
  return std::string(bytes(size));
}

void reader::read_field(table& into, std::string name) {
  switch (u8()) {
    case 't': into[std::move(name)] = u8() != 0; return;
    case 'b': into[std::move(name)] = std::int64_t{static_cast<std::int8_t>(u8())}; return;
    case 'B': into[std::move(name)] = std::int64_t{u8()}; return;
    case 's': into[std::move(name)] = std::int64_t{static_cast<std::int16_t>(u16())}; return;
    case 'u': into[std::move(name)] = std::int64_t{u16()}; return;
    case 'I': into[std::move(name)] = std::int64_t{static_cast<std::int32_t>(u32())}; return;
    case 'i': into[std::move(name)] = std::int64_t{u32()}; return;
    case 'l':
    case 'T': into[std::move(name)] = static_cast<std::int64_t>(u64()); return;
    case 'S': into[std::move(name)] = long_text(); return;
    case 'f': bytes(4); return;
    case 'd': bytes(8); return;
    case 'D': bytes(5); return;
    case 'V': return;
    case 'x':
    case 'A':
    case 'F': bytes(u32()); return;
    default: throw malformed("a field table holds a value of an unknown kind");
  }
}

table reader::fields() {
  const auto size = u32();
  reader inner(bytes(size));
  table out;
  while (!inner.from_.empty()) {
    auto name = inner.short_text();
    inner.read_field(out, std::move(name));
  }
  return out;
}

}  // namespace tandem::amqp
