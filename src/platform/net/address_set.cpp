#include "platform/net/address_set.hpp"

#include <array>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

namespace tandem::net {

namespace ip = boost::asio::ip;

namespace {

// 16 bytes for both kinds: an IPv4 address is its mapped IPv6 one.
using bytes = ip::address_v6::bytes_type;

bytes bytes_of(const ip::address& address) {
  return address.is_v4() ? ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes()
                         : address.to_v6().to_bytes();
}

}  // namespace

struct address_set::networks {
  struct network {
    bytes address;
    int bits;
  };
  std::vector<network> all;
};

address_set::address_set() : networks_(std::make_unique<networks>()) {}
address_set::~address_set() = default;
address_set::address_set(address_set&&) noexcept = default;
address_set& address_set::operator=(address_set&&) noexcept = default;

std::expected<address_set, std::string> address_set::parse(const std::vector<std::string>& entries) {
  address_set out;
  for (const auto& entry : entries) {
    boost::system::error_code error;
    const auto slash = entry.find('/');
    const auto address = ip::make_address(entry.substr(0, slash), error);
    if (error) return std::unexpected(entry);
    int bits = 128;
    if (slash != std::string::npos) {
      if (address.is_v4()) {
        const auto network = ip::make_network_v4(entry, error);
        bits = 96 + (error ? 0 : network.prefix_length());
      } else {
        const auto network = ip::make_network_v6(entry, error);
        bits = error ? 0 : network.prefix_length();
      }
      if (error) return std::unexpected(entry);
    }
    out.networks_->all.push_back({bytes_of(address), bits});
  }
  return out;
}

bool address_set::contains(std::string_view address) const {
  boost::system::error_code error;
  const auto parsed = ip::make_address(address, error);
  if (error) return false;
  const auto wanted = bytes_of(parsed);
  for (const auto& network : networks_->all) {
    bool inside = true;
    for (int bit = 0; bit < network.bits && inside; bit += 8) {
      const int left = network.bits - bit;
      const auto mask = static_cast<unsigned char>(left >= 8 ? 0xff : 0xff << (8 - left));
      const auto at = static_cast<std::size_t>(bit / 8);
      inside = ((wanted[at] ^ network.address[at]) & mask) == 0;
    }
    if (inside) return true;
  }
  return false;
}

bool address_set::empty() const { return networks_->all.empty(); }

}  // namespace tandem::net
