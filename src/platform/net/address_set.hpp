#pragma once
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::net {

// IP addresses and networks ("10.0.0.0/8", "fd00::/8", "192.0.2.7").
class address_set {
 public:
  address_set();
  ~address_set();
  address_set(address_set&&) noexcept;
  address_set& operator=(address_set&&) noexcept;
  // The error names the entry that is no address and no network.
  static std::expected<address_set, std::string> parse(const std::vector<std::string>& entries);
  bool contains(std::string_view address) const;  // false for what is no address
  bool empty() const;

 private:
  struct networks;
  std::unique_ptr<networks> networks_;
};

}  // namespace tandem::net
