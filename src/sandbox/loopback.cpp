#include "sandbox/loopback.hpp"

#include <arpa/inet.h>

#include "sandbox/ascii.hpp"

namespace tandem::sandbox {

std::string host_of(std::string_view address) {
  const auto scheme = address.find("://");
  if (scheme != std::string_view::npos) address.remove_prefix(scheme + 3);
  address = address.substr(0, address.find_first_of("/?#"));
  const auto at = address.rfind('@');
  if (at != std::string_view::npos) address.remove_prefix(at + 1);
  if (address.starts_with('[')) return lower(address.substr(1, address.find(']') - 1));
  if (address.find(':') == address.rfind(':')) address = address.substr(0, address.find(':'));
  return lower(address);
}

bool is_loopback(std::string_view host) {
  const std::string name(host);
  in_addr four{};
  if (inet_pton(AF_INET, name.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  in6_addr six{};
  if (inet_pton(AF_INET6, name.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six) != 0;
  return name == "localhost" || name.ends_with(".localhost");
}

}  // namespace tandem::sandbox
