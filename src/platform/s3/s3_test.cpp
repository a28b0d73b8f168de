#include "platform/s3/s3.hpp"

#include <gtest/gtest.h>

#include "async/loop.hpp"
#include "async/within.hpp"

using namespace tandem;
using namespace std::chrono_literals;

namespace {

// The keys and the moment of the examples in Amazon's manual ("Examples: Signature Calculations in AWS
// Signature Version 4", "Authenticating Requests: Using Query Parameters").
const s3::credentials example{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                              "us-east-1"};
const instant then = std::chrono::sys_days(std::chrono::year(2013) / 5 / 24);

s3::request_to_sign to_example(std::string method, std::string path) {
  s3::request_to_sign out;
  out.method = std::move(method);
  out.host = "examplebucket.s3.amazonaws.com";
  out.path = std::move(path);
  out.payload_hash = s3::sha256_hex("");
  return out;
}

std::string signature_of(const s3::request_to_sign& what) {
  for (const auto& [name, value] : s3::sign(what, example, then)) {
    if (name == "authorization") return value.substr(value.find("Signature=") + 10);
  }
  return {};
}

// Answers what a test says, one after the other, and remembers what was asked.
struct scripted final : http::client {
  struct answer {
    int status = 200;
    std::string body;
    http::headers headers;
    bool none = false;
  };
  std::vector<answer> answers;
  std::vector<http::fetch> asked;

  task<http::response> send(http::fetch what) override {
    asked.push_back(std::move(what));
    if (asked.size() > answers.size()) throw std::logic_error("asked more than the test has answers for");
    const auto& next = answers[asked.size() - 1];
    if (next.none) throw http::no_answer("broken", true, false);
    http::response out;
    out.status = next.status;
    out.body = next.body;
    out.headers = next.headers;
    co_return out;
  }
};

struct at_a_script {
  async::loop io;
  scripted through;
  fixed_clock time{then};
  std::unique_ptr<s3::bucket> bucket;

  at_a_script() {
    s3::bucket_options options;
    options.at = *s3::parse_place("s3://s3.example.org/photos/hunt?region=eu-west-1");
    options.key_id = example.key_id;
    options.secret = example.secret;
    options.part_bytes = 4;
    options.whole_up_to = 8;
    options.retries.first = 1ms;
    bucket = s3::make_bucket(through, time, options);
  }
  void answers(std::vector<scripted::answer> all) { through.answers = std::move(all); }
  std::string asked(std::size_t at) const { return through.asked[at].method + " " + through.asked[at].url; }
  void put(std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text));
    io.run(bucket->put("k", {bytes.begin(), bytes.end()}, s3::sha256_hex(text)));
  }
};

scripted::answer tagged(std::string tag) {
  scripted::answer out;
  out.headers.add("ETag", std::move(tag));
  return out;
}

constexpr auto begun =
    "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>";

}  // namespace

TEST(SigV4, TheExamplesOfAmazonsManualGetTheirSignatures) {
  auto range = to_example("GET", "/test.txt");
  range.headers = {{"range", "bytes=0-9"}};
  EXPECT_EQ(signature_of(range), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");

  auto put = to_example("PUT", "/test$file.text");
  put.headers = {{"date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  put.payload_hash = s3::sha256_hex("Welcome to Amazon S3.");
  EXPECT_EQ(signature_of(put), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");

  auto cycle = to_example("GET", "/");
  cycle.query = {{"lifecycle", ""}};
  EXPECT_EQ(signature_of(cycle), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");

  auto list = to_example("GET", "/");
  list.query = {{"prefix", "J"}, {"max-keys", "2"}};
  EXPECT_EQ(signature_of(list), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, ThePresignedExampleOfAmazonsManualGetsItsAddress) {
  EXPECT_EQ(
      s3::presign(to_example("GET", "/test.txt"), example, then, 86400s),
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2F"
      "aws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
      "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(SigV4, OnlyWhatS3LeavesPlainIsLeftPlain) {
  EXPECT_EQ(s3::encode("aZ09-._~/ +ф"), "aZ09-._~%2F%20%2B%D1%84");
  EXPECT_EQ(s3::encode("/a b/c", true), "/a%20b/c");
  EXPECT_EQ(s3::canonical_query({{"b", "2 3"}, {"a", ""}, {"a-b", "/"}}), "a=&a-b=%2F&b=2%203");
}

TEST(S3Place, IsReadWithEverythingThatItMayHave) {
  const auto all =
      s3::parse_place("s3://minio.example.org:9000/photos/a/b?region=eu-west-1&style=host&tls=no");
  ASSERT_TRUE(all) << all.error();
  EXPECT_EQ(all->host, "minio.example.org");
  EXPECT_EQ(all->port, 9000);
  EXPECT_EQ(all->bucket, "photos");
  EXPECT_EQ(all->prefix, "a/b/");
  EXPECT_EQ(all->region, "eu-west-1");
  EXPECT_TRUE(all->host_style);
  EXPECT_FALSE(all->tls);
  const auto least = s3::parse_place("s3://s3.amazonaws.com/photos");
  ASSERT_TRUE(least);
  EXPECT_EQ(least->prefix, "");
  EXPECT_TRUE(least->tls);
  EXPECT_FALSE(least->host_style);
}

TEST(S3Place, WhatIsWrongIsTold) {
  for (const auto* text :
       {"", "https://host/bucket", "s3://", "s3://host", "s3://host/", "s3://key:secret@host/bucket",
        "s3://host/bucket?style=dns", "s3://host/bucket?regoin=x", "s3://host/bucket#x"}) {
    const auto got = s3::parse_place(text);
    ASSERT_FALSE(got) << text;
    EXPECT_NE(got.error().find("write s3://"), std::string::npos);
  }
}

TEST(S3Answers, AListingIsReadAndItsEntitiesResolved) {
  const auto page = s3::read_listing(
      "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"x\"><IsTruncated>true</IsTruncated>"
      "<NextContinuationToken>a&amp;b==</NextContinuationToken>"
      "<Contents><Key>p/&lt;&#x444;&#33;&bad;</Key><LastModified>2026-11-22T22:02:34.123Z</"
      "LastModified><Size>12</Size>"
      "</Contents><Contents><Key>p/2</Key><LastModified>2026-11-22T00:00:00Z</LastModified><Size>0</Size></"
      "Contents>"
      "</ListBucketResult>");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->next, "a&b==");
  ASSERT_EQ(page->objects.size(), 2u);
  EXPECT_EQ(page->objects[0].key, "p/<ф!&bad;");
  EXPECT_EQ(page->objects[0].bytes, 12u);
  EXPECT_EQ(page->objects[0].stored_at,
            instant(std::chrono::sys_days(std::chrono::year(2026) / 11 / 22)) + 22h + 2min + 34s);
  EXPECT_FALSE(s3::read_listing("<html>hello</html>"));
  EXPECT_FALSE(s3::read_listing("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"))
      << "there is more, and no way to it";
  for (const auto* text :
       {"", "2026-11-22", "2026-13-22T22:02:34Z", "2026-11-22T25:02:34Z", "2026-11-22 22:02:34Z"})
    EXPECT_FALSE(s3::read_time(text)) << text;
}

TEST(S3Bucket, WhatFailsForAMomentIsTriedAgain) {
  at_a_script here;
  here.answers({{503, "<Error><Code>SlowDown</Code></Error>"}, {.none = true}, {500, ""}, {200, ""}});
  here.put("hello");
  ASSERT_EQ(here.through.asked.size(), 4u);
  EXPECT_EQ(here.asked(3), "PUT https://s3.example.org/photos/hunt/k");
  EXPECT_EQ(here.through.asked[3].body, "hello");
  EXPECT_EQ(here.through.asked[3].headers.value_or("x-amz-content-sha256", ""), s3::sha256_hex("hello"));
  here.through.asked.clear();
  here.answers(
      {{503, ""}, {503, ""}, {503, ""}, {503, "<Error><Code>SlowDown</Code><Message>no</Message></Error>"}});
  EXPECT_THROW(here.put("hello"), s3::unavailable);
}

TEST(S3Bucket, ANoIsToldInTheStoresOwnWordsAndNotTriedAgain) {
  at_a_script here;
  here.answers({{403, "<Error><Code>AccessDenied</Code><Message>no right</Message></Error>"}});
  try {
    here.put("hello");
    ADD_FAILURE() << "not refused";
  } catch (const s3::refused& no) {
    EXPECT_STREQ(no.what(), "AccessDenied: no right");
    EXPECT_EQ(no.status, 403);
  }
  EXPECT_EQ(here.through.asked.size(), 1u);
  here.through.asked.clear();
  here.answers({{404, "<Error><Code>NoSuchBucket</Code><Message>x</Message></Error>"}});
  EXPECT_THROW(here.io.run(here.bucket->get("k")), s3::refused) << "a missing bucket is no missing object";
}

TEST(S3Bucket, ATryToReadIsAMatterOfSeconds) {
  at_a_script here;
  here.answers({{.none = true}, {200, "bytes"}});
  EXPECT_TRUE(here.io.run(here.bucket->get("k")));
  ASSERT_EQ(here.through.asked.size(), 2u);
  for (const auto& one : here.through.asked) EXPECT_EQ(one.limit, 14s) << "10, and 1 MiB at 256 KiB a second";
}

TEST(S3Bucket, ALargeObjectGoesUpInParts) {
  at_a_script here;
  here.answers({{200, begun},
                tagged("\"1\""),
                {503, ""},
                tagged("\"2\""),
                tagged("\"3\""),
                {200, "<CompleteMultipartUploadResult/>"}});
  here.put("aaaabbbbc");
  ASSERT_EQ(here.through.asked.size(), 6u);
  EXPECT_EQ(here.asked(0), "POST https://s3.example.org/photos/hunt/k?uploads=");
  EXPECT_EQ(here.asked(1), "PUT https://s3.example.org/photos/hunt/k?partNumber=1&uploadId=u%2F1");
  EXPECT_EQ(here.through.asked[3].body, "bbbb") << "a part alone is sent again";
  EXPECT_EQ(here.through.asked[4].body, "c");
  EXPECT_NE(here.through.asked[5].body.find("<PartNumber>2</PartNumber><ETag>\"2\"</ETag>"),
            std::string::npos);
}

TEST(S3Bucket, AnUploadInPartsThatFailsIsEndedInTheStoreToo) {
  at_a_script here;
  here.answers({{200, begun}, tagged("\"1\""), {403, ""}, {204, ""}});
  EXPECT_THROW(here.put("aaaabbbbc"), s3::refused);
  ASSERT_EQ(here.through.asked.size(), 4u);
  EXPECT_EQ(here.asked(3), "DELETE https://s3.example.org/photos/hunt/k?uploadId=u%2F1");
}

TEST(S3Bucket, ACompletionThatSaysErrorWithStatus200IsAFailure) {
  at_a_script here;
  here.answers({{200, begun},
                tagged("1"),
                tagged("2"),
                tagged("3"),
                {200, "<Error><Code>InternalError</Code><Message>x</Message></Error>"},
                {204, ""}});
  EXPECT_THROW(here.put("aaaabbbbc"), s3::unavailable);
}

TEST(S3Bucket, ACompletionWhoseAnswerWasLostHasSucceeded) {
  at_a_script here;
  here.answers({{200, begun},
                tagged("1"),
                tagged("2"),
                tagged("3"),
                {.none = true},
                {404, "<Error><Code>NoSuchUpload</Code></Error>"},
                {200, ""}});
  here.put("aaaabbbbc");
  EXPECT_EQ(here.through.asked.back().method, "HEAD");
}

TEST(S3Bucket, AListGoesOnWithTheTokenUntilItHasEnough) {
  at_a_script here;
  const auto page = [](std::string more, std::string keys) {
    return scripted::answer{200, "<ListBucketResult>" + more + keys + "</ListBucketResult>"};
  };
  const auto entry = [](std::string key) {
    return "<Contents><Key>hunt/" + key +
           "</Key><LastModified>2026-11-22T00:00:00Z</LastModified><Size>1</Size></Contents>";
  };
  here.answers(
      {page("<IsTruncated>true</IsTruncated><NextContinuationToken>t=</NextContinuationToken>", entry("a")),
       page("<IsTruncated>false</IsTruncated>", entry("b"))});
  const auto got = here.io.run(here.bucket->list("0", 5));
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].key, "a");
  EXPECT_EQ(here.asked(0),
            "GET https://s3.example.org/photos?list-type=2&max-keys=5&prefix=hunt%2F&start-after=hunt%2F0");
  EXPECT_EQ(
      here.asked(1),
      "GET https://s3.example.org/photos?continuation-token=t%3D&list-type=2&max-keys=4&prefix=hunt%2F");
}

TEST(S3Bucket, ALinkLastsAtMostSevenDaysAndNamesTheKeyInEitherStyle) {
  at_a_script here;
  const auto link = here.bucket->link("GET", "k", then, std::chrono::hours(24 * 30));
  EXPECT_TRUE(link.starts_with("https://s3.example.org/photos/hunt/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&"))
      << link;
  EXPECT_NE(link.find("&X-Amz-Expires=604800&"), std::string::npos);
  s3::bucket_options options;
  options.at = *s3::parse_place("s3://s3.example.org:8443/photos?style=host");
  options.key_id = example.key_id;
  options.secret = example.secret;
  const auto by_host = s3::make_bucket(here.through, here.time, options)->link("PUT", "k", then, 60s);
  EXPECT_TRUE(by_host.starts_with("https://photos.s3.example.org:8443/k?")) << by_host;
}
