#include "app/commands.hpp"
#include "app/dead_letters.hpp"
#include "app/engines.hpp"
#include "app/office.hpp"
#include "app/person_journal.hpp"

namespace tandem::app {
namespace {

using lane_work = std::function<task<int>(queue::queue&)>;

// Over the installation's own engine, so that its processes are told.
int with_lanes(const settings& all, std::ostream& out, lane_work what) {
  return with_installation(all, out, [what = std::move(what)](office& here) -> task<int> {
    metrics::registry figures;
    const auto engine = make_queue(here.on, here.all, here.db.pool(), here.time, figures);
    std::exception_ptr failure;
    int code = 1;
    try {
      code = co_await what(*engine.lanes);
    } catch (...) {
      failure = std::current_exception();
    }
    co_await engine.lanes->stop();
    if (failure) std::rethrow_exception(failure);
    co_return code;
  });
}

}  // namespace

int show_dead_letters(const settings& all, const std::string& lane, int limit, std::ostream& out) {
  return with_lanes(all, out,
                    [&](queue::queue& lanes) { return show_dead_letters(lanes, lane, limit, out); });
}

int replay_dead_letters(const settings& all, const std::string& lane, const std::vector<std::int64_t>& ids,
                        std::ostream& out) {
  return with_lanes(all, out,
                    [&](queue::queue& lanes) { return replay_dead_letters(lanes, lane, ids, out); });
}

int show_journal(const settings& all, const std::string& user, int limit, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    const auto people = accounts::make_users(here.time);
    co_return co_await show_journal(here.db.pool(), *people, user, limit, out);
  });
}

}  // namespace tandem::app
