#pragma once
#include <cstdint>
#include <string_view>

namespace tandem::sandbox {

// The person of tg://user?id=N, 0 if the link is something else.
std::int64_t link_user_id(std::string_view link);

// A parameter of tg:HOST?NAME=…; "" if the link has another host or no such parameter.
std::string_view tg_parameter(std::string_view link, std::string_view host, std::string_view name);

}  // namespace tandem::sandbox
