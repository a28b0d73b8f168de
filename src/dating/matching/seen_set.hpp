#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

struct roaring_bitmap_s;

namespace tandem::dating {

// Whom a person has judged already: numbers of the engine. A sorted array while it is small (4 bytes a
// judgement), a roaring bitmap (at most 2 bytes in dense places) from then on.
class seen_set {
 public:
  seen_set();
  ~seen_set();
  seen_set(seen_set&&) noexcept;
  seen_set& operator=(seen_set&&) noexcept;

  void add(std::uint32_t one);
  // Adds many; their order does not matter.
  void add(std::span<const std::uint32_t> many);
  bool contains(std::uint32_t one) const;
  std::size_t size() const;
  std::size_t bytes() const;

  static constexpr std::size_t small = 4'096;

 private:
  struct freed {
    void operator()(roaring_bitmap_s* bitmap) const;
  };
  void grow_if_large();

  std::vector<std::uint32_t> sorted_;
  std::unique_ptr<roaring_bitmap_s, freed> large_;
};

}  // namespace tandem::dating
