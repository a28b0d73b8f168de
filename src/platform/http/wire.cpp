#include "platform/http/wire.hpp"

#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace tandem::http {

namespace {

constexpr std::size_t max_chunk_overhead = 16 << 10;
constexpr std::string_view end_of_head = "\r\n\r\n";

constexpr std::array<bool, 256> token_characters = [] {
  std::array<bool, 256> table{};
  for (const char c :
       std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool is_token(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!token_characters[static_cast<unsigned char>(c)]) return false;
  }
  return true;
}

// Without a way out of the loop, so that it is done for many bytes at once.
bool is_field_value(std::string_view text) {
  bool good = true;
  for (const char c : text) good &= (static_cast<unsigned char>(c) >= 0x20 || c == '\t') && c != 0x7f;
  return good;
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What the headers say about framing and the connection.
struct head_facts {
  std::optional<std::uint64_t> length;
  bool chunked = false;
  bool close = false, keep_alive = false;
  bool expects_continue = false;
  int hosts = 0;
};

std::expected<void, wire_fault> note(head_facts& facts, std::string_view name, std::string_view value) {
  if (same_name(name, "content-length")) {
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    if (value.empty() || error != std::errc() || end != value.data() + value.size() || facts.length) {
      return std::unexpected(wire_fault::malformed);
    }
    facts.length = length;
  } else if (same_name(name, "transfer-encoding")) {
    if (facts.chunked) return std::unexpected(wire_fault::malformed);
    if (!same_name(value, "chunked")) return std::unexpected(wire_fault::coding_unknown);
    facts.chunked = true;
  } else if (same_name(name, "connection")) {
    facts.close = facts.close || has_token(value, "close");
    facts.keep_alive = facts.keep_alive || has_token(value, "keep-alive");
  } else if (same_name(name, "expect")) {
    facts.expects_continue = same_name(value, "100-continue");
  } else if (same_name(name, "host")) {
    ++facts.hosts;
  }
  return {};
}

// Takes a line, without its CRLF, off the front of a head, whose lines all end with CRLF.
std::string_view next_line(std::string_view& head) {
  const auto end = head.find("\r\n");
  const auto line = head.substr(0, end);
  head.remove_prefix(end + 2);
  return line;
}

std::expected<head_facts, wire_fault> parse_fields(std::string_view head, std::size_t max_count,
                                                   headers& into) {
  head_facts facts;
  std::size_t count = 0;
  for (auto line = next_line(head); !line.empty(); line = next_line(head)) {
    if (++count > max_count) return std::unexpected(wire_fault::header_too_large);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return std::unexpected(wire_fault::malformed);
    const auto name = line.substr(0, colon);
    const auto value = trimmed(line.substr(colon + 1));
    if (!is_token(name) || !is_field_value(value)) return std::unexpected(wire_fault::malformed);
    if (const auto noted = note(facts, name, value); !noted) return std::unexpected(noted.error());
    into.add(name, value);
  }
  return facts;
}

std::optional<int> version_of(std::string_view text) {
  if (text == "HTTP/1.1") return 1;
  if (text == "HTTP/1.0") return 0;
  return std::nullopt;
}

bool looks_like_version(std::string_view text) {
  return text.size() == 8 && text.starts_with("HTTP/") && text[6] == '.' && hex_value(text[5]) >= 0;
}

}  // namespace

int status_of(wire_fault fault) {
  switch (fault) {
    case wire_fault::malformed: return 400;
    case wire_fault::header_too_large: return 431;
    case wire_fault::body_too_large: return 413;
    case wire_fault::version_unknown: return 505;
    case wire_fault::coding_unknown: return 501;
  }
  return 400;
}

bool same_name(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

bool is_visible(std::string_view text) {
  bool good = true;
  for (const char c : text) good &= static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
  return good;
}

bool has_token(std::string_view list, std::string_view token) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    if (same_name(trimmed(list.substr(0, comma)), token)) return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

// ---- bodies

void body_reader::expect(framing how, std::uint64_t length, std::size_t limit) {
  how_ = how;
  left_ = length;
  limit_ = limit;
  taken_ = overhead_ = 0;
  digits_ = 0;
  step_ = how == framing::chunked ? step::size : step::data;
  if (how == framing::none || (how == framing::length && length == 0)) step_ = step::done;
}

std::expected<std::size_t, wire_fault> body_reader::feed(std::string_view in, std::string& out) {
  if (done()) return 0;
  if (how_ == framing::chunked) return feed_chunked(in, out);
  if (how_ == framing::length && left_ > limit_ - taken_) return std::unexpected(wire_fault::body_too_large);
  const auto take = how_ == framing::length ? std::min<std::uint64_t>(left_, in.size()) : in.size();
  if (take > limit_ - taken_) return std::unexpected(wire_fault::body_too_large);
  out.append(in.substr(0, take));
  taken_ += take;
  if (how_ == framing::length && (left_ -= take) == 0) step_ = step::done;
  return take;
}

std::expected<std::size_t, wire_fault> body_reader::feed_chunked(std::string_view in, std::string& out) {
  std::size_t at = 0;
  while (at < in.size() && step_ != step::done) {
    if (step_ == step::data) {
      const auto take = std::min<std::uint64_t>(left_, in.size() - at);
      out.append(in.substr(at, take));
      at += take;
      left_ -= take;
      if (left_ == 0) step_ = step::data_cr;
      continue;
    }
    const char c = in[at++];
    switch (step_) {
      case step::size:
        if (const int digit = hex_value(c); digit >= 0) {
          if (++digits_ > 15) return std::unexpected(wire_fault::malformed);
          left_ = left_ * 16 + static_cast<unsigned>(digit);
          continue;
        }
        if (digits_ == 0) return std::unexpected(wire_fault::malformed);
        if (c == '\r') {
          step_ = step::size_lf;
        } else if (c == ';' || c == ' ' || c == '\t') {
          step_ = step::extension;
        } else {
          return std::unexpected(wire_fault::malformed);
        }
        continue;
      case step::extension:
        if (c == '\r') {
          step_ = step::size_lf;
        } else if (c == '\n' || ++overhead_ > max_chunk_overhead) {
          return std::unexpected(wire_fault::malformed);
        }
        continue;
      case step::size_lf:
        if (c != '\n') return std::unexpected(wire_fault::malformed);
        if (left_ > limit_ - taken_) return std::unexpected(wire_fault::body_too_large);
        taken_ += left_;
        step_ = left_ == 0 ? step::trailer_start : step::data;
        continue;
      case step::data_cr:
        if (c != '\r') return std::unexpected(wire_fault::malformed);
        step_ = step::data_lf;
        continue;
      case step::data_lf:
        if (c != '\n') return std::unexpected(wire_fault::malformed);
        step_ = step::size;
        digits_ = 0;
        continue;
      case step::trailer_start:
        if (c == '\n' || ++overhead_ > max_chunk_overhead) return std::unexpected(wire_fault::malformed);
        step_ = c == '\r' ? step::last_lf : step::trailer;
        continue;
      case step::trailer:
        if (c == '\r') {
          step_ = step::trailer_lf;
        } else if (c == '\n' || ++overhead_ > max_chunk_overhead) {
          return std::unexpected(wire_fault::malformed);
        }
        continue;
      case step::trailer_lf:
        if (c != '\n') return std::unexpected(wire_fault::malformed);
        step_ = step::trailer_start;
        continue;
      case step::last_lf:
        if (c != '\n') return std::unexpected(wire_fault::malformed);
        step_ = step::done;
        continue;
      case step::data:
      case step::done: break;
    }
  }
  return at;
}

// ---- heads

std::expected<head_collector::found, wire_fault> head_collector::feed(std::string_view in,
                                                                      std::size_t limit) {
  if (collected_.empty()) {
    if (const auto end = in.find(end_of_head); end != std::string_view::npos) {
      const auto size = end + end_of_head.size();
      if (size > limit) return std::unexpected(wire_fault::header_too_large);
      return found{size, in.substr(0, size)};
    }
    if (in.size() >= limit) return std::unexpected(wire_fault::header_too_large);
    collected_.assign(in);
    return found{in.size(), std::nullopt};
  }
  const auto before = collected_.size();
  const auto from = before < 3 ? 0 : before - 3;  // the empty line may be cut in two
  collected_.append(in.substr(0, std::min(in.size(), limit - before + 1)));
  const auto end = collected_.find(end_of_head, from);
  if (end == std::string::npos) {
    if (collected_.size() >= limit) return std::unexpected(wire_fault::header_too_large);
    return found{in.size(), std::nullopt};
  }
  const auto size = end + end_of_head.size();
  if (size > limit) return std::unexpected(wire_fault::header_too_large);
  collected_.resize(size);
  return found{size - before, std::string_view(collected_)};
}

// ---- requests

std::expected<std::size_t, wire_fault> request_reader::feed(std::string_view in) {
  if (state_ == state::body) return body_.feed(in, message_.body);
  // RFC 9112 §2.2: a server reads over an empty line before a request.
  std::size_t blank = 0;
  while (!head_.begun() && blank < in.size() && (in[blank] == '\r' || in[blank] == '\n')) {
    if (++blank_ > most_blank) return std::unexpected(wire_fault::malformed);
    ++blank;
  }
  in.remove_prefix(blank);
  if (in.empty()) return blank;
  const auto got = head_.feed(in, limits_.header_bytes);
  if (!got) return std::unexpected(got.error());
  if (got->head) {
    if (const auto parsed = parse(*got->head); !parsed) return std::unexpected(parsed.error());
    head_.reset();
    blank_ = 0;
    state_ = state::body;
  }
  return blank + got->used;
}

std::expected<void, wire_fault> request_reader::parse(std::string_view head) {
  const auto line = next_line(head);
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return std::unexpected(wire_fault::malformed);
  const auto method = line.substr(0, first);
  auto target = line.substr(first + 1, last - first - 1);
  const auto version = version_of(line.substr(last + 1));
  if (!version) {
    return std::unexpected(looks_like_version(line.substr(last + 1)) ? wire_fault::version_unknown
                                                                     : wire_fault::malformed);
  }
  if (!is_token(method) || target.empty()) return std::unexpected(wire_fault::malformed);
  if (!is_visible(target)) return std::unexpected(wire_fault::malformed);
  message_ = {};
  message_.method = method;
  const auto facts = parse_fields(head, limits_.header_count, message_.headers);
  if (!facts) return std::unexpected(facts.error());

  // The absolute form, as sent to proxies: only its path matters here.
  if (const auto scheme = target.find("://"); target.front() != '/' && scheme != std::string_view::npos) {
    const auto path = target.find('/', scheme + 3);
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  message_.target = target;
  target = target.substr(0, target.find('#'));
  const auto question = std::min(target.find('?'), target.size());
  auto path = percent_decoded(target.substr(0, question), false);
  if (!path || (path->front() != '/' && *path != "*")) return std::unexpected(wire_fault::malformed);
  message_.path = std::move(*path);
  if (question < target.size()) {
    auto query = parse_query(target.substr(question + 1));
    if (!query) return std::unexpected(wire_fault::malformed);
    message_.query = std::move(*query);
  }

  const bool http11 = http11_ = *version == 1;
  if (facts->hosts > 1 || (http11 && facts->hosts == 0)) return std::unexpected(wire_fault::malformed);
  if (facts->chunked && (facts->length || !http11)) return std::unexpected(wire_fault::malformed);
  keep_alive_ = http11 ? !facts->close : facts->keep_alive && !facts->close;
  expects_continue_ = http11 && facts->expects_continue;
  if (facts->chunked) {
    body_.expect(body_reader::framing::chunked, 0, limits_.body_bytes);
  } else if (facts->length) {
    body_.expect(body_reader::framing::length, *facts->length, limits_.body_bytes);
  } else {
    body_.expect(body_reader::framing::none, 0, 0);
  }
  return {};
}

request request_reader::take() {
  state_ = state::head;
  return std::move(message_);
}

// ---- answers

void response_reader::expect(bool answer_to_head, std::size_t max_body) {
  limits_.body_bytes = max_body;
  state_ = state::head;
  head_.reset();
  answer_to_head_ = answer_to_head;
  keep_alive_ = true;
  begun_ = false;
}

std::expected<std::size_t, wire_fault> response_reader::feed(std::string_view in) {
  std::size_t at = 0;
  begun_ = begun_ || !in.empty();
  while (at < in.size() && !complete()) {
    if (state_ == state::body) {
      const auto used = body_.feed(in.substr(at), message_.body);
      if (!used) return std::unexpected(used.error());
      at += *used;
      continue;
    }
    const auto got = head_.feed(in.substr(at), limits_.header_bytes);
    if (!got) return std::unexpected(got.error());
    at += got->used;
    if (!got->head) continue;
    if (const auto parsed = parse(*got->head); !parsed) return std::unexpected(parsed.error());
    head_.reset();
  }
  return at;
}

std::expected<void, wire_fault> response_reader::parse(std::string_view head) {
  const auto line = next_line(head);
  if (line.size() < 12 || line[8] != ' ' || (line.size() > 12 && line[12] != ' ')) {
    return std::unexpected(wire_fault::malformed);
  }
  const auto version = version_of(line.substr(0, 8));
  if (!version) {
    return std::unexpected(looks_like_version(line.substr(0, 8)) ? wire_fault::version_unknown
                                                                 : wire_fault::malformed);
  }
  int status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return std::unexpected(wire_fault::malformed);
    status = status * 10 + (c - '0');
  }
  if (status < 100) return std::unexpected(wire_fault::malformed);
  message_ = {};
  message_.status = status;
  const auto facts = parse_fields(head, limits_.header_count, message_.headers);
  if (!facts) return std::unexpected(facts.error());
  if (status < 200) {
    // 101 would hand the connection over to a protocol that was never asked for.
    if (status == 101) return std::unexpected(wire_fault::malformed);
    return {};  // 100, 102, 103: the real answer follows
  }
  keep_alive_ = *version == 1 ? !facts->close : facts->keep_alive && !facts->close;
  state_ = state::body;
  if (answer_to_head_ || status == 204 || status == 304) {
    body_.expect(body_reader::framing::none, 0, 0);
  } else if (facts->chunked) {
    if (facts->length)
      keep_alive_ = false;  // RFC 9112 §6.3: chunked wins, and such a server is not trusted further
    body_.expect(body_reader::framing::chunked, 0, limits_.body_bytes);
  } else if (facts->length) {
    body_.expect(body_reader::framing::length, *facts->length, limits_.body_bytes);
    if (*facts->length <= limits_.body_bytes)
      message_.body.reserve(std::min<std::uint64_t>(*facts->length, 1 << 20));
  } else {
    keep_alive_ = false;
    body_.expect(body_reader::framing::until_end, 0, limits_.body_bytes);
  }
  return {};
}

bool response_reader::end() { return state_ == state::body && body_.end(); }

response response_reader::take() {
  state_ = state::head;
  return std::move(message_);
}

// ---- addresses

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const auto pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decoded(pair.substr(0, equals), true);
    auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return std::nullopt;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

// ---- writing

void write_header(std::string& out, std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value))
    throw std::invalid_argument("a header with a forbidden character");
  out.append(name).append(": ").append(value).append("\r\n");
}

namespace {
void append_number(std::string& out, std::uint64_t number, int base = 10) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
  out.append(digits, end);
}
}  // namespace

void write_request_head(std::string& out, std::string_view method, std::string_view target,
                        std::string_view host, const headers& more, std::size_t body_size) {
  if (!is_token(method)) throw std::invalid_argument("a method with a forbidden character");
  if (!is_visible(target)) throw std::invalid_argument("a target with a space");
  out.append(method).append(" ").append(target).append(" HTTP/1.1\r\n");
  write_header(out, "Host", host);
  for (const auto& [name, value] : more) write_header(out, name, value);
  if (body_size > 0 || method == "POST" || method == "PUT" || method == "PATCH") {
    out.append("Content-Length: ");
    append_number(out, body_size);
    out.append("\r\n");
  }
  out.append("\r\n");
}

void write_response_head(std::string& out, int status, const headers& more) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(status));
  out.append(" ").append(reason_of(status)).append("\r\n");
  for (const auto& [name, value] : more) write_header(out, name, value);
}

void write_chunk(std::string& out, std::string_view piece) {
  append_number(out, piece.size(), 16);
  out.append("\r\n").append(piece).append("\r\n");
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

}  // namespace tandem::http
