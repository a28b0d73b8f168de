#include "hunt/model/learning.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/json.hpp>
#include <fstream>
#include <random>

#include "async/crew.hpp"
#include "async/offload.hpp"
#include "async/within.hpp"
#include "hunt/model/learning_sql.hpp"
#include "hunt/verdicts/files.hpp"
#include "hunt/verdicts/local_classifier.hpp"
#include "hunt/verdicts/retrain.hpp"
#include "platform/log/log.hpp"
#include "platform/pg/child.hpp"

namespace tandem::hunt {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
namespace statements = sql::learning;
using namespace std::chrono_literals;

const log::logger log_{"hunt.learning"};

constexpr auto look_every = 2s;
constexpr int posts_at_once = 500;
constexpr auto child_limit = 15min;
constexpr rlim_t child_memory = rlim_t{1} << 30U;  // of address space; what training takes is a third of it
constexpr int held_out_share = 5;                  // one in five
// A post of the grammar counts 1, one written by hand 12.
constexpr int operator_weight = 12, reader_weight = 6, model_weight = 3;

class model_watch final : public async::part {
 public:
  model_watch(executor on, pg::pool& database, living_classifier& judge, model_folders folders)
      : database_(database),
        judge_(judge),
        folders_(std::move(folders)),
        work_(std::move(on), log::failures_to(log_)) {}

  std::string_view name() const override { return "model watch"; }
  task<> start() override {
    if (work_.runs()) co_return;
    co_await look();
    work_.begin();
    work_.keep("look for another model", [this] { return watch(); });
  }
  task<> stop() override { return work_.stop(); }
  async::health state() const override { return work_.state(version_.empty() ? "" : "model " + version_); }

 private:
  task<> watch() {
    co_await async::sleep_for(look_every);
    co_await look();
  }

  task<> look() {
    const auto live = co_await database_(statements::live);
    auto version = live.empty() ? std::string(shipped_model) : live.front().get<std::string>(0);
    if (version == version_ || (version_.empty() && live.empty())) co_return;
    const auto from = live.empty() ? folders_.shipped : folders_.of(version);
    version_ = std::move(version);
    auto model = make_local_classifier(from);  // some megabytes, some milliseconds
    if (!model) {
      log_.warn("the live model cannot be opened: the judge stays as it is",
                {{"version", version_}, {"why", model.error()}});
      co_return;
    }
    judge_.take(std::move(*model));
    log_.info("the local judge's model was exchanged", {{"version", version_}});
  }

  pg::pool& database_;
  living_classifier& judge_;
  model_folders folders_;
  async::crew work_;
  std::string version_;
};

known_post known_of(const pg::result::row& row) {
  known_post out;
  out.post.text = row.get<std::string>(1);
  const auto kind = row.get<std::string_view>(2);
  out.post.kind = kind == "none" ? (row.get<bool>(4) ? "scam" : "other") : std::string(kind);
  if (kind != "none") {
    auto joined = row.get<std::string_view>(3);
    while (!joined.empty()) {
      const auto end = std::min(joined.find(','), joined.size());
      out.post.categories.emplace_back(joined.substr(0, end));
      joined.remove_prefix(std::min(end + 1, joined.size()));
    }
    if (out.post.categories.empty()) out.post.categories.emplace_back("none");
  }
  const auto said_by = row.get<std::string_view>(5);
  out.weight = said_by == "operator" ? operator_weight : said_by == "reader" ? reader_weight : model_weight;
  out.held_out = row.get<std::int64_t>(6) % held_out_share == 0;
  return out;
}

// The labels into a file; how many.
task<std::size_t> write_labels(pg::pool& in, fs::path to) {
  std::ofstream out(to, std::ios::binary);
  std::size_t count = 0;
  for (std::int64_t after = 0;;) {
    const auto rows = co_await in(statements::labels, after, posts_at_once);
    for (int i = 0; i < rows.size(); ++i) out << print_known(known_of(rows[i]));
    count += static_cast<std::size_t>(rows.size());
    if (rows.size() < posts_at_once) break;
    after = rows[rows.size() - 1].get<std::int64_t>(0);
  }
  if (!out.flush()) throw std::runtime_error("cannot write " + to.string());
  co_return count;
}

task<> make_live(pg::pool& in, std::string version) {
  auto work = [&](pg::transaction& tx) -> task<> {
    co_await tx(statements::retire);
    if (version != shipped_model) co_await tx(statements::make_live, version);
  };
  co_await in.in_transaction(work);
}

task<> clear_old(const learning_parts& with) {
  const auto rows = co_await with.database(statements::forgotten);
  for (int i = 0; i < rows.size(); ++i) {
    const auto version = rows[i].get<std::string>(0);
    co_await with.database(statements::forget, version);
    std::error_code ignored;
    fs::remove_all(with.folders.of(version), ignored);
  }
}

json::object counts(const measured& what) {
  return {{"posts", what.posts}, {"right", what.right}, {"right_before", what.right_before}};
}
measured counted(const json::value& what) {
  const auto number = [&](const char* name) {
    return static_cast<std::size_t>(what.at(name).to_number<std::int64_t>());
  };
  return {number("posts"), number("right"), number("right_before")};
}

// Takes the folder away when it goes.
struct work_folder {
  fs::path path;
  ~work_folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

bool is_here(const model_folders& folders, std::string_view version) {
  return make_local_classifier(folders.of(version)).has_value();  // some megabytes, some milliseconds
}

std::unique_ptr<async::part> make_model_watch(executor on, pg::pool& database, living_classifier& judge,
                                              model_folders folders) {
  return std::make_unique<model_watch>(std::move(on), database, judge, std::move(folders));
}

task<std::vector<model_row>> list_models(pg::session& in) {
  const auto rows = co_await in(statements::all);
  std::vector<model_row> out(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    auto& one = out[static_cast<std::size_t>(i)];
    one.version = rows[i].get<std::string>(0);
    one.state = rows[i].get<std::string>(1);
    one.trained_at = rows[i].get<instant>(2);
    one.learned_from = rows[i].get<std::int64_t>(3);
    one.evaluated_on = rows[i].get<std::int64_t>(4);
    one.accuracy = rows[i].get<double>(5);
    one.accuracy_before = rows[i].get<double>(6);
    one.detail = rows[i].get<std::string>(7);
  }
  co_return out;
}

task<std::expected<void, use_error>> use_model(pg::pool& in, std::string version, model_folders folders) {
  if (version != shipped_model) {
    const auto found = co_await in(statements::state_of, version);
    if (found.empty()) co_return std::unexpected(use_error::unknown);
    if (found.front().get<std::string_view>(0) == "refused") co_return std::unexpected(use_error::refused);
    if (!is_here(folders, version)) co_return std::unexpected(use_error::not_here);
  }
  co_await make_live(in, std::move(version));
  co_return std::expected<void, use_error>();
}

task<std::expected<model_row, std::string>> learn(learning_parts with) {
  model_row out;
  out.trained_at = with.time.now();
  out.version = fmt::format("{:%Y%m%d-%H%M%S}", std::chrono::floor<std::chrono::seconds>(out.trained_at));
  const auto live = co_await with.database(statements::live);
  const auto version = live.empty() ? std::string() : live.front().get<std::string>(0);
  const bool own = !live.empty() && is_here(with.folders, version);
  const auto current = own ? with.folders.of(version) : with.folders.shipped;
  const work_folder work{with.folders.own / ("work-" + out.version)};
  fs::create_directories(work.path);
  const auto labels = co_await write_labels(with.database, work.path / "labels.jsonl");
  if (labels < fewest_labels)
    co_return std::unexpected(fmt::format("{} labels are too few: {} are needed", labels, fewest_labels));
  json::object job{
      {"training", with.folders.training.string()}, {"current", current.string()}, {"version", out.version}};
  write_file(work.path / "job.json", json::serialize(job));

  async::thread_pool aside(1);
  pg::command child;
  child.argv = {with.program, "learn", work.path.string()};
  child.limit = child_limit;
  const auto ended = co_await aside.run([child] { return pg::run_child(child); });
  if (ended.status != 0)
    co_return std::unexpected(fmt::format("the training ended with {}: {}", ended.status, ended.output));

  const auto said = json::parse(read_file(work.path / "outcome.json"));
  retrained made;
  made.learned_from = static_cast<std::size_t>(said.at("learned_from").to_number<std::int64_t>());
  made.own = counted(said.at("own"));
  made.shipped = counted(said.at("shipped"));
  out.learned_from = static_cast<std::int64_t>(made.learned_from);
  out.evaluated_on = static_cast<std::int64_t>(made.own.posts);
  out.accuracy = share(made.own.right, made.own.posts);
  out.accuracy_before = share(made.own.right_before, made.own.posts);
  out.detail = fmt::format("shipped posts: {} of {} right, before {}", made.shipped.right, made.shipped.posts,
                           made.shipped.right_before);
  const bool good = made.good_enough();
  out.state = good ? "live" : "refused";
  if (good) fs::rename(work.path / "model", with.folders.of(out.version));
  co_await with.database(statements::add, out.version, good ? "candidate" : "refused", out.trained_at,
                         out.learned_from, out.evaluated_on, out.accuracy, out.accuracy_before, out.detail);
  if (good) co_await make_live(with.database, out.version);
  co_await clear_old(with);
  log_.info("the local judge has learned", {{"version", out.version},
                                            {"state", out.state},
                                            {"labels", out.learned_from},
                                            {"accuracy", out.accuracy},
                                            {"before", out.accuracy_before}});
  co_return out;
}

void learn_in_child(const fs::path& folder) {
#if !__has_feature(address_sanitizer)  // which takes terabytes of addresses for itself
  const rlimit memory{child_memory, child_memory};
  if (::setrlimit(RLIMIT_AS, &memory) != 0) throw std::runtime_error("cannot limit the memory");
#endif
  ::setpriority(PRIO_PROCESS, 0, 19);
  const auto job = json::parse(read_file(folder / "job.json"));
  const auto text = [&](const char* name) { return std::string(job.at(name).as_string()); };
  const auto known = read_known(read_file(folder / "labels.jsonl"));
  if (!known) throw std::runtime_error("labels.jsonl: " + known.error());
  retrain_job what;
  what.training = text("training");
  what.current = text("current");
  what.into = folder / "model";
  what.version = text("version");
  const auto made = retrain(what, *known);
  json::object outcome{{"learned_from", made.learned_from}};
  outcome["own"] = counts(made.own);
  outcome["shipped"] = counts(made.shipped);
  write_file(folder / "outcome.json", json::serialize(outcome));
}

}  // namespace tandem::hunt
