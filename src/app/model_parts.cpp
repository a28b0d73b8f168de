#include "app/model_parts.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "app/database.hpp"
#include "app/resources.hpp"
#include "hunt/model/prompts.hpp"
#include "hunt/verdicts/files.hpp"
#include "hunt/verdicts/local_classifier.hpp"

namespace tandem::app {
namespace {

class built_judges final : public judge_set {
 public:
  built_judges(executor on, const settings& all, pg::pool& database, const clock& time,
               metrics::registry& figures, model_alert told)
      : all_(all), database_(database), time_(time) {
    auto shipped = hunt::make_local_classifier(share_folder() / "hunt");
    if (!shipped) throw std::runtime_error(shipped.error());
    local_ = std::make_unique<hunt::living_classifier>(std::move(*shipped));
    watch_ = hunt::make_model_watch(on, database, *local_, model_folders_of(all));
    if (all.model_url.empty()) return;
    http_ = http::make_plain_client(on, {});
    chat_ = llm::make_chat(*http_, model_endpoint(all));
    hunt::model_parts with{on, database, *chat_, time, figures, {}};
    with.told = [told = std::move(told)](hunt::model_condition now, std::string reason) {
      told(fmt::format("model_{}", hunt::name(now)), std::move(reason));
    };
    model_ = hunt::make_model_judge(std::move(with), model_terms_of(all));
  }

  task<> start(async::life_cycle& in) override {
    co_await in.start(*watch_);
    if (!model_) co_return;
    co_await hunt::keep_shipped_prompt(database_, shipped_prompt(), time_.now());
    co_await in.start(*model_);
  }
  hunt::classifier& local() override { return *local_; }
  hunt::model_judge* model() override { return model_.get(); }

 private:
  const settings& all_;
  pg::pool& database_;
  const clock& time_;
  std::unique_ptr<hunt::living_classifier> local_;
  std::unique_ptr<async::part> watch_;
  std::unique_ptr<http::client> http_;
  std::unique_ptr<llm::chat> chat_;
  std::unique_ptr<hunt::model_judge> model_;
};

}  // namespace

llm::endpoint model_endpoint(const settings& all) {
  return {all.model_url, all.model_key, all.model_name, all.model_limit_name};
}

hunt::model_terms model_terms_of(const settings& all) {
  hunt::model_terms out;
  out.name = all.model_name;
  out.parallel = static_cast<int>(all.model_parallel);
  out.timeout = std::chrono::seconds(all.model_timeout);
  out.price_in = all.model_price_in;
  out.price_out = all.model_price_out;
  out.daily_cap = all.model_daily_cap;
  out.zone = all.operator_time_zone;
  return out;
}

hunt::judge_settings judge_settings_of(const settings& all) {
  hunt::judge_settings out;
  out.model_parallel = static_cast<int>(all.model_parallel);
  out.model_timeout = std::chrono::seconds(all.model_timeout);
  out.patience = std::chrono::seconds(all.model_patience);
  out.again_after = 2 * out.patience;
  out.keep_labels = all.learn_from_posts;
  return out;
}

hunt::model_folders model_folders_of(const settings& all) {
  const auto shipped = share_folder() / "hunt";
  return {data_folder(all).models(), shipped, shipped / "training"};
}

std::string shipped_prompt() { return hunt::read_file(share_folder() / "hunt/training/prompt.txt"); }

std::string this_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

std::unique_ptr<judge_set> make_judges(executor on, const settings& all, pg::pool& database,
                                       const clock& time, metrics::registry& figures, model_alert told) {
  return std::make_unique<built_judges>(std::move(on), all, database, time, figures, std::move(told));
}

}  // namespace tandem::app
