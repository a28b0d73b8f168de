#pragma once
#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"

// AWS Signature Version 4 for S3, pure functions
// (docs.aws.amazon.com/AmazonS3/latest/API/sigv4-auth-using-authorization-header.html).
namespace tandem::s3 {

struct credentials {
  std::string key_id, secret, region = "us-east-1";
};

using fields = std::vector<std::pair<std::string, std::string>>;

// What is signed. Nothing is encoded yet.
struct request_to_sign {
  std::string method = "GET";
  std::string host;  // as the Host header has it: with the port, unless it is the scheme's own
  std::string path;  // "/bucket/some key"
  fields query;
  fields headers;            // more headers that are signed, names in lower case; without host and x-amz-date
  std::string payload_hash;  // hexadecimal SHA-256 of the body
};

// Percent-encoded as S3 wants it: all but letters, digits, -._~ and, in paths, the slash.
std::string encode(std::string_view text, bool keep_slash = false);
// The query in its canonical order, encoded: what goes behind the question mark.
std::string canonical_query(fields query);

// The headers to send with the request: x-amz-date, x-amz-content-sha256, authorization, and those that were
// given.
fields sign(const request_to_sign& what, const credentials& with, instant now);

// The query of an address that works without further rights for `lasts` (S3 allows seven days) from `now`;
// the signature stands at its end. The payload is not signed.
std::string presign(const request_to_sign& what, const credentials& with, instant now,
                    std::chrono::seconds lasts);

// Hexadecimal SHA-256.
std::string sha256_hex(std::span<const std::byte> bytes);
std::string sha256_hex(std::string_view text);

}  // namespace tandem::s3
