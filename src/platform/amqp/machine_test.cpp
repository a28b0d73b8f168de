#include "platform/amqp/machine.hpp"

#include <gtest/gtest.h>

using namespace tandem::amqp;
using namespace std::chrono_literals;

namespace {

std::string framed(std::uint8_t type, std::uint16_t channel, const std::string& payload) {
  std::string out;
  writer(out).u8(type).u16(channel).long_text(payload);
  return out + '\xCE';
}

std::string method(std::uint16_t channel, std::uint16_t of, std::uint16_t which,
                   const std::string& arguments) {
  std::string payload;
  writer(payload).u16(of).u16(which);
  return framed(1, channel, payload + arguments);
}

std::string start() {
  std::string arguments;
  writer(arguments).u8(0).u8(9).fields({{"product", "RabbitMQ"}, {"version", "3.10.8"}});
  writer(arguments).long_text("PLAIN AMQPLAIN").long_text("en_US");
  return method(0, 10, 10, arguments);
}

std::string tune(std::uint16_t channels, std::uint32_t frame, std::uint16_t heartbeat) {
  std::string arguments;
  writer(arguments).u16(channels).u32(frame).u16(heartbeat);
  return method(0, 10, 30, arguments);
}

std::string delivery(std::uint64_t tag, std::uint64_t size) {
  std::string arguments, header;
  writer(arguments).short_text("ctag").u64(tag).u8(1).short_text("x").short_text("tandem.lane.judge");
  writer(header).u16(60).u16(0).u64(size).u16(1 << 13 | 1 << 12 | 1 << 7);
  writer(header).fields({{"number", std::int64_t{-5}}}).u8(2).short_text("17");
  return method(1, 60, 60, arguments) + framed(2, 1, header);
}

struct Machine : testing::Test {
  machine::time now{};
  endpoint who{.user = "tandem", .password = "secret", .vhost = "v"};
  machine subject{who, now};

  std::vector<event> open() {
    subject.feed(start(), now);
    subject.feed(tune(100, 131072, 60), now);
    auto out = subject.feed(method(0, 10, 41, std::string(1, '\0')), now);
    subject.take_output(now);
    return out;
  }
  template <class T>
  static const T& only(const std::vector<event>& all) {
    if (all.size() != 1 || !std::holds_alternative<T>(all[0])) throw std::logic_error("another event");
    return std::get<T>(all[0]);
  }
};

}  // namespace

TEST_F(Machine, GreetsInAmqp091AndOpensTheVhost) {
  EXPECT_EQ(subject.take_output(now), std::string("AMQP\0\0\x09\x01", 8));
  EXPECT_TRUE(subject.feed(start(), now).empty());
  EXPECT_NE(subject.take_output(now).find(std::string("PLAIN\0\0\0\x0e\0tandem\0secret", 23)),
            std::string::npos);
  EXPECT_TRUE(subject.feed(tune(100, 131072, 60), now).empty());
  const auto answer = subject.take_output(now);
  std::string wanted;
  writer(wanted).u16(10).u16(31).u16(100).u32(131072).u16(10);
  EXPECT_EQ(answer.substr(7, wanted.size()), wanted) << "the smaller heartbeat, theirs of the rest";
  EXPECT_EQ(only<opened>(subject.feed(method(0, 10, 41, std::string(1, '\0')), now)).server,
            "RabbitMQ 3.10.8");
  EXPECT_EQ(subject.most_channels(), 100);
}

TEST_F(Machine, ADeliveryInPiecesIsTheSameAsInOne) {
  open();
  const auto bytes = delivery(7, 6) + framed(3, 1, "abc") + framed(3, 1, "def");
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    std::vector<event> got;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      for (auto& next : subject.feed(std::string_view(bytes).substr(at, piece), now)) got.push_back(next);
    }
    const auto& message = only<delivered>(got);
    EXPECT_EQ(message.tag, 7u);
    EXPECT_TRUE(message.again);
    EXPECT_EQ(message.queue, "tandem.lane.judge");
    EXPECT_EQ(message.what.id, "17");
    EXPECT_EQ(std::get<std::int64_t>(message.what.headers.at("number")), -5);
    EXPECT_EQ(message.what.body, "abcdef");
  }
}

TEST_F(Machine, AnEmptyBodyIsWholeWithItsHeader) {
  open();
  EXPECT_EQ(only<delivered>(subject.feed(delivery(1, 0), now)).what.body, "");
}

TEST_F(Machine, ALargeBodyIsCutIntoFramesThatTheServerTakes) {
  subject.feed(start(), now);
  subject.feed(tune(0, 4096, 0), now);
  subject.take_output(now);
  content what;
  what.body = std::string(10'000, 'x');
  subject.publish(1, "e", "k", what);
  const auto bytes = subject.take_output(now);
  std::vector<std::size_t> bodies;
  for (std::string_view rest = bytes; !rest.empty();) {
    reader head(rest);
    const auto type = head.u8();
    head.u16();
    const auto size = head.u32();
    EXPECT_LE(size + 8, 4096u);
    if (type == 3) bodies.push_back(size);
    rest.remove_prefix(size + 8);
  }
  EXPECT_EQ(bodies, (std::vector<std::size_t>{4088, 4088, 1824}));
}

TEST_F(Machine, ASilentServerIsTakenForDeadAndAQuietClientSendsHeartbeats) {
  open();
  EXPECT_TRUE(subject.tick(now + 4s).empty());
  EXPECT_FALSE(subject.has_output());
  subject.tick(now + 5s);
  EXPECT_EQ(subject.take_output(now + 5s), framed(8, 0, ""));
  EXPECT_TRUE(subject.feed(framed(8, 0, ""), now + 15s).empty());
  EXPECT_TRUE(subject.tick(now + 35s).empty());
  EXPECT_EQ(only<ended>(subject.tick(now + 36s)).reason, "the server has been silent for 20 s");
  EXPECT_TRUE(subject.feed(delivery(1, 0), now).empty()) << "nothing comes after the end";
}

TEST_F(Machine, ConfirmsBlocksAndClosesAreTold) {
  open();
  std::string ack, why, close;
  writer(ack).u64(12).u8(1);
  EXPECT_TRUE(only<confirmed>(subject.feed(method(1, 60, 80, ack), now)).taken);
  const auto refused = subject.feed(method(1, 60, 120, ack), now);
  EXPECT_FALSE(only<confirmed>(refused).taken);
  EXPECT_TRUE(only<confirmed>(refused).multiple);
  writer(why).short_text("low on memory");
  EXPECT_EQ(only<blocked>(subject.feed(method(0, 10, 60, why), now)).reason, "low on memory");
  only<unblocked>(subject.feed(method(0, 10, 61, ""), now));
  writer(close).u16(404).short_text("NOT_FOUND - no queue").u16(50).u16(10);
  EXPECT_EQ(only<channel_closed>(subject.feed(method(3, 20, 40, close), now)).reason,
            "404 NOT_FOUND - no queue");
  EXPECT_EQ(subject.take_output(now), method(3, 20, 41, ""));
  EXPECT_EQ(only<ended>(subject.feed(method(0, 10, 50, close), now)).reason, "404 NOT_FOUND - no queue");
  EXPECT_EQ(subject.take_output(now), method(0, 10, 51, ""));
}

TEST_F(Machine, WhatIsNoAmqpEndsTheConnection) {
  std::string huge, unknown;
  writer(huge).u8(1).u16(0).u32(0x7FFFFFFF).u8(0);
  for (const auto& bytes :
       {std::string("AMQP\0\0\x08\x00", 8), std::string("HTTP/1.1 400 Bad Request\r\n"), huge,
        method(0, 10, 30, "x"), method(1, 60, 71, ""), framed(2, 1, ""), framed(3, 1, "body"),
        framed(5, 1, "what"), framed(1, 1, "x").replace(8, 1, "x")}) {
    machine fresh(who, now);
    const auto got = fresh.feed(bytes, now);
    ASSERT_EQ(got.size(), 1u);
    EXPECT_TRUE(std::holds_alternative<ended>(got[0]));
  }
}

TEST(AmqpWire, EveryKindOfFieldIsReadOver) {
  std::string bytes, inner;
  writer to(inner);
  to.short_text("t").u8('t').u8(1).short_text("b").u8('b').u8(0xFF).short_text("B").u8('B').u8(0xFF);
  to.short_text("s").u8('s').u16(0xFFFF).short_text("u").u8('u').u16(0xFFFF).short_text("I").u8('I').u32(1);
  to.short_text("i").u8('i').u32(0xFFFFFFFF).short_text("l").u8('l').u64(2).short_text("T").u8('T').u64(3);
  to.short_text("f").u8('f').u32(0).short_text("d").u8('d').u64(0).short_text("D").u8('D').u8(2).u32(5);
  to.short_text("V").u8('V').short_text("x").u8('x').long_text("..").short_text("A").u8('A').long_text("..");
  to.short_text("F").u8('F').fields({{"in", true}}).short_text("S").u8('S').long_text("text");
  writer(bytes).long_text(inner);
  const table wanted{{"t", true},
                     {"b", std::int64_t{-1}},
                     {"B", std::int64_t{255}},
                     {"s", std::int64_t{-1}},
                     {"u", std::int64_t{65535}},
                     {"I", std::int64_t{1}},
                     {"i", std::int64_t{0xFFFFFFFF}},
                     {"l", std::int64_t{2}},
                     {"T", std::int64_t{3}},
                     {"S", std::string("text")}};
  EXPECT_EQ(reader(bytes).fields(), wanted);
}
