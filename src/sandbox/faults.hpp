#pragma once
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::sandbox {

// What goes wrong on purpose: see docs/sandbox.md, "Faults".
struct fault {
  std::int64_t id = 0;
  std::string kind;
  std::int64_t bot = 0, chat = 0;  // 0: any
  std::string method;              // lower case, "": any
  std::string page;                // preview pages instead of calls: a channel, or "*"
  std::int64_t count = 0;          // ends after so many hits, 0: does not end
  double rate = 1;
  int retry_after = 1;
  double seconds = 60;
  std::int64_t hits = 0;
};

class fault_table {
 public:
  static bool is_kind(std::string_view kind, bool of_page);

  const fault& add(fault one);
  bool remove(std::int64_t id);
  void clear() { faults_.clear(); }
  std::string json() const;
  static std::string json_of(const fault& one);

  // The first fault that strikes this call.
  std::optional<fault> strike(std::int64_t bot, std::int64_t chat, std::string_view method);
  std::optional<fault> strike_page(std::string_view channel);
  // Whether updates of this bot come twice, or out of order.
  bool strike_delivery(std::int64_t bot, std::string_view kind);
  bool empty() const { return faults_.empty(); }

 private:
  bool hit(fault& one);
  void end_spent();

  std::vector<fault> faults_;
  std::int64_t last_id_ = 0;
  std::mt19937 dice_{1};
};

}  // namespace tandem::sandbox
