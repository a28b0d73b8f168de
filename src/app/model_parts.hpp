#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "app/settings.hpp"
#include "async/part.hpp"
#include "hunt/model/learning.hpp"
#include "hunt/model/model_judge.hpp"
#include "hunt/vacancies/post_judge.hpp"
#include "platform/http/client.hpp"

// The judges of a process by the operator's settings: the local one, and the language model where there is
// one.
namespace tandem::app {

llm::endpoint model_endpoint(const settings& all);
hunt::model_terms model_terms_of(const settings& all);
hunt::judge_settings judge_settings_of(const settings& all);
hunt::model_folders model_folders_of(const settings& all);
std::string shipped_prompt();

// The path of this program: what the training's child is started from.
std::string this_program();

// Tells the operator; the name of a text alert.<name>, and what the server said.
using model_alert = std::function<void(std::string name, std::string reason)>;

class judge_set {
 public:
  virtual ~judge_set() = default;
  // Puts the shipped prompt into the database and starts the parts.
  virtual task<> start(async::life_cycle& in) = 0;
  virtual hunt::classifier& local() = 0;
  virtual hunt::model_judge* model() = 0;  // null without model_url
};
// Throws std::runtime_error when the shipped judge cannot be opened.
std::unique_ptr<judge_set> make_judges(executor on, const settings& all, pg::pool& database,
                                       const clock& time, metrics::registry& figures, model_alert told);

}  // namespace tandem::app
