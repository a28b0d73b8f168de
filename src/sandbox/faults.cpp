#include "sandbox/faults.hpp"

#include <algorithm>

#include "sandbox/fields.hpp"

namespace tandem::sandbox {
namespace {
bool is_delivery(std::string_view kind) { return kind == "duplicate" || kind == "shuffle"; }

std::string seconds_text(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}
}  // namespace

bool fault_table::is_kind(std::string_view kind, bool of_page) {
  for (const std::string_view known : {"429", "502", "hang", "slow"}) {
    if (kind == known) return true;
  }
  if (of_page) return false;
  for (const std::string_view known :
       {"500", "401", "403", "409", "cut", "late_502", "duplicate", "shuffle"}) {
    if (kind == known) return true;
  }
  return false;
}

const fault& fault_table::add(fault one) {
  one.id = ++last_id_;
  return faults_.emplace_back(std::move(one));
}

bool fault_table::remove(std::int64_t id) {
  return std::erase_if(faults_, [&](const fault& one) { return one.id == id; }) > 0;
}

std::string fault_table::json_of(const fault& one) {
  std::string out;
  fields(out)
      .number("id", one.id)
      .text("kind", one.kind)
      .number_if("bot", one.bot)
      .number_if("chat", one.chat)
      .text_if("method", one.method)
      .text_if("page", one.page)
      .number_if("count", one.count)
      .raw("rate", seconds_text(one.rate))
      .number("retry_after", one.retry_after)
      .raw("seconds", seconds_text(one.seconds))
      .number("hits", one.hits);
  return out;
}

std::string fault_table::json() const {
  std::string out;
  append_json_list(out, faults_, [&](const fault& one) { out += json_of(one); });
  return out;
}

bool fault_table::hit(fault& one) {
  if (one.rate < 1 && std::uniform_real_distribution<double>(0, 1)(dice_) >= one.rate) return false;
  ++one.hits;
  return true;
}

void fault_table::end_spent() {
  std::erase_if(faults_, [](const fault& one) { return one.count > 0 && one.hits >= one.count; });
}

std::optional<fault> fault_table::strike(std::int64_t bot, std::int64_t chat, std::string_view method) {
  for (fault& one : faults_) {
    if (!one.page.empty() || is_delivery(one.kind)) continue;
    if ((one.bot != 0 && one.bot != bot) || (one.chat != 0 && one.chat != chat)) continue;
    if (!one.method.empty() && one.method != method) continue;
    if (one.kind == "409" && method != "getupdates") continue;
    if (!hit(one)) continue;
    const fault found = one;
    end_spent();
    return found;
  }
  return {};
}

std::optional<fault> fault_table::strike_page(std::string_view channel) {
  for (fault& one : faults_) {
    if (one.page.empty() || (one.page != "*" && one.page != channel) || !hit(one)) continue;
    const fault found = one;
    end_spent();
    return found;
  }
  return {};
}

bool fault_table::strike_delivery(std::int64_t bot, std::string_view kind) {
  for (fault& one : faults_) {
    if (one.kind != kind || (one.bot != 0 && one.bot != bot) || !hit(one)) continue;
    end_spent();
    return true;
  }
  return false;
}

}  // namespace tandem::sandbox
