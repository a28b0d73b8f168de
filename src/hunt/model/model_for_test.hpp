#pragma once
// A language model for tests: answers as it is told to, and remembers what it was asked.
#include <deque>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "async/within.hpp"
#include "platform/llm/llm.hpp"

namespace tandem::hunt {

inline std::string shipped_prompt() {
  std::ifstream in(TANDEM_SOURCE_DIR "/models/hunt/prompt.txt");
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// An answer as the schema asks for it.
inline std::string model_says(std::string_view kind, std::string_view categories = R"("design")",
                              std::string_view title = "", std::string_view more = "") {
  std::string out = R"({"kind":")";
  out.append(kind).append(R"(","scam":false,"categories":[)").append(categories);
  out.append(R"(],"confidence":0.9,"title":")").append(title).append(R"(","essence":"")").append(more);
  return out + "}";
}

inline llm::reply answered(std::string content, std::int64_t in = 100, std::int64_t back = 50) {
  llm::answer out;
  out.content = std::move(content);
  out.used = {in, back, true};
  return out;
}
inline llm::reply failed(llm::trouble why, std::optional<std::chrono::milliseconds> after = std::nullopt) {
  llm::problem out;
  out.what = why;
  out.detail = "as the test wants it";
  out.retry_after = after;
  return std::unexpected(std::move(out));
}

class scripted_model final : public llm::chat {
 public:
  std::function<llm::reply(const llm::question&)> answer = [](const llm::question&) {
    return answered(model_says("vacancy"));
  };
  std::deque<llm::reply> next;  // before `answer`
  std::vector<llm::question> seen;
  int at_once = 0, most_at_once = 0;
  int gather = 0;  // answers come once so many are asked at the same time

  task<llm::reply> ask(llm::question what) override {
    most_at_once = std::max(most_at_once, ++at_once);
    for (int i = 0; i < 3 || (i < 100'000 && at_once < gather); ++i) co_await async::yield();
    --at_once;
    seen.push_back(what);
    if (next.empty()) co_return answer(seen.back());
    auto out = std::move(next.front());
    next.pop_front();
    co_return out;
  }
  std::int64_t most_tokens_in(const llm::question&) const override { return 1000; }
};

}  // namespace tandem::hunt
