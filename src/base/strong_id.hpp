#pragma once
#include <compare>
#include <cstdint>
#include <functional>

namespace tandem {

// An id that cannot be mixed up with another kind of id or with a number.
template <class Tag>
struct strong_id {
  std::int64_t value = 0;

  constexpr strong_id() = default;
  constexpr explicit strong_id(std::int64_t v) : value(v) {}
  friend constexpr auto operator<=>(strong_id, strong_id) = default;
};

using user_id = strong_id<struct user_tag>;  // accounts.users.user_id: a person, whatever bots they use

}  // namespace tandem

template <class Tag>
struct std::hash<tandem::strong_id<Tag>> {
  std::size_t operator()(tandem::strong_id<Tag> id) const noexcept {
    return std::hash<std::int64_t>{}(id.value);
  }
};
