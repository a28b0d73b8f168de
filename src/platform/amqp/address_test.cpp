#include "platform/amqp/address.hpp"

#include <gtest/gtest.h>

using namespace tandem::amqp;

TEST(AmqpAddress, EveryPartIsRead) {
  const auto found = parse_addresses(
      "amqps://tan%40dem:p%3Ass%25@mq.example.org:5999/a%2Fb?cacertfile=/etc/ca.pem&heartbeat=3");
  ASSERT_TRUE(found) << found.error();
  const auto& one = found->at(0);
  EXPECT_TRUE(one.tls);
  EXPECT_EQ(one.user, "tan@dem");
  EXPECT_EQ(one.password, "p:ss%");
  EXPECT_EQ(one.host, "mq.example.org");
  EXPECT_EQ(one.port, 5999);
  EXPECT_EQ(one.vhost, "a/b");
  EXPECT_EQ(one.ca_file, "/etc/ca.pem");
  EXPECT_EQ(one.heartbeat, std::chrono::seconds(3));
}

TEST(AmqpAddress, WhatIsLeftOutIsRabbitMqsDefault) {
  const auto found = parse_addresses("amqp://a, amqps://[::1]:7/");
  ASSERT_TRUE(found) << found.error();
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(found->at(0).port, 5672);
  EXPECT_EQ(found->at(0).user, "guest");
  EXPECT_EQ(found->at(0).vhost, "/");
  EXPECT_EQ(found->at(1).host, "::1");
  EXPECT_EQ(found->at(1).port, 7);
}

TEST(AmqpAddress, AMistakeIsSaidWithoutThePassword) {
  for (const auto* text :
       {"", "http://a", "amqp://", "amqp://u:secret@", "amqp://u:secret@a:x", "amqp://u:secret@a:0",
        "amqp://u:secret@a:70000", "amqp://u:sec%ret@a", "amqp://u:secret@a/b/c", "amqp://u:secret@a?tls=1",
        "amqp://u:secret@a?cacertfile=/x", "amqp://u:secret@a?heartbeat=0", "amqp://u:secret@[::1]5",
        "amqp://a,amqp://u:secret@"}) {
    const auto found = parse_addresses(text);
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().find("ret"), std::string::npos) << found.error();
  }
}
