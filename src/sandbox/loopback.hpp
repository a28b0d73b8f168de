#pragma once
#include <string>
#include <string_view>

namespace tandem::sandbox {

// The host of "scheme://host:port/…" or of "host:port", lower case, without the brackets of an IPv6 address.
std::string host_of(std::string_view address);

// A name of this machine for itself: 127.0.0.0/8, ::1, localhost.
bool is_loopback(std::string_view host);

}  // namespace tandem::sandbox
