#include <boost/url/parse.hpp>

#include "platform/s3/s3.hpp"

namespace tandem::s3 {

std::string place::shown() const {
  return "s3://" + host + (port == 0 ? "" : ":" + std::to_string(port)) + "/" + bucket +
         (prefix.empty() ? "" : "/" + prefix);
}

std::expected<place, std::string> parse_place(std::string_view text) {
  const auto wrong = [](std::string_view what) {
    return std::unexpected(
        std::string(what) +
        "; write s3://host[:port]/bucket[/prefix][?region=…&style=path|host&tls=yes|no&cacertfile=…]");
  };
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return wrong("this is no address");
  const auto& url = *parsed;
  if (url.scheme() != "s3") return wrong("the address begins with s3://");
  if (url.has_userinfo()) return wrong("keys do not belong into the address: set blob_key and blob_secret");
  if (url.encoded_host().empty()) return wrong("the address has no host");
  if (url.has_fragment()) return wrong("the address has no # part");
  place out;
  out.host = url.encoded_host();
  if (url.has_port()) {
    if (url.port_number() == 0) return wrong("the port is a number from 1 to 65535");
    out.port = url.port_number();
  }
  for (const auto& segment : url.segments()) {
    if (out.bucket.empty()) {
      out.bucket = segment;
    } else if (!segment.empty()) {
      out.prefix += segment + "/";
    }
  }
  if (out.bucket.empty()) return wrong("the address has no bucket");
  for (const auto& [name, value, has_value] : url.params()) {
    if (name == "region" && !value.empty()) {
      out.region = value;
    } else if (name == "style" && (value == "path" || value == "host")) {
      out.host_style = value == "host";
    } else if (name == "tls" && (value == "yes" || value == "no")) {
      out.tls = value == "yes";
    } else if (name == "cacertfile") {
      out.ca_file = value;
    } else {
      return wrong(name + "=" + value + " is not known");
    }
  }
  return out;
}

}  // namespace tandem::s3
