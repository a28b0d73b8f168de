#include "platform/s3/sigv4.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/sha.h>
#include <sodium.h>

#include <algorithm>
#include <array>

#include "base/text/hex.hpp"

namespace tandem::s3 {
namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
using digest = std::array<unsigned char, crypto_auth_hmacsha256_BYTES>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string_view text_of(const digest& what) {
  return {reinterpret_cast<const char*>(what.data()), what.size()};
}

digest hmac(std::string_view key, std::string_view text) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(text), text.size());
  digest out{};
  crypto_auth_hmacsha256_final(&state, out.data());
  return out;
}

std::string time_text(instant now) {
  return fmt::format("{:%Y%m%dT%H%M%SZ}", std::chrono::floor<std::chrono::seconds>(now));
}

std::string scope_of(const credentials& with, std::string_view time) {
  return fmt::format("{}/{}/s3/aws4_request", time.substr(0, 8), with.region);
}

struct signed_headers {
  std::string names, lines;  // "host;range", "host:…\nrange:…\n"
};

signed_headers canonical_headers(fields headers) {
  std::ranges::sort(headers);
  signed_headers out;
  for (const auto& [name, value] : headers) {
    out.names += (out.names.empty() ? "" : ";") + name;
    out.lines += name + ":" + value + "\n";
  }
  return out;
}

std::string signature(const request_to_sign& what, const std::string& query, const signed_headers& headers,
                      std::string_view payload, const credentials& with, std::string_view time) {
  const auto canonical = fmt::format("{}\n{}\n{}\n{}\n{}\n{}", what.method, encode(what.path, true), query,
                                     headers.lines, headers.names, payload);
  const auto to_sign =
      fmt::format("{}\n{}\n{}\n{}", algorithm, time, scope_of(with, time), sha256_hex(canonical));
  const auto day = hmac("AWS4" + with.secret, time.substr(0, 8));
  const auto region = hmac(text_of(day), with.region);
  const auto service = hmac(text_of(region), "s3");
  const auto key = hmac(text_of(service), "aws4_request");
  const auto proof = hmac(text_of(key), to_sign);
  return text::hex_of(std::as_bytes(std::span(proof)));
}

}  // namespace

std::string encode(std::string_view text, bool keep_slash) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || (keep_slash && c == '/');
    if (plain) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string canonical_query(fields query) {
  for (auto& [name, value] : query) {
    name = encode(name);
    value = encode(value);
  }
  std::ranges::sort(query);
  std::string out;
  for (const auto& [name, value] : query) {
    if (!out.empty()) out.push_back('&');
    out.append(name).append("=").append(value);
  }
  return out;
}

fields sign(const request_to_sign& what, const credentials& with, instant now) {
  const auto time = time_text(now);
  fields headers = what.headers;
  headers.emplace_back("x-amz-content-sha256", what.payload_hash);
  headers.emplace_back("x-amz-date", time);
  auto all = headers;
  all.emplace_back("host", what.host);
  const auto canonical = canonical_headers(std::move(all));
  const auto proof = signature(what, canonical_query(what.query), canonical, what.payload_hash, with, time);
  headers.emplace_back("authorization",
                       fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", algorithm,
                                   with.key_id, scope_of(with, time), canonical.names, proof));
  return headers;
}

std::string presign(const request_to_sign& what, const credentials& with, instant now,
                    std::chrono::seconds lasts) {
  const auto time = time_text(now);
  fields all = what.headers;
  all.emplace_back("host", what.host);
  const auto canonical = canonical_headers(std::move(all));
  auto query = what.query;
  query.emplace_back("X-Amz-Algorithm", algorithm);
  query.emplace_back("X-Amz-Credential", with.key_id + "/" + scope_of(with, time));
  query.emplace_back("X-Amz-Date", time);
  query.emplace_back("X-Amz-Expires", std::to_string(lasts.count()));
  query.emplace_back("X-Amz-SignedHeaders", canonical.names);
  const auto text = canonical_query(std::move(query));
  return text + "&X-Amz-Signature=" + signature(what, text, canonical, "UNSIGNED-PAYLOAD", with, time);
}

std::string sha256_hex(std::span<const std::byte> bytes) {
  // Not libsodium's: OpenSSL's uses the processor's own instructions, and photos are hashed twice.
  unsigned char out[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), out);
  return text::hex_of(std::as_bytes(std::span(out)));
}
std::string sha256_hex(std::string_view text) { return sha256_hex(std::as_bytes(std::span(text))); }

}  // namespace tandem::s3
