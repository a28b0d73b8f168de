#pragma once
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "sandbox/world.hpp"

namespace tandem::sandbox {

// A step on a post's way through the product.
struct post_stage {
  std::string channel;  // without "@"
  std::int64_t post_id = 0;
  std::string stage;        // one that is_stage() knows
  instant at{};             // by the machine's clock
  std::string detail_json;  // an object as docs/sandbox.md lists it, "" for none
};

// The ways of the last posts through the product, for the live panel.
class stages {
 public:
  explicit stages(world& all) : world_(all) {}
  void post_moved(const post_stage& to);
  // JSON list of what is known of a post, by time.
  std::string of(std::string_view channel, std::int64_t post_id) const;
  static bool is_stage(std::string_view name);

 private:
  using key = std::pair<std::string, std::int64_t>;
  static constexpr std::size_t posts_kept = 1000, stages_kept = 2000;  // stages of one post

  world& world_;
  std::map<key, std::multimap<std::int64_t, std::string>> known_;
  std::deque<key> order_;
};

}  // namespace tandem::sandbox
