// How many posts a second go the way through the database: page -> rules -> repeats -> durable queue ->
// verdict -> vacancy -> lane of the delivery, on a private cluster of its own that keeps its promises (fsync
// on).
//   intake_bench [POSTS] [FILE.jsonl …]     10000 posts; texts ({"text": …} a line) from tests/data/hunt by
//   default
// Prints the two halves apart, since a burst is taken in first and judged behind it, and both at once, as in
// a process that runs. The judge without a database is measured by `tandem-train` and `tandem classify`.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "async/event.hpp"
#include "async/loop.hpp"
#include "async/scope.hpp"
#include "hunt/posts/intake.hpp"
#include "hunt/vacancies/post_judge.hpp"
#include "hunt/verdicts/local_classifier.hpp"
#include "platform/log/log.hpp"
#include "platform/pg/cluster.hpp"
#include "platform/pg/migrate.hpp"

using namespace tandem;
using namespace tandem::hunt;

namespace {

constexpr int posts_of_page = 20, sources_at_once = 4;

std::vector<std::string> texts_of(const std::vector<std::filesystem::path>& files) {
  std::vector<std::string> out;
  for (const auto& file : files) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      out.emplace_back(boost::json::parse(line).at("text").as_string());
    }
  }
  if (out.empty()) throw std::runtime_error("no posts to take in");
  return out;
}

// Rings when enough posts have been judged.
class counter : public post_observer {
 public:
  explicit counter(const executor& on) : bell_(on) {}
  void noticed(const post_event& event) override {
    passed += event.what == post_event::kind::passed;
    published += event.what == post_event::kind::published;
    if (event.what == post_event::kind::judged) {
      ++judged;
      bell_.ring();
    }
  }
  task<> all_judged() {
    while (judged < passed) co_await bell_.wait();
  }
  int passed = 0, judged = 0, published = 0;

 private:
  async::event bell_;
};

double own_cpu() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// Of the server's processes as they are now; its connections live as long as this program.
double server_cpu(pid_t postmaster) {
  double ticks = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    std::ifstream in(entry.path() / "stat");
    std::string line;
    if (!std::getline(in, line)) continue;
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    std::string skipped;
    long parent = 0, user = 0, system = 0;
    fields >> skipped >> parent;
    for (int i = 0; i < 9; ++i) fields >> skipped;
    fields >> user >> system;
    if (parent == postmaster) ticks += static_cast<double>(user + system);
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

struct stopwatch {
  pid_t postmaster;
  std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  double own = own_cpu(), server = server_cpu(postmaster);

  void report(std::string_view what, int posts) const {
    const auto wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    const auto per_thousand = [posts](double seconds) { return seconds * 1e6 / posts; };
    fmt::print("{:26} {:6} posts {:7.0f} posts/s; CPU per 1,000: {:5.0f} ms here, {:5.0f} ms PostgreSQL\n",
               what, posts, posts / wall, per_thousand(own_cpu() - own),
               per_thousand(server_cpu(postmaster) - server));
  }
};

class bench {
 public:
  bench(const std::filesystem::path& folder, std::vector<std::string> texts)
      : texts_(std::move(texts)), steps_(io_.on()) {
    pg::cluster_options options;
    options.folder = folder;
    cluster_ = pg::make_cluster(io_.on(), options);
    io_.run(cluster_->start());
    pg::pool_options to;
    to.url = cluster_->url();
    to.observe = [this](std::string_view name, std::chrono::nanoseconds took, bool) {
      auto& all = statements_[std::string(name)];
      ++all.first;
      all.second += took;
    };
    database_ = pg::make_pool(io_.on(), to);
    io_.run(pg::migrate(*database_, TANDEM_SOURCE_DIR "/migrations"));
    lanes_ = queue::make_pg_queue(io_.on(), *database_, time_);
    auto model = make_local_classifier(find_local_model(std::filesystem::read_symlink("/proc/self/exe")));
    if (!model) throw std::runtime_error(model.error());
    judge_ = *std::move(model);
    way_in_ = make_intake(*database_, *lanes_, time_, &steps_, {});
    const auto channels = make_sources(*database_, time_);
    for (int i = 0; i < sources_at_once; ++i) {
      const auto name = fmt::format("channel_{}", i);
      (void)io_.run(channels->add(name, "- #реклама | #резюме | \"ищу работу\""));
      sources_.push_back(*io_.run(channels->find(name)));
    }
  }
  ~bench() {
    io_.run(lanes_->stop());
    io_.run(database_->close());
    io_.run(cluster_->stop());
  }

  void run(int posts) {
    const stopwatch in{cluster_->pid()};
    io_.run(take(posts));
    in.report("taken in (rules, repeats)", posts);
    const auto waiting = steps_.passed;
    const stopwatch behind{cluster_->pid()};
    start_judge();
    io_.run(steps_.all_judged());
    behind.report("judged (queue to vacancy)", waiting);
    const auto before = steps_.judged;
    const stopwatch both{cluster_->pid()};
    io_.run(take(posts));
    io_.run(steps_.all_judged());
    both.report("both at once", posts);
    io_.run(part_->stop());
    fmt::print("{} of {} judged are vacancies; {} passed the rules in the second run\n", steps_.published,
               steps_.judged, steps_.judged - before);
    tell_statements();
  }

 private:
  // What the database was waited for, the longest first.
  void tell_statements() const {
    std::vector<std::pair<std::chrono::nanoseconds, std::string>> longest;
    for (const auto& [name, all] : statements_) longest.emplace_back(all.second, name);
    std::ranges::sort(longest, std::greater());
    longest.resize(std::min<std::size_t>(longest.size(), 8));
    for (const auto& [took, name] : longest) {
      fmt::print("  {:28} {:6} times {:8.2f} s\n", name, statements_.at(name).first,
                 std::chrono::duration<double>(took).count());
    }
  }

  task<> take(int posts) {
    async::scope side_by_side(io_.on(), [](std::string_view, std::exception_ptr why) {
      fmt::print(stderr, "{}\n", async::text_of(why));
    });
    for (const auto& from : sources_) side_by_side.spawn(from.name, take_from(from, posts / sources_at_once));
    co_await side_by_side.join();
  }

  task<> take_from(const source& from, int posts) {
    auto& message = message_ids_[from.name];
    for (int left = posts; left > 0; left -= posts_of_page) {
      std::vector<channel_post> page;
      for (int i = 0; i < std::min(left, posts_of_page); ++i) {
        channel_post post;
        post.message_id = ++message;
        post.posted_at = time_.now();
        // A number of its own, or the second round would be nothing but repeats.
        post.text = texts_[next_ % texts_.size()] + fmt::format("\nNo {} {}", next_, from.name);
        ++next_;
        page.push_back(std::move(post));
      }
      page_of_posts shown;
      shown.posts = page;
      shown.seen_up_to = message;
      co_await way_in_->take(from, shown);
    }
  }

  void start_judge() {
    judge_parts with{io_.on(), *database_, *lanes_, *judge_, time_, figures_, &steps_};
    part_ = make_post_judge(with);
    io_.run(part_->start());
  }

  async::loop io_;
  system_clock time_;
  std::vector<std::string> texts_;
  counter steps_;
  metrics::registry figures_;
  std::unique_ptr<pg::cluster> cluster_;
  std::unique_ptr<pg::pool> database_;
  std::unique_ptr<queue::queue> lanes_;
  std::unique_ptr<classifier> judge_;
  std::unique_ptr<intake> way_in_;
  std::unique_ptr<async::part> part_;
  std::vector<source> sources_;
  std::map<std::string, std::int64_t> message_ids_;
  std::map<std::string, std::pair<int, std::chrono::nanoseconds>> statements_;  // how often, how long in all
  std::size_t next_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  const int posts = argc > 1 ? std::stoi(argv[1]) : 10'000;
  std::vector<std::filesystem::path> files(argv + std::min(argc, 2), argv + argc);
  if (files.empty()) {
    for (const auto& entry : std::filesystem::directory_iterator(TANDEM_SOURCE_DIR "/tests/data/hunt")) {
      if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
    }
  }
  const auto folder = std::filesystem::path("/var/tmp") / fmt::format("tandem-bench-{}", getpid());
  try {
    bench(folder, texts_of(files)).run(posts);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
  }
  std::filesystem::remove_all(folder);
  return 0;
}
