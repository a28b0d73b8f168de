#include "platform/log/error_book.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <tuple>

#include "base/text/hex.hpp"
#include "base/text/stable_hash.hpp"

namespace tandem::log {

struct error_book::state {
  using key = std::tuple<std::string, std::string, std::string>;
  std::size_t capacity;
  mutable std::mutex mutex;
  std::map<key, error_entry> entries;
  error_sink* sink = nullptr;
};

std::string error_entry::fingerprint() const {
  text::stable_hash names;
  for (const auto* name : {&room, &message, &type}) names.add_part(*name);
  return text::hex_number(names.value());
}

error_book::error_book(std::size_t capacity) : state_(std::make_unique<state>()) {
  state_->capacity = capacity;
}
error_book::~error_book() = default;

void error_book::add(error_entry seen) {
  const std::lock_guard lock(state_->mutex);
  auto& entries = state_->entries;
  const state::key key{seen.room, seen.message, seen.type};
  auto found = entries.find(key);
  if (found == entries.end()) {
    if (entries.size() >= state_->capacity) {
      entries.erase(std::min_element(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
        return a.second.last < b.second.last;
      }));
    }
    seen.count = 1;
    seen.first = seen.last;
    found = entries.emplace(key, std::move(seen)).first;
  } else {
    ++found->second.count;
    found->second.last = seen.last;
    found->second.context = std::move(seen.context);
  }
  if (state_->sink != nullptr) state_->sink->error_seen(found->second);
}

std::vector<error_entry> error_book::snapshot() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<error_entry> out;
  for (const auto& [key, entry] : state_->entries) out.push_back(entry);
  std::ranges::sort(out, [](const auto& a, const auto& b) { return a.last > b.last; });
  return out;
}

void error_book::set_sink(error_sink* sink) {
  const std::lock_guard lock(state_->mutex);
  state_->sink = sink;
}

void error_book::clear() {
  const std::lock_guard lock(state_->mutex);
  state_->entries.clear();
}

error_book& errors() {
  static error_book& one = *new error_book;  // never destroyed: what ends late may still log
  return one;
}

}  // namespace tandem::log
