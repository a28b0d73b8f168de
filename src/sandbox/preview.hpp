#pragma once
#include "platform/http/message.hpp"
#include "sandbox/faults.hpp"
#include "sandbox/world.hpp"

namespace tandem::sandbox {

// Channels as public web pages, in the structure of https://t.me/s/NAME.
class preview_pages {
 public:
  preview_pages(world& all, fault_table& faults) : world_(all), faults_(faults) {}
  // Captured: name. Query: before, after.
  task<http::response> channel(http::request what);
  // Captured: name, id. One post.
  task<http::response> post(http::request what);

 private:
  std::string page_of(const chat& in, std::int64_t before, std::int64_t after,
                      const std::string& origin) const;
  void append_block(std::string& out, const chat& in, std::span<const message* const> album,
                    const std::string& origin) const;

  world& world_;
  fault_table& faults_;
};

}  // namespace tandem::sandbox
