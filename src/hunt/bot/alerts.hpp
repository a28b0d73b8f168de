#pragma once
#include <chrono>
#include <map>
#include <string>
#include <string_view>

#include "hunt/bot/parts.hpp"

namespace tandem::hunt::bot {

// Tells the operator what cannot wait: the text alert.<name> of locales/ to every operator's chat, and a line
// in the log. The same name about the same subject is told once per cool-down.
class alerts {
 public:
  explicit alerts(const parts& with) : with_(with) {}
  // False while it cools down. `with`: the values of the text.
  task<bool> raise(std::string name, locale::arguments with, std::string subject = "",
                   std::chrono::minutes cool_down = std::chrono::minutes(15));

 private:
  const parts& with_;
  std::map<std::string, instant> raised_;
};

}  // namespace tandem::hunt::bot
