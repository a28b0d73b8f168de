#pragma once
// What every engine of the blob store must do. An engine's test gives a bench with:
//   async::loop io;  store& subject();  std::string fetch(const std::string& link): the bytes behind a link,
//   "refused" when it is forged or has expired
#include <gtest/gtest.h>

#include "async/loop.hpp"
#include "platform/blob/blob.hpp"

namespace tandem::blob {

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

template <class Bench>
struct BlobConformance : testing::Test {
  Bench bench;
  blob_id put(std::string_view text) { return bench.io.run(bench.subject().put(bytes_of(text))); }
};

TYPED_TEST_SUITE_P(BlobConformance);

TYPED_TEST_P(BlobConformance, BytesComeBackAndTheirNameIsTheirHash) {
  const auto id = this->put("hello");
  EXPECT_EQ(id, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(id_of(bytes_of("hello")), id) << "known before they are put";
  EXPECT_EQ(this->bench.io.run(this->bench.subject().get(id)), bytes_of("hello"));
  const auto empty = this->put("");
  EXPECT_EQ(this->bench.io.run(this->bench.subject().get(empty)), bytes_of(""));
}

TYPED_TEST_P(BlobConformance, TheSameBytesAreKeptOnce) {
  EXPECT_EQ(this->put("same"), this->put("same"));
  EXPECT_EQ(this->bench.io.run(this->bench.subject().list({}, 10)).size(), 1u);
}

TYPED_TEST_P(BlobConformance, WhatIsNotThereIsNothing) {
  for (const std::string& id :
       {std::string(64, '0'), std::string("../../etc/passwd"), std::string(), std::string("A")}) {
    EXPECT_EQ(this->bench.io.run(this->bench.subject().get(id)), std::nullopt) << id;
    EXPECT_FALSE(this->bench.io.run(this->bench.subject().remove(id))) << id;
  }
}

TYPED_TEST_P(BlobConformance, RemovedIsGone) {
  const auto id = this->put("gone");
  EXPECT_TRUE(this->bench.io.run(this->bench.subject().remove(id)));
  EXPECT_EQ(this->bench.io.run(this->bench.subject().get(id)), std::nullopt);
  EXPECT_FALSE(this->bench.io.run(this->bench.subject().remove(id)));
}

TYPED_TEST_P(BlobConformance, AListGoesThroughAllOfThemInPages) {
  std::vector<blob_id> all;
  for (int n = 0; n < 25; ++n) all.push_back(this->put(std::string(static_cast<std::size_t>(n), 'x')));
  std::ranges::sort(all);
  std::vector<blob_id> seen;
  std::uint64_t bytes = 0;
  blob_id after;
  for (;;) {
    const auto page = this->bench.io.run(this->bench.subject().list(after, 4));
    EXPECT_LE(page.size(), 4u);
    for (const auto& entry : page) {
      seen.push_back(entry.id);
      bytes += entry.bytes;
      EXPECT_LT(std::chrono::system_clock::now() - entry.stored_at, std::chrono::hours(1));
    }
    if (page.empty()) break;
    after = page.back().id;
  }
  EXPECT_EQ(seen, all);
  EXPECT_EQ(bytes, 24u * 25u / 2u);
}

TYPED_TEST_P(BlobConformance, ALinkOpensUntilItExpiresAndOnlyForItsBlob) {
  const auto now = system_clock().now();
  const auto id = this->put("photo"), other = this->put("secret");
  const auto link = this->bench.subject().link(id, now + std::chrono::minutes(5));
  EXPECT_EQ(this->bench.fetch(link), "photo");
  EXPECT_EQ(this->bench.fetch(this->bench.subject().link(id, now - std::chrono::minutes(5))), "refused");
  auto forged = link;
  forged.replace(forged.find(id), id.size(), other);
  EXPECT_EQ(this->bench.fetch(forged), "refused");
  auto changed = link;
  changed.back() = changed.back() == '0' ? '1' : '0';
  EXPECT_EQ(this->bench.fetch(changed), "refused");
}

REGISTER_TYPED_TEST_SUITE_P(BlobConformance, BytesComeBackAndTheirNameIsTheirHash, TheSameBytesAreKeptOnce,
                            WhatIsNotThereIsNothing, RemovedIsGone, AListGoesThroughAllOfThemInPages,
                            ALinkOpensUntilItExpiresAndOnlyForItsBlob);

}  // namespace tandem::blob
