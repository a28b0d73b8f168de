#include "platform/http/wire.hpp"

#include <stdexcept>

#include "platform/http/url.hpp"

using namespace tandem::http;

namespace {

// Feeds all of it; the fault, or nothing.
std::optional<wire_fault> feed(request_reader& into, std::string_view bytes) {
  while (!bytes.empty() && !into.complete()) {
    const auto used = into.feed(bytes);
    if (!used) return used.error();
    bytes.remove_prefix(*used);
  }
  return std::nullopt;
}

std::optional<wire_fault> feed(response_reader& into, std::string_view bytes) {
  const auto used = into.feed(bytes);
  return used ? std::nullopt : std::optional(used.error());
}

response_reader reading(bool answer_to_head = false) {
  response_reader out{wire_limits{}};
  out.expect(answer_to_head, 1000);
  return out;
}

}  // namespace

TEST(RequestReader, StopsBehindTheHeadSoThatTheBodysLimitCanBeSet) {
  request_reader reader{wire_limits{}};
  const std::string_view bytes = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET";
  const auto head = reader.feed(bytes);
  ASSERT_TRUE(head && reader.has_head());
  EXPECT_FALSE(reader.complete());
  EXPECT_EQ(reader.expected_length(), 3u);
  const auto body = reader.feed(bytes.substr(*head));
  ASSERT_TRUE(body);
  EXPECT_EQ(*body, 3u);
  ASSERT_TRUE(reader.complete());
  EXPECT_EQ(reader.take().body, "abc");
  EXPECT_TRUE(reader.idle());
}

TEST(RequestReader, KeepsTheConnectionAsTheVersionAndTheHeadersSay) {
  const std::tuple<const char*, const char*, bool> cases[] = {
      {"HTTP/1.1", "", true},
      {"HTTP/1.1", "Connection: close\r\n", false},
      {"HTTP/1.0", "", false},
      {"HTTP/1.0", "Connection: Keep-Alive\r\n", true},
      {"HTTP/1.1", "Connection: upgrade, Close\r\n", false},
  };
  for (const auto& [version, header, kept] : cases) {
    request_reader reader{wire_limits{}};
    const auto bytes = std::string("GET / ") + version + "\r\nHost: h\r\n" + header + "\r\n";
    EXPECT_EQ(feed(reader, bytes), std::nullopt);
    EXPECT_EQ(reader.keep_alive(), kept) << version << " " << header;
  }
}

TEST(RequestReader, TheAbsoluteFormIsReducedToItsPath) {
  request_reader reader{wire_limits{}};
  EXPECT_EQ(feed(reader, "GET http://other:1/p%20q?a=b#c HTTP/1.1\r\nHost: h\r\n\r\n"), std::nullopt);
  const auto got = reader.take();
  EXPECT_EQ(got.path, "/p q");
  EXPECT_EQ(got.query_value("a"), "b");
}

TEST(RequestReader, ChunksMayHaveExtensionsAndTrailersButNotWithoutEnd) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  request_reader fine{wire_limits{}};
  EXPECT_EQ(feed(fine, head + "3;a=\"b\"\r\nabc\r\n00A \r\n0123456789\r\n0\r\nA: b\r\nC: d\r\n\r\n"),
            std::nullopt);
  EXPECT_EQ(fine.take().body, "abc0123456789");
  request_reader trailing{wire_limits{}};
  std::string endless = head + "0\r\n";
  for (int i = 0; i < 20'000; ++i) endless += "a\r\n";
  EXPECT_EQ(feed(trailing, endless), wire_fault::malformed);
  request_reader extended{wire_limits{}};
  EXPECT_EQ(feed(extended, head + "1;" + std::string(20'000, 'x')), wire_fault::malformed);
}

TEST(ResponseReader, FramesTheBodyByStatusHeadersAndEnd) {
  auto length = reading();
  EXPECT_EQ(feed(length, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), std::nullopt);
  EXPECT_TRUE(length.complete() && length.keep_alive());
  auto empty = reading();
  EXPECT_EQ(feed(empty, "HTTP/1.1 304 Not Modified\r\nContent-Length: 50\r\n\r\n"), std::nullopt);
  EXPECT_TRUE(empty.complete());
  auto head = reading(true);
  EXPECT_EQ(feed(head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), std::nullopt);
  EXPECT_TRUE(head.complete());
  auto until_end = reading();
  EXPECT_EQ(feed(until_end, "HTTP/1.0 200\r\n\r\nsome"), std::nullopt);
  EXPECT_FALSE(until_end.complete());
  EXPECT_TRUE(until_end.end());
  EXPECT_FALSE(until_end.keep_alive());
  EXPECT_EQ(until_end.take().body, "some");
  auto cut = reading();
  EXPECT_EQ(feed(cut, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nsome"), std::nullopt);
  EXPECT_FALSE(cut.end());
}

TEST(ResponseReader, WhatIsNoAnswerIsAFault) {
  for (const char* bytes :
       {"HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 099 X\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n", "220 smtp\r\n\r\n",
        "HTTP/1.1 101 Switching\r\n\r\n", "HTTP/1.1 200 OK\r\nNo colon\r\n\r\n"}) {
    auto reader = reading();
    EXPECT_EQ(feed(reader, bytes), wire_fault::malformed) << bytes;
  }
  auto next_version = reading();
  EXPECT_EQ(feed(next_version, "HTTP/2.0 200 OK\r\n\r\n"), wire_fault::version_unknown);
  auto large = reading();
  EXPECT_EQ(feed(large, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\nx"), wire_fault::body_too_large);
  auto endless = reading();
  EXPECT_EQ(feed(endless, "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'a')), wire_fault::header_too_large);
}

TEST(ResponseReader, AHeadThatFillsTheLimitIsAFaultHoweverItIsCut) {
  wire_limits limits;
  limits.header_bytes = 100;
  const std::string head = "HTTP/1.1 200 OK\r\nX: " + std::string(80, 'a');
  ASSERT_GE(head.size(), 100u);
  for (const std::size_t piece : {1, 7, 100}) {
    response_reader reader(limits);
    reader.expect(false, 10);
    std::optional<wire_fault> fault;
    for (std::size_t at = 0; at < 100 && !fault; at += piece) {
      const auto used = reader.feed(std::string_view(head).substr(at, std::min(piece, 100 - at)));
      if (!used) fault = used.error();
    }
    EXPECT_EQ(fault, wire_fault::header_too_large) << "in pieces of " << piece;
  }
}

TEST(Writing, RefusesWhatWouldSplitAMessage) {
  std::string out;
  EXPECT_THROW(write_header(out, "X", "a\r\nY: b"), std::invalid_argument);
  EXPECT_THROW(write_header(out, "X Y", "a"), std::invalid_argument);
  EXPECT_THROW(write_request_head(out, "GET", "/a b", "h", {}, 0), std::invalid_argument);
  EXPECT_THROW(write_request_head(out, "GET /x", "/", "h", {}, 0), std::invalid_argument);
}

TEST(Writing, WhatIsWrittenIsReadBackTheSame) {
  std::string bytes;
  headers more;
  more.add("X-A", "b");
  write_request_head(bytes, "POST", "/p?q=1", "host:80", more, 4);
  request_reader reader{wire_limits{}};
  EXPECT_EQ(feed(reader, bytes + "body"), std::nullopt);
  const auto got = reader.take();
  EXPECT_EQ(got.target, "/p?q=1");
  EXPECT_EQ(got.headers.find("host"), "host:80");
  EXPECT_EQ(got.headers.find("x-a"), "b");
  EXPECT_EQ(got.body, "body");
}

TEST(Headers, AreFoundWithoutRegardToCaseAndSetReplacesAll) {
  headers some;
  some.add("Set-Cookie", "a");
  some.add("set-cookie", "b");
  EXPECT_EQ(some.find("SET-COOKIE"), "a");
  some.set("Set-cookie", "c");
  EXPECT_EQ(some.size(), 1u);
  EXPECT_EQ(some.value_or("none", "x"), "x");
  EXPECT_TRUE(has_token("keep-alive, Upgrade", "upgrade"));
  EXPECT_FALSE(has_token("keep-alive, Upgraded", "upgrade"));
}

TEST(Url, IsTakenApart) {
  const auto full = parse_url("HTTPS://api.telegram.org:8443/bot1:a/getMe?x=1#y");
  ASSERT_TRUE(full);
  EXPECT_TRUE(full->tls);
  EXPECT_EQ(full->authority, "api.telegram.org:8443");
  EXPECT_EQ(full->host, "api.telegram.org");
  EXPECT_EQ(full->port, 8443);
  EXPECT_EQ(full->target, "/bot1:a/getMe?x=1");
  const auto six = parse_url("http://[::1]");
  ASSERT_TRUE(six);
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->port, 80);
  EXPECT_EQ(six->target, "");
  for (const char* bad :
       {"", "http:/x", "ftp://h/", "http://", "http://:80", "http://u@h/", "http://h:0/", "http://h:65536",
        "http://h:8a", "http://h/a b", "http://[::1", "http://[::1]x", "//h/"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
}

TEST(PercentDecoding, RefusesBrokenEscapesAndZeroBytes) {
  EXPECT_EQ(percent_decoded("a%2Fb+c", false), "a/b+c");
  EXPECT_EQ(percent_decoded("a+b", true), "a b");
  for (const char* bad : {"%", "%2", "%zz", "%00", "a%"})
    EXPECT_EQ(percent_decoded(bad, false), std::nullopt) << bad;
}
