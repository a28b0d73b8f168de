#pragma once
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "platform/http/message.hpp"

namespace tandem::http {

// HTTP/1.1 (RFC 9110, RFC 9112) as a machine without I/O: bytes in, messages out. Strict where leniency has
// led to request smuggling: lines end with CRLF, no folded headers, no space before a colon, no two lengths.
struct wire_limits {
  std::size_t header_bytes = 32 << 10;  // start line and headers together
  std::size_t header_count = 100;
  std::size_t body_bytes = 1 << 20;
};

enum class wire_fault {
  malformed,         // 400
  header_too_large,  // 431
  body_too_large,    // 413
  version_unknown,   // 505
  coding_unknown,    // 501: a transfer coding other than chunked
};
int status_of(wire_fault fault);

// The body of a message, taken apart by its framing.
class body_reader {
 public:
  enum class framing { none, length, chunked, until_end };
  void expect(framing how, std::uint64_t length, std::size_t limit);
  // Appends the body's bytes in `in` to `out`; how much of `in` was used. Uses all of it unless the body is
  // done.
  std::expected<std::size_t, wire_fault> feed(std::string_view in, std::string& out);
  bool done() const { return step_ == step::done; }
  // The other side has ended: true if the body is whole.
  bool end() { return done() || how_ == framing::until_end; }
  framing how() const { return how_; }
  std::uint64_t expected_length() const { return how_ == framing::length ? left_ : 0; }
  void set_limit(std::size_t limit) { limit_ = limit; }
  std::size_t limit() const { return limit_; }

 private:
  enum class step {
    data,
    size,
    extension,
    size_lf,
    data_cr,
    data_lf,
    trailer_start,
    trailer,
    trailer_lf,
    last_lf,
    done
  };
  std::expected<std::size_t, wire_fault> feed_chunked(std::string_view in, std::string& out);

  framing how_ = framing::none;
  step step_ = step::done;
  std::uint64_t left_ = 0;  // bytes of the body or of the chunk
  std::size_t limit_ = 0, taken_ = 0;
  int digits_ = 0;            // of a chunk's size
  std::size_t overhead_ = 0;  // bytes of extensions and trailers, which are read over
};

// Collects start line and headers, up to and including the empty line.
class head_collector {
 public:
  // The whole head once it is there: in `in` itself if it came in one piece, otherwise collected.
  // `used` is how much of `in` belongs to it.
  struct found {
    std::size_t used;
    std::optional<std::string_view> head;
  };
  std::expected<found, wire_fault> feed(std::string_view in, std::size_t limit);
  bool begun() const { return !collected_.empty(); }
  void reset() { collected_.clear(); }

 private:
  std::string collected_;
};

// Requests, one after another, from the bytes of a connection.
class request_reader {
 public:
  explicit request_reader(wire_limits limits) : limits_(limits) {}

  // Takes bytes; how many were used. Stops behind the head (so that the limit of the body can be set and 100
  // Continue be answered) and at the end of the message. After a fault the connection must be closed.
  std::expected<std::size_t, wire_fault> feed(std::string_view in);
  bool idle() const {
    return state_ == state::head && !head_.begun();
  }  // not one byte of a next request has come
  bool has_head() const { return state_ != state::head; }
  bool complete() const { return state_ == state::body && body_.done(); }
  // Valid from has_head() on.
  request& message() { return message_; }
  bool keep_alive() const { return keep_alive_; }
  bool http11() const { return http11_; }  // false: 1.0, which knows no chunks
  bool expects_continue() const { return expects_continue_; }
  std::uint64_t expected_length() const { return body_.expected_length(); }
  // A body announced as longer is a fault of the next feed().
  void limit_body(std::size_t bytes) { body_.set_limit(bytes); }
  // Gives the message away and is ready for the next one.
  request take();

 private:
  enum class state { head, body };
  std::expected<void, wire_fault> parse(std::string_view head);

  wire_limits limits_;
  state state_ = state::head;
  head_collector head_;
  body_reader body_;
  request message_;
  bool keep_alive_ = true;
  bool http11_ = true;
  static constexpr int most_blank = 16;
  int blank_ = 0;  // line ends before the request
  bool expects_continue_ = false;
};

// One answer from the bytes of a connection; 1xx answers are read over.
class response_reader {
 public:
  explicit response_reader(wire_limits limits) : limits_(limits) {}
  // Call before each answer: those to HEAD have no body whatever their headers say.
  void expect(bool answer_to_head, std::size_t max_body);
  std::expected<std::size_t, wire_fault> feed(std::string_view in);
  // The server has ended the connection: true if that makes the answer whole.
  bool end();
  bool begun() const { return begun_; }  // a byte has come
  bool complete() const { return state_ == state::body && body_.done(); }
  bool keep_alive() const { return keep_alive_; }
  void distrust() { keep_alive_ = false; }  // the connection is not to be used again
  response take();

 private:
  enum class state { head, body };
  std::expected<void, wire_fault> parse(std::string_view head);

  wire_limits limits_;
  state state_ = state::head;
  head_collector head_;
  body_reader body_;
  response message_;
  bool answer_to_head_ = false, keep_alive_ = true, begun_ = false;
};

// The parts of a target in origin form, "/a%20b?x=1&y=%26"; nothing if it is malformed.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space);
std::optional<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

// Serialisers. Line feeds in names and values are a programmer's error: they throw std::invalid_argument.
// The length of the body is written; Connection, Date and Transfer-Encoding are up to the caller.
void write_request_head(std::string& out, std::string_view method, std::string_view target,
                        std::string_view host, const headers& more, std::size_t body_size);
void write_response_head(std::string& out, int status, const headers& more);
void write_header(std::string& out, std::string_view name, std::string_view value);
std::string_view reason_of(int status);
// A piece of a chunked body; an empty one ends it.
void write_chunk(std::string& out, std::string_view piece);

bool same_name(std::string_view a, std::string_view b);  // header names: without regard to case
bool is_visible(std::string_view text);                  // no space and no control character in it
// Whether a comma-separated header value has this element ("keep-alive, Upgrade" has "upgrade").
bool has_token(std::string_view list, std::string_view token);

}  // namespace tandem::http
