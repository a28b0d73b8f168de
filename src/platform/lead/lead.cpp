#include "platform/lead/lead.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <fstream>
#include <random>

#include "async/crew.hpp"
#include "async/within.hpp"
#include "platform/lead/lead_sql.hpp"
#include "platform/log/log.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::lead {

namespace {

using steady = std::chrono::steady_clock;

class sole_lead final : public candidate {
 public:
  std::string_view name() const override { return "lead"; }
  task<> start() override {
    leads_ = true;
    co_return;
  }
  task<> stop() override {
    leads_ = false;
    co_return;
  }
  async::health state() const override {
    return {leads_, leads_ ? "leads: it is the only process" : "does not run"};
  }
  std::optional<std::int64_t> epoch() const override {
    return leads_ ? std::optional<std::int64_t>(1) : std::nullopt;
  }
  task<> check(pg::transaction&) override {
    if (!leads_) throw not_leading("this process has stopped leading");
    co_return;
  }
  task<> renew() override { co_return; }

 private:
  bool leads_ = false;
};

// Where a process id says whose it is: "host/BOOT/pid:[4026531836]/". BOOT is the kernel's id of this run of
// the machine, since two machines may have one name; the last is the space of process ids, which a container
// has for itself.
std::string this_machine() {
  char host[256] = "", space[64] = "";
  gethostname(host, sizeof host - 1);
  if (readlink("/proc/self/ns/pid", space, sizeof space - 1) < 0) space[0] = '\0';
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  return std::string(host) + "/" + boot + "/" + space + "/";
}

std::string fresh_holder() {
  return this_machine() + std::to_string(getpid()) + "/" + std::to_string(std::random_device{}());
}

// Whether the holder ran here and has ended: nobody needs to wait for its lease to run out.
bool has_died(std::string_view holder) {
  static const auto here = this_machine();
  if (!holder.starts_with(here)) return false;
  holder.remove_prefix(here.size());
  pid_t process = 0;
  const auto [end, failed] = std::from_chars(holder.data(), holder.data() + holder.size(), process);
  if (failed != std::errc() || process <= 0) return false;
  return kill(process, 0) != 0 && errno == ESRCH;
}

class pg_lead final : public candidate {
 public:
  pg_lead(executor on, pg::pool& db, lease_options options)
      : db_(db),
        options_(std::move(options)),
        name_("lead of " + options_.name),
        holder_(fresh_holder()),
        work_(std::move(on), log::failures_to(log::logger("lead"))) {}

  std::string_view name() const override { return name_; }

  task<> start() override {
    if (work_.runs()) co_return;
    co_await bury();
    co_await renew();
    work_.begin();
    work_.keep(name_, [this] { return keep(); });
  }

  task<> stop() override {
    if (!work_.runs()) co_return;
    co_await work_.stop();
    epoch_.reset();
    try {
      co_await db_(sql::lead::release, options_.name, holder_);
    } catch (const pg::error&) {  // it runs out by itself
    }
  }

  async::health state() const override {
    return work_.state(epoch() ? "leads, epoch " + std::to_string(*epoch_) : "another process leads");
  }

  std::optional<std::int64_t> epoch() const override {
    return steady::now() < until_ ? epoch_ : std::nullopt;
  }

  task<> check(pg::transaction& in) override {
    if (!epoch_) throw not_leading("another process leads");
    const auto row = co_await in(sql::lead::check, options_.name, holder_, *epoch_);
    if (row.empty()) throw not_leading("the lead was lost");
  }

  task<> renew() override {
    // Counted from before the question: the answer may come late.
    const auto asked = steady::now();
    const std::chrono::microseconds lasts = options_.lasts;
    const auto row = co_await db_(sql::lead::take, options_.name, holder_, lasts);
    epoch_ = row.empty() ? std::nullopt : std::optional(row.front().get<std::int64_t>(0));
    until_ = asked + options_.lasts;
  }

 private:
  // Ends the lease of a holder that has died on this machine.
  task<> bury() {
    const auto row = co_await db_(sql::lead::holder, options_.name);
    if (row.empty()) co_return;
    const auto holder = row.front().get<std::string>(0);
    if (has_died(holder)) co_await db_(sql::lead::release, options_.name, holder);
  }

  task<> keep() {
    if (!epoch_) co_await bury();
    co_await renew();  // fails it for long, the lease runs out: epoch() knows
    co_await async::sleep_for(options_.renew_every);
  }

  pg::pool& db_;
  lease_options options_;
  std::string name_, holder_;
  std::optional<std::int64_t> epoch_;
  steady::time_point until_;
  async::crew work_;
};

}  // namespace

std::unique_ptr<candidate> make_sole_candidate() { return std::make_unique<sole_lead>(); }

std::unique_ptr<candidate> make_pg_candidate(executor on, pg::pool& db, lease_options options) {
  return std::make_unique<pg_lead>(on, db, std::move(options));
}

}  // namespace tandem::lead
