#include <fmt/chrono.h>
#include <fmt/format.h>

#include <filesystem>
#include <iostream>

#include "app/commands.hpp"
#include "app/database.hpp"
#include "app/engines.hpp"
#include "app/model_parts.hpp"
#include "app/reader_accounts_part.hpp"
#include "app/resources.hpp"
#include "app/stores.hpp"
#include "async/loop.hpp"
#include "async/within.hpp"
#include "dating/decks/deck_low.hpp"
#include "hunt/delivery/times.hpp"
#include "hunt/model/learning.hpp"
#include "hunt/model/model_judge.hpp"
#include "hunt/posts/lanes.hpp"
#include "hunt/reader_accounts/sharing.hpp"
#include "hunt/sources/source_health.hpp"
#include "hunt/sources/sources.hpp"
#include "platform/bots/registry.hpp"
#include "platform/errors/errors.hpp"
#include "platform/http/client.hpp"
#include "platform/pg/migrate.hpp"
#include "platform/queue/queue.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

// Collects what is found; something bad makes the exit code 1.
struct findings {
  std::ostream& out;
  bool bad = false;

  void title(std::string_view what) { out << "\n" << what << "\n"; }
  void well(std::string_view what) { out << "  ok    " << what << "\n"; }
  void wrong(std::string_view what) {
    out << "  WRONG " << what << "\n";
    bad = true;
  }
  void note(std::string_view what) { out << "        " << what << "\n"; }
};

task<> look_at_program(executor on, const settings& all, findings& to) {
  to.title("Program");
  const auto client = http::make_plain_client(on, {});
  http::fetch ask;
  ask.url = fmt::format("http://127.0.0.1:{}/readyz", all.port);
  ask.limit = 3s;
  try {
    const auto answer = co_await client->send(std::move(ask));
    if (answer.status == 200) {
      to.well(fmt::format("runs and is ready on 127.0.0.1:{}", all.port));
    } else {
      to.wrong(fmt::format("runs on 127.0.0.1:{}, but is not ready: {}", all.port, answer.body));
    }
  } catch (const http::no_answer&) {
    to.note(fmt::format("nothing answers on 127.0.0.1:{}: it does not run, or with another port", all.port));
  }
}

void look_at_folder(const settings& all, findings& to) {
  to.title("Data folder");
  std::error_code failure;
  const auto space = std::filesystem::space(all.data, failure);
  if (failure) {
    to.wrong(fmt::format("{}: {}", all.data, failure.message()));
    return;
  }
  const auto free_gb = static_cast<double>(space.available) / 1e9;
  const auto line = fmt::format("{}: {:.1f} GB free", all.data, free_gb);
  free_gb < 2 ? to.wrong(line + "; make room") : to.well(line);
  const auto key = data_folder(all).key();
  std::filesystem::exists(key)
      ? to.well("key file " + key.string())
      : to.wrong("key file " + key.string() + " is missing: put it back from a backup");
}

task<> look_at_lanes(pg::pool& db, executor on, const clock& time, findings& to) {
  to.title("Queue");
  const auto lanes = queue::make_pg_queue(on, db, time);
  const auto states = co_await lanes->lanes();
  for (const auto& lane : states) {
    const auto age =
        lane.oldest_waiting ? std::chrono::duration<double>(time.now() - *lane.oldest_waiting).count() : 0;
    const auto line =
        fmt::format("{:<10} {} waiting (oldest {:.0f} s), {} later, {} in work, {} dead letters", lane.lane,
                    lane.waiting, age, lane.delayed, lane.claimed, lane.dead);
    lane.dead > 0 || age > 60 ? to.wrong(line) : to.well(line);
    if (lane.dead > 0) to.note(fmt::format("`tandem queue dead {}` lists the dead letters", lane.lane));
  }
  if (states.empty()) to.well("empty");
  co_await lanes->stop();
}

task<> look_at_broker(pg::pool& db, executor on, const settings& all, const clock& time, findings& to) {
  const auto broker = broker_of(all);
  if (!broker) co_return;
  to.title("RabbitMQ");
  std::vector<std::string> lanes;
  for (const auto lane : {hunt::judge_lane, hunt::rejudge_lane, hunt::deliver_lane, dating::deck_low_lane}) {
    lanes.emplace_back(lane);
  }
  try {
    const auto found = co_await queue::look_at_amqp(on, db, *broker, std::move(lanes));
    to.well(fmt::format("{} at {}", found.server, found.where));
    for (const auto& one : found.queues) {
      one.ready ? to.note(fmt::format("{:<28} {} waiting", one.queue, *one.ready))
                : to.note(fmt::format("{:<28} not there yet: no relay and no consumer has run", one.queue));
    }
    const auto age =
        found.oldest_carried ? std::chrono::duration<double>(time.now() - *found.oldest_carried).count() : 0;
    const auto line =
        fmt::format("{} handed to it and taken by nobody (oldest {:.0f} s)", found.carried, age);
    age > 60 ? to.wrong(line) : to.well(line);
  } catch (const amqp::broken& failure) {
    to.wrong(fmt::format("no connection: {}", failure.what()));
  }
}

task<> look_at_stores(executor on, const settings& all, const clock& time, findings& to) {
  const auto tell = [&to](std::string_view title, const std::vector<store_finding>& found) {
    to.title(title);
    for (const auto& one : found) one.good ? to.well(one.text) : to.wrong(one.text);
  };
  if (auto at = redis_of(all)) {
    const auto found = co_await look_at_redis(on, std::move(*at));
    tell("Cache", found);
  }
  if (auto at = bucket_of(all)) {
    const auto found = co_await look_at_bucket(on, std::move(*at), time);
    tell("Files", found);
  }
}

task<> look_at_sources(pg::pool& db, const clock& time, findings& to) {
  to.title("Sources");
  const auto sources = hunt::make_sources(db, time);
  const auto known = co_await sources->list();
  const auto yields = co_await hunt::source_yields(db, time.now());
  int active = 0, silent = 0;
  double posts = 0, vacancies = 0;
  for (const auto& one : known) {
    const auto yield = hunt::yield_of(yields, one.id);
    posts += yield.posts_per_day;
    vacancies += yield.posts_per_day * yield.vacancies;
    if (one.state == hunt::source_state::active) {
      ++active;
      if (!one.silent_since) continue;
      ++silent;
      to.note(fmt::format("{}: silent for unusually long, last post {:%d.%m %H:%M} UTC", one.shown_name(),
                          one.last_post_at.value_or(one.added_at)));
      continue;
    }
    const auto line = fmt::format("{}: {} {}", one.shown_name(), hunt::name_of(one.state), one.last_error);
    is_resting(one.state) ? to.note(line) : to.wrong(line);
  }
  known.empty() ? to.wrong("none; add one with `tandem sources add @channel`")
                : to.well(fmt::format(
                      "{} of {} are read, {} of them silent; {:.0f} posts a day, {:.0f} become vacancies",
                      active, known.size(), silent, posts, vacancies));
}

task<> look_at_reader_accounts(executor on, pg::pool& db, const settings& all, const clock& time,
                               findings& to) {
  const auto secrets = seal::open_vault(data_folder(all).key(), false);
  const auto book = hunt::make_account_book(db, *secrets, time);
  const auto accounts = co_await book->list();
  const auto sources = co_await book->read_sources();
  if (accounts.empty() && sources.empty()) co_return;
  to.title("Reader accounts");
  telegram_library library(on, all);
  const auto loaded = library.load();
  loaded ? to.well(fmt::format("TDLib {}, {}", (*loaded)->version(), (*loaded)->file().string()))
         : to.wrong(loaded.error());
  const auto now = time.now();
  int left = 0;
  for (const auto& one : accounts) {
    left += hunt::joins_left(one, join_pace_of(all), now);
    const auto line = fmt::format("{}: {} {}", one.name, hunt::name_of(one.state), one.last_error);
    const bool reads = one.state == hunt::account_state::active && one.last_error.empty();
    const bool well = reads || one.state == hunt::account_state::paused;
    well ? to.well(line) : to.wrong(line);
  }
  for (const auto& one : sources) {
    const auto name = one.what.title.empty() ? one.what.name : one.what.title;
    if (one.what.state == hunt::source_state::failing)
      to.wrong(fmt::format("{}: {}", name, one.what.last_error));
    if (one.what.state != hunt::source_state::paused && one.read_by == hunt::account_id())
      to.wrong(name + ": no account reads it");
  }
  to.note(fmt::format("{} sources; {} wait to be joined, {} more can be today", sources.size(),
                      hunt::joins_waiting(sources), left));
}

task<> look_at_judges(pg::pool& db, const settings& all, const clock& time, findings& to) {
  to.title("Judges");
  const auto models = co_await hunt::list_models(db);
  const auto live = std::ranges::find(models, "live", &hunt::model_row::state);
  const auto folders = model_folders_of(all);
  if (live != models.end() && !hunt::is_here(folders, live->version)) {
    const auto line = fmt::format(
        "local judge: model {} is live, but not in {} of this machine, where the shipped one judges: bring "
        "its folder, or `tandem models use shipped`",
        live->version, folders.own.string());
    all.database.empty() ? to.wrong(line) : to.note(line);  // another machine may be the one that judges
  } else {
    to.well(live == models.end()
                ? std::string("local judge: the shipped model")
                : fmt::format("local judge: model {}, own posts right {:.1f} % (before {:.1f} %)",
                              live->version, 100 * live->accuracy, 100 * live->accuracy_before));
  }
  if (all.model_url.empty()) co_return;
  const auto model = co_await hunt::look_at_model(db, time.now(), all.operator_time_zone);
  const auto line = model.since ? fmt::format("language model {}: {} since {:%d.%m %H:%M} UTC {}",
                                              all.model_name, model.state, *model.since, model.detail)
                                : fmt::format("language model {}: not asked yet", all.model_name);
  model.state.empty() || model.state == "works" ? to.well(line) : to.wrong(line);
  to.note(fmt::format("today {} requests, {} tokens in, {} out, cost {:.4f} of {:.4f}", model.requests,
                      model.tokens_in, model.tokens_out, static_cast<double>(model.cost_micros) / 1e6,
                      static_cast<double>(all.model_daily_cap) / 1e6));
}

task<> look_at_times(pg::pool& db, const clock& time, findings& to) {
  to.title("Times of the last day");
  const auto measured = co_await hunt::measure_stages(db, time.now() - 24h);
  to.note(fmt::format("{} vacancies", measured.vacancies));
  if (measured.vacancies == 0) co_return;
  for (const auto& stage : measured.stages) {
    to.note(fmt::format("{:<32} p50 {:>8.3f} s   p99 {:>8.3f} s", stage.stage, stage.p50, stage.p99));
  }
  to.title("The slowest sources of the last day");
  const auto slowest = co_await hunt::measure_sources(db, time.now() - 24h, 10);
  for (const auto& one : slowest) {
    to.note(fmt::format(
        "@{}: {} vacancies; p50/p99 until seen {:.1f}/{:.1f} s, first reader {:.1f}/{:.1f} s, last "
        "reader {:.1f}/{:.1f} s",
        one.source, one.vacancies, one.seen.p50, one.seen.p99, one.first.p50, one.first.p99, one.last.p50,
        one.last.p99));
  }
}

task<> look_at_errors(pg::pool& db, const clock& time, findings& to) {
  to.title("Errors of the last day");
  const auto noted = co_await errors::latest(db, time.now() - 24h, 20);
  for (const auto& one : noted) {
    to.note(fmt::format("{}× {}: {} ({}), first {:%d.%m %H:%M}, last {:%d.%m %H:%M} UTC", one.count, one.room,
                        one.message, one.context, one.first_at, one.last_at));
  }
  if (noted.empty()) to.well("none");
}

task<> look_at_bots(pg::pool& db, const settings& all, const clock& time, findings& to) {
  to.title("Bots");
  const auto secrets = seal::open_vault(data_folder(all).key(), false);
  const auto registry = bots::make_registry(*secrets, time);
  const auto known = co_await registry->list(db);
  for (const auto& bot : known) {
    if (!bot.last_error.empty()) to.wrong(fmt::format("@{} ({}): {}", bot.username, bot.id, bot.last_error));
  }
  known.empty() ? to.wrong("none: start `tandem up` once") : to.well(fmt::format("{} bots", known.size()));
}

task<int> examine(executor on, const settings& all, std::ostream& out) {
  findings to{out};
  const system_clock time;
  co_await look_at_program(on, all, to);
  look_at_folder(all, to);
  co_await look_at_stores(on, all, time, to);
  if (all.database.empty() && !std::filesystem::exists(data_folder(all).cluster())) {
    to.wrong("nothing is installed there yet: start `tandem up`");
    co_return 1;
  }
  const auto db = co_await database::open(on, all, cluster_use::beside);
  std::exception_ptr failure;
  try {
    to.title("Database");
    const auto pending = co_await pg::pending_migrations(db->pool(), share_folder() / "migrations");
    if (pending.empty()) {
      to.well("schema up to date");
      co_await look_at_bots(db->pool(), all, time, to);
      co_await look_at_lanes(db->pool(), on, time, to);
      co_await look_at_broker(db->pool(), on, all, time, to);
      co_await look_at_sources(db->pool(), time, to);
      co_await look_at_reader_accounts(on, db->pool(), all, time, to);
      co_await look_at_judges(db->pool(), all, time, to);
      co_await look_at_times(db->pool(), time, to);
      co_await look_at_errors(db->pool(), time, to);
    } else {
      to.wrong(fmt::format("{} migrations are missing: start `tandem up`, or run `tandem migrate`",
                           pending.size()));
    }
  } catch (...) {
    failure = std::current_exception();
  }
  co_await db->close();
  if (failure) std::rethrow_exception(failure);
  out << (to.bad ? "\nSomething is wrong, see above.\n" : "\nAll is well.\n");
  co_return to.bad ? 1 : 0;
}

}  // namespace

int doctor(const settings& all, std::ostream& out) {
  async::loop io;
  return io.run(examine(io.on(), all, out));
}

}  // namespace tandem::app
