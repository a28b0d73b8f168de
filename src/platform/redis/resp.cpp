#include "platform/redis/resp.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace tandem::redis {
namespace {

constexpr std::size_t longest_line = 64 << 10;

template <class T>
std::optional<T> number_of(std::string_view text) {
  T out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return out;
}

std::optional<double> double_of(std::string_view text) {
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  return number_of<double>(text);
}

}  // namespace

std::string_view value::error_code() const {
  if (kind != value_kind::error) return {};
  return std::string_view(text).substr(0, text.find(' '));
}

void reply_reader::feed(std::string_view bytes) {
  if (at_ > 0 && at_ >= bytes_.size() / 2) {  // what has been read goes away before the text grows
    bytes_.erase(0, at_);
    scanned_ -= std::min(scanned_, at_);
    at_ = 0;
  }
  bytes_.append(bytes);
}

std::expected<std::optional<value>, reply_fault> reply_reader::next() {
  while (!done_) {
    if (text_size_) {
      if (waiting() < *text_size_ + 2) return std::nullopt;
      if (bytes_[at_ + *text_size_] != '\r' || bytes_[at_ + *text_size_ + 1] != '\n')
        return std::unexpected(reply_fault::malformed);
      value text;
      text.kind = text_is_error_ ? value_kind::error : value_kind::text;
      const std::size_t skipped = text_is_verbatim_ ? 4 : 0;  // "txt:"
      if (*text_size_ < skipped) return std::unexpected(reply_fault::malformed);
      text.text.assign(bytes_, at_ + skipped, *text_size_ - skipped);
      at_ += *text_size_ + 2;
      text_size_.reset();
      close(std::move(text));
      continue;
    }
    const auto head = line();
    if (!head) {
      if (waiting() > longest_line) return std::unexpected(reply_fault::too_large);
      return std::nullopt;
    }
    const auto taken = take_head(*head);
    if (!taken) return std::unexpected(taken.error());
  }
  return std::exchange(done_, std::nullopt);
}

std::optional<std::string_view> reply_reader::line() {
  const auto end = bytes_.find("\r\n", std::max(at_, scanned_));
  if (end == std::string::npos) {
    scanned_ = bytes_.empty() ? 0 : bytes_.size() - 1;  // the last byte may be half of the line's end
    return std::nullopt;
  }
  const std::string_view found(bytes_.data() + at_, end - at_);
  at_ = end + 2;
  scanned_ = at_;
  return found;
}

std::expected<bool, reply_fault> reply_reader::take_head(std::string_view head) {
  if (head.empty()) return std::unexpected(reply_fault::malformed);
  const auto rest = head.substr(1);
  value one;
  switch (head[0]) {
    case '+':
      one.kind = value_kind::text;
      one.text = rest;
      break;
    case '(':  // a big number stays text
      one.kind = value_kind::text;
      one.text = rest;
      break;
    case '-':
      one.kind = value_kind::error;
      one.text = rest;
      break;
    case ':': {
      const auto number = number_of<std::int64_t>(rest.starts_with('+') ? rest.substr(1) : rest);
      if (!number) return std::unexpected(reply_fault::malformed);
      one.kind = value_kind::integer;
      one.integer = *number;
      break;
    }
    case ',': {
      const auto number = double_of(rest);
      if (!number) return std::unexpected(reply_fault::malformed);
      one.kind = value_kind::number;
      one.number = *number;
      break;
    }
    case '#':
      if (rest != "t" && rest != "f") return std::unexpected(reply_fault::malformed);
      one.kind = value_kind::boolean;
      one.integer = rest == "t";
      break;
    case '_':
      if (!rest.empty()) return std::unexpected(reply_fault::malformed);
      break;
    case '$':
    case '!':
    case '=': {
      if (head[0] == '$' && rest == "-1") break;  // RESP2's null
      const auto size = number_of<std::size_t>(rest);
      if (!size) return std::unexpected(reply_fault::malformed);
      if (*size > limits_.text_bytes) return std::unexpected(reply_fault::too_large);
      text_size_ = *size;
      text_is_error_ = head[0] == '!';
      text_is_verbatim_ = head[0] == '=';
      return true;
    }
    case '*':
      if (rest == "-1") break;
      return open(value_kind::list, rest, 1, false);
    case '~': return open(value_kind::list, rest, 1, false);
    case '>': return open(value_kind::push, rest, 1, false);
    case '%': return open(value_kind::map, rest, 2, false);
    case '|': return open(value_kind::map, rest, 2, true);
    default: return std::unexpected(reply_fault::malformed);
  }
  return close(std::move(one));
}

std::expected<bool, reply_fault> reply_reader::open(value_kind kind, std::string_view count, std::size_t each,
                                                    bool attribute) {
  const auto many = number_of<std::size_t>(count);
  if (!many) return std::unexpected(reply_fault::malformed);
  if (*many > limits_.items / each) return std::unexpected(reply_fault::too_large);
  if (open_.size() >= limits_.depth) return std::unexpected(reply_fault::too_deep);
  value begun;
  begun.kind = kind;
  if (*many > 0) {
    open_.push_back({std::move(begun), *many * each, attribute});
    return true;
  }
  if (attribute) return true;
  return close(std::move(begun));
}

// A value is whole: it goes into the list that waits for it, which may then be whole too.
bool reply_reader::close(value done) {
  for (;;) {
    if (open_.empty()) {
      done_ = std::move(done);
      return true;
    }
    auto& into = open_.back();
    into.what.items.push_back(std::move(done));
    if (--into.missing > 0) return true;
    const bool attribute = into.attribute;
    done = std::move(into.what);
    open_.pop_back();
    if (attribute) return true;
  }
}

void write_command(std::string& out, std::initializer_list<std::string_view> words) {
  const auto head = [&out](char kind, std::size_t number) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.push_back(kind);
    out.append(digits, end);
    out.append("\r\n");
  };
  head('*', words.size());
  for (const auto word : words) {
    head('$', word.size());
    out.append(word).append("\r\n");
  }
}

}  // namespace tandem::redis
