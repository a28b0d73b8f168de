#include "sandbox/multipart.hpp"

#include "sandbox/arguments.hpp"
#include "sandbox/image_size.hpp"

namespace tandem::sandbox {
namespace {

TEST(Multipart, TakesWhatRealClientsSend) {
  const std::string body =
      "--B\r\ncontent-disposition:form-data;name=\"chat_id\"\r\n\r\n5\r\n"
      "--B\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a "
      "\\\"b\\\".png\"\r\ncontent-type:image/png\r\n\r\n\x01\r\n\x02\r\n"
      "--B\r\nCONTENT-DISPOSITION: form-data; name=empty\r\n\r\n\r\n"
      "--B--\r\n";
  const auto parts = parse_multipart("multipart/form-data; boundary=B", body);
  ASSERT_TRUE(parts) << parts.error();
  ASSERT_EQ(parts->size(), 3U);
  EXPECT_EQ((*parts)[0].name, "chat_id");
  EXPECT_EQ((*parts)[0].bytes, "5");
  EXPECT_FALSE((*parts)[0].is_file);
  EXPECT_EQ((*parts)[1].file_name, "a \"b\".png");
  EXPECT_EQ((*parts)[1].type, "image/png");
  EXPECT_EQ((*parts)[1].bytes, "\x01\r\n\x02");
  EXPECT_EQ((*parts)[2].name, "empty");
  EXPECT_EQ((*parts)[2].bytes, "");
}

TEST(Multipart, AQuotedBoundaryAndAPreambleAreFine) {
  const auto parts = parse_multipart("multipart/form-data; charset=utf-8; boundary=\"x y\"",
                                     "hello\r\n--x y\r\nContent-Disposition: form-data; name=\"a\"; "
                                     "filename*=UTF-8''%D1%84.txt\r\n\r\n1\r\n--x y--");
  ASSERT_TRUE(parts) << parts.error();
  EXPECT_EQ((*parts)[0].file_name, "ф.txt");
}

TEST(Multipart, BrokenBodiesAreRefusedNotRead) {
  const std::string whole = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--B--\r\n";
  for (std::size_t size = 0; size + 4 < whole.size(); ++size) {
    EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=B", whole.substr(0, size))) << size;
  }
  EXPECT_FALSE(parse_multipart("multipart/form-data", whole));
  EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=", whole));
  EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=B", "--B\r\nno colon\r\n\r\n1\r\n--B--"));
  EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=B",
                               "--B\r\nContent-Disposition: form-data\r\n\r\n1\r\n--B--"));
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n";
  EXPECT_FALSE(parse_multipart("multipart/form-data; boundary=B", many + "--B--"));
}

http::request with_body(std::string type, std::string body) {
  http::request out;
  out.headers.add("Content-Type", std::move(type));
  out.body = std::move(body);
  return out;
}

TEST(Arguments, ScalarsMayBeStringsAndStructuresMayBeText) {
  arguments in;
  ASSERT_TRUE(in.read(
      with_body("application/json", R"({"chat_id":"42","flag":"true","n":5.0,"markup":"{\"a\":[1]}"})")));
  EXPECT_EQ(in.integer("chat_id"), 42);
  EXPECT_TRUE(in.flag("flag"));
  EXPECT_EQ(in.integer("n"), 5);
  ASSERT_TRUE(in.structure("markup"));
  EXPECT_TRUE(in.structure("markup")->is_object());
  EXPECT_FALSE(in.structure("chat_id"));
}

TEST(Arguments, QueryAndBodyAreOne) {
  http::request what = with_body("application/x-www-form-urlencoded", "text=a+b%26c&chat_id=7");
  what.query.emplace_back("limit", "3");
  arguments in;
  ASSERT_TRUE(in.read(what));
  EXPECT_EQ(in.text("text"), "a b&c");
  EXPECT_EQ(in.integer("limit"), 3);
  in.keep_only("text limit");
  EXPECT_FALSE(in.has("chat_id"));
  EXPECT_TRUE(in.has("text"));
}

TEST(Arguments, WhatIsNoJsonOrNoUtf8IsRefused) {
  for (const auto* body : {"{", "[]", "1", "{\"a\":}", "\xff"}) {
    arguments in;
    EXPECT_FALSE(in.read(with_body("application/json", body))) << body;
  }
  arguments in;
  EXPECT_FALSE(in.read(with_body("application/x-www-form-urlencoded", "text=%ff")));
  arguments deep;
  EXPECT_FALSE(deep.read(with_body("application/json", "{\"a\":" + std::string(10'000, '[') + "}")));
}

TEST(Images, SizesAreReadFromTheHead) {
  const std::string png = std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x28\0\0\0\x1e", 24);
  EXPECT_EQ(image_info_of(png)->width, 40);
  EXPECT_EQ(image_info_of(png)->height, 30);
  const std::string jpeg =
      std::string("\xff\xd8\xff\xe0\0\4\0\0\xff\xc0\0\x11\x08\0\x64\0\xc8\3\1\x22\0\2", 22);
  EXPECT_EQ(image_info_of(jpeg)->width, 200);
  EXPECT_EQ(image_info_of(jpeg)->height, 100);
  EXPECT_EQ(image_info_of(std::string("GIF89a\5\0\6\0", 10))->height, 6);
  const std::string webp = std::string("RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0\x0f\0\0\x1f\0\0", 30);
  EXPECT_EQ(image_info_of(webp)->width, 16);
  EXPECT_EQ(image_info_of(webp)->height, 32);
}

TEST(Images, TornAndForeignBytesAreNoImages) {
  const std::string jpeg =
      std::string("\xff\xd8\xff\xe0\0\4\0\0\xff\xc0\0\x11\x08\0\x64\0\xc8\3\1\x22\0\2", 22);
  for (std::size_t size = 0; size < 17; ++size) EXPECT_FALSE(image_info_of(jpeg.substr(0, size)));
  EXPECT_FALSE(image_info_of("<svg/>"));
  EXPECT_FALSE(image_info_of(std::string("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\x1e", 24)));
  EXPECT_FALSE(image_info_of(std::string("\xff\xd8\xff\xe0\0\0", 6)));
}

}  // namespace
}  // namespace tandem::sandbox
