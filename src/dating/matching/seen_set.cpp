#include "dating/matching/seen_set.hpp"

#include <roaring/roaring.h>

#include <algorithm>

namespace tandem::dating {

seen_set::seen_set() = default;
seen_set::~seen_set() = default;
seen_set::seen_set(seen_set&&) noexcept = default;
seen_set& seen_set::operator=(seen_set&&) noexcept = default;

void seen_set::freed::operator()(roaring_bitmap_s* bitmap) const { roaring_bitmap_free(bitmap); }

void seen_set::add(std::uint32_t one) {
  if (large_) {
    roaring_bitmap_add(large_.get(), one);
    return;
  }
  const auto at = std::ranges::lower_bound(sorted_, one);
  if (at != sorted_.end() && *at == one) return;
  sorted_.insert(at, one);
  grow_if_large();
}

void seen_set::add(std::span<const std::uint32_t> many) {
  if (large_) {
    roaring_bitmap_add_many(large_.get(), many.size(), many.data());
    return;
  }
  sorted_.insert(sorted_.end(), many.begin(), many.end());
  std::ranges::sort(sorted_);
  sorted_.erase(std::ranges::unique(sorted_).begin(), sorted_.end());
  sorted_.shrink_to_fit();
  grow_if_large();
}

bool seen_set::contains(std::uint32_t one) const {
  if (large_) return roaring_bitmap_contains(large_.get(), one);
  return std::ranges::binary_search(sorted_, one);
}

std::size_t seen_set::size() const {
  return large_ ? static_cast<std::size_t>(roaring_bitmap_get_cardinality(large_.get())) : sorted_.size();
}

std::size_t seen_set::bytes() const {
  return sizeof *this + sorted_.capacity() * sizeof(std::uint32_t) +
         (large_ ? roaring_bitmap_portable_size_in_bytes(large_.get()) : 0);
}

void seen_set::grow_if_large() {
  if (sorted_.size() <= small) return;
  large_.reset(roaring_bitmap_of_ptr(sorted_.size(), sorted_.data()));
  sorted_ = {};
}

}  // namespace tandem::dating
