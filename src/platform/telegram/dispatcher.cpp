#include "platform/telegram/dispatcher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>

#include "async/event.hpp"
#include "async/keyed_order.hpp"
#include "async/passing.hpp"
#include "async/within.hpp"

namespace tandem::telegram {

using namespace std::chrono_literals;

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return out;
}

// Takes "/start@some_bot abc" apart. A command for another bot is none.
void read_command(std::string_view text, const user& me, incoming& into) {
  if (!text.starts_with('/') || text.size() < 2) return;
  const auto end = std::min(text.find_first_of(" \n\t"), text.size());
  auto name = text.substr(1, end - 1);
  if (const auto at = name.find('@'); at != std::string_view::npos) {
    if (lower(name.substr(at + 1)) != lower(me.username)) return;
    name = name.substr(0, at);
  }
  into.command = lower(name);
  const auto rest = text.find_first_not_of(" \n\t", end);
  if (rest != std::string_view::npos) into.argument = text.substr(rest);
}

// The last ids that were handled: the newest push the oldest out.
class seen_ids {
 public:
  explicit seen_ids(std::size_t limit) : limit_(limit) {}
  bool contains(std::int64_t id) const { return known_.contains(id); }
  void add(std::int64_t id) {
    if (!known_.insert(id).second) return;
    order_.push_back(id);
    if (order_.size() <= limit_) return;
    known_.erase(order_.front());
    order_.pop_front();
  }

 private:
  std::size_t limit_;
  boost::unordered_flat_set<std::int64_t> known_;
  std::deque<std::int64_t> order_;
};

class memory_update_log final : public update_log {
 public:
  task<update_progress> load(std::int64_t bot_id) override { co_return kept_[bot_id]; }
  task<> save(std::int64_t bot_id, const update_progress& progress) override {
    auto& kept = kept_[bot_id];
    kept.next_offset = progress.next_offset;
    kept.last_update = progress.last_update;
    kept.seen.insert(kept.seen.end(), progress.seen.begin(), progress.seen.end());
    if (kept.seen.size() > 2'000) kept.seen.erase(kept.seen.begin(), kept.seen.end() - 1'000);
    co_return;
  }

 private:
  boost::unordered_flat_map<std::int64_t, update_progress> kept_;
};

std::int64_t unix_seconds(const clock& time) {
  return std::chrono::floor<std::chrono::seconds>(time.now()).time_since_epoch().count();
}

}  // namespace

task<> incoming::answer_callback(std::string note, bool alert) {
  if (answered || !what.callback_query) co_return;
  answered = true;
  callback_answer reply;
  reply.callback_query_id = what.callback_query->id;
  reply.text = std::move(note);
  reply.show_alert = alert;
  // Refused or not: there is nothing that could be done about it.
  co_await bot.answer_callback_query(std::move(reply));
}

route on_command(std::string name, handler handle) {
  return {route::by::command, std::move(name), update_kind::message, std::move(handle)};
}
route on_callback(std::string prefix, handler handle) {
  return {route::by::callback_prefix, std::move(prefix), update_kind::callback_query, std::move(handle)};
}
route on_text_in(std::string state, handler handle) {
  return {route::by::text_state, std::move(state), update_kind::message, std::move(handle)};
}
route on_text(handler handle) { return on_text_in("", std::move(handle)); }
route on_content(message_content what, handler handle) {
  return {route::by::content, std::string(name_of(what)), update_kind::message, std::move(handle)};
}
route on_kind(update_kind kind, handler handle) { return {route::by::kind, "", kind, std::move(handle)}; }

void routes::add(std::vector<route> more) {
  rows.insert(rows.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::vector<update_kind> routes::wanted_kinds() const {
  std::vector<update_kind> out;
  for (const auto& row : rows) {
    if (std::ranges::find(out, row.kind) == out.end()) out.push_back(row.kind);
  }
  return out;
}

std::unique_ptr<update_log> make_memory_update_log() { return std::make_unique<memory_update_log>(); }

struct dispatcher::state {
  state(async::scope& in, bot_api& bot_, user me_, routes table_, dispatcher_options options_,
        dispatcher_report report_)
      : bot(bot_),
        me(std::move(me_)),
        table(std::move(table_)),
        kinds(table.wanted_kinds()),
        report(std::move(report_)),
        order(in, options_.max_parallel),
        seen(options_.seen_window),
        options(options_) {}

  bot_api& bot;
  user me;
  routes table;
  std::vector<update_kind> kinds;
  dispatcher_report report;
  async::keyed_order order;
  seen_ids seen;
  dispatcher_options options;
  std::vector<std::int64_t> handled;                                         // since the last take_handled()
  std::int64_t succeeded = 0;                                                // handlers, since the start
  boost::unordered_flat_map<std::int64_t, std::function<void()>> under_way;  // who waits for which update

  void tell(std::string_view what, std::string_view detail) const {
    if (report) report(what, detail);
  }

  const route* find(incoming& in) const {
    const route* found = nullptr;
    const auto& data = in.what.callback_query ? in.what.callback_query->data : std::string();
    const auto content = in.what.message ? name_of(content_of(*in.what.message)) : std::string_view();
    const bool is_text = in.what.kind == update_kind::message && !in.what.message->text.empty();
    if (in.what.message && in.what.message->pinned_message && in.from() && in.from()->id == me.id)
      return nullptr;
    for (const auto& row : table.rows) {
      if (row.kind != in.what.kind) continue;
      switch (row.match) {
        case route::by::command:
          if (!in.command.empty() && row.key == in.command) return &row;
          break;
        case route::by::callback_prefix:
          if (data.starts_with(row.key) &&
              (!found || found->match != row.match || found->key.size() < row.key.size())) {
            found = &row;
          }
          break;
        case route::by::text_state:
          // A row for this very state is better than the one for any text; a state does not hear commands.
          if (!is_text || (row.key.empty() ? false : !in.command.empty() || row.key != in.state)) break;
          if (!found || found->match == route::by::kind || found->match == route::by::content ||
              found->key.size() < row.key.size()) {
            found = &row;
          }
          break;
        case route::by::content:
          if (row.key != content || !in.command.empty()) break;
          if (!found || found->match == route::by::kind) found = &row;
          break;
        case route::by::kind:
          if (!found) found = &row;
          break;
      }
    }
    if (found && found->match == route::by::callback_prefix) in.argument = data.substr(found->key.size());
    return found;
  }

  task<> run_from(std::size_t layer, incoming& in, const route& row) const {
    if (layer == table.around.size()) {
      co_await row.handle(in);
      co_return;
    }
    const next_step next = [this, layer, &in, &row] { return run_from(layer + 1, in, row); };
    co_await table.around[layer](in, next);
  }

  // An exception, or nothing. A cancelled handler has not failed: its update comes again after the restart.
  task<std::exception_ptr> failure_of(incoming& in) const {
    std::exception_ptr failure;
    try {
      if (in.what.kind == update_kind::message) {
        read_command(in.what.message->text, me, in);
        const bool may_be_for_a_state =
            table.state_of && in.command.empty() && in.what.message->chat.is_private();
        if (may_be_for_a_state) in.state = co_await table.state_of(in);
      }
      const auto* row = find(in);
      if (row && table.around.empty()) {
        co_await row->handle(in);  // one coroutine less in the usual case
      } else if (row) {
        co_await run_from(0, in, *row);
      }
    } catch (...) {
      failure = std::current_exception();
    }
    const auto cancelled = co_await boost::asio::this_coro::cancellation_state;
    if (failure && cancelled.cancelled() != boost::asio::cancellation_type::none) {
      std::rethrow_exception(failure);
    }
    co_return failure;
  }

  // With an update whose handler fails for what will pass: it is tried again for as long as that lasts. When
  // others succeed between its tries again and again, it is the update that does not pass.
  struct patience {
    explicit patience(const state& of_) : of(of_), seen(of_.succeeded) {}
    const state& of;
    std::int64_t seen;
    int tries = 0, alone = 0;

    bool goes_on() {
      ++tries;
      alone += std::exchange(seen, of.succeeded) != of.succeeded;
      return alone < of.options.alone;
    }
  };

  static task<> run(std::shared_ptr<state> self, std::shared_ptr<const update> kept) {
    const auto& what = *kept;
    if (!what.refused.empty()) {
      self->tell("an update was skipped", fmt::format("{}: {}", what.update_id, what.refused));
    }
    bool answered = !what.callback_query;
    patience wait{*self};
    for (int attempt = 1; attempt <= 2 && what.kind != update_kind::unknown;) {
      incoming in{self->bot, self->me, what, {}, {}, {}, {}, answered, attempt};
      const auto failure = co_await self->failure_of(in);
      answered = in.answered;
      if (!failure) {
        ++self->succeeded;
        break;
      }
      const auto about =
          fmt::format("{} {}: {}", name_of(what.kind), what.update_id, async::text_of(failure));
      if (async::will_pass(failure) && wait.goes_on()) {
        if (wait.tries == 1) self->tell("a handler waits for what will pass", about);
        co_await async::sleep_for(self->options.between.after(wait.tries, true));
        continue;
      }
      self->tell(attempt == 1 ? "a handler failed" : "a handler failed twice: its update is skipped", about);
      ++attempt;
    }
    if (!answered) {
      incoming in{self->bot, self->me, what, {}, {}, {}, {}, false};
      const std::string no_note;
      co_await in.answer_callback(no_note, false);
    }
    self->seen.add(what.update_id);
    self->handled.push_back(what.update_id);
    const auto waiting = self->under_way.find(what.update_id);
    const auto done = std::move(waiting->second);
    self->under_way.erase(waiting);
    done();
  }
};

dispatcher::dispatcher(async::scope& in, bot_api& bot, user me, routes table, dispatcher_options options,
                       dispatcher_report report)
    : state_(std::make_shared<state>(in, bot, std::move(me), std::move(table), options, std::move(report))) {}
dispatcher::~dispatcher() = default;

void dispatcher::submit(update what, std::function<void()> done) {
  auto& self = *state_;
  const auto id = what.update_id;
  if (self.seen.contains(id)) {
    done();
    return;
  }
  auto& waiting = self.under_way[id];
  if (waiting) {  // the same update again while it is handled
    waiting = [first = std::move(waiting), second = std::move(done)] {
      first();
      second();
    };
    return;
  }
  waiting = std::move(done);
  const auto key = what.order_key();
  auto kept = std::make_shared<const update>(std::move(what));
  self.order.submit(key, [self = state_, kept = std::move(kept)] { return state::run(self, kept); });
}

task<> dispatcher::handle(update what) {
  const auto bell = std::make_shared<async::event>(co_await boost::asio::this_coro::executor);
  submit(std::move(what), [bell] { bell->ring(); });
  co_await bell->wait();
}

void dispatcher::remember(const std::vector<std::int64_t>& handled) {
  for (const auto id : handled) state_->seen.add(id);
}
std::vector<std::int64_t> dispatcher::take_handled() { return std::exchange(state_->handled, {}); }
const std::vector<update_kind>& dispatcher::kinds() const { return state_->kinds; }
const dispatcher_options& dispatcher::options() const { return state_->options; }
std::size_t dispatcher::pending() const { return state_->order.pending(); }
task<> dispatcher::drain() { co_await state_->order.drain(); }

namespace {

constexpr std::int64_t days = 24 * 60 * 60;

// The updates of a poll that are not confirmed yet, in the order in which they came.
struct unconfirmed {
  explicit unconfirmed(const executor& on) : changed(on) {}
  struct one {
    std::int64_t id;
    bool handled = false;
  };
  std::deque<one> list;
  std::size_t open = 0;
  async::event changed;

  one* find(std::int64_t id) {
    if (list.empty()) return nullptr;
    // Mostly the numbers have no gaps: then it is the n-th.
    const auto index = static_cast<std::uint64_t>(id) - static_cast<std::uint64_t>(list.front().id);
    if (index < list.size() && list[index].id == id) return &list[index];
    const auto found = std::ranges::find(list, id, &one::id);
    return found == list.end() ? nullptr : &*found;
  }
  void done(std::int64_t id) {
    auto* found = find(id);
    if (!found || found->handled) return;
    found->handled = true;
    --open;
    changed.ring();
  }
};

}  // namespace

namespace {

// Where the log lies may be away for a while: what it says is waited for, and what it has not taken is not
// confirmed.
task<> insist(std::function<task<>()> work, const dispatcher& to, const dispatcher_report& report) {
  std::function<void(const std::exception_ptr&)> tell = [&report](const std::exception_ptr& failure) {
    if (report) report("the log of updates does not answer", async::text_of(failure));
  };
  co_await async::insist(std::move(work), std::move(tell), to.options().between);
}

task<> load(update_log& log, std::int64_t bot_id, update_progress& into) { into = co_await log.load(bot_id); }

}  // namespace

task<poll_end> poll_updates(bot_api& bot, std::int64_t bot_id, dispatcher& to, update_log& log,
                            const clock& time, dispatcher_report report) {
  const auto on = co_await boost::asio::this_coro::executor;
  update_progress progress;
  std::function<task<>()> look = [&] { return load(log, bot_id, progress); };
  co_await insist(std::move(look), to, report);
  to.remember(progress.seen);
  const auto waiting = std::make_shared<unconfirmed>(on);  // jobs may outlive a cancelled poll
  int failures = 0, conflicts = 0;
  bool webhook_deleted = false;
  for (;;) {
    updates_wanted wanted;
    wanted.offset = progress.next_offset;
    // After a week without updates their numbers may begin anew, anywhere: then nothing is confirmed by the
    // old ones.
    if (progress.next_offset == 0 || unix_seconds(time) - progress.last_update > 6 * days)
      wanted.offset.reset();
    wanted.allowed_updates = to.kinds();
    if (waiting->open > 0) wanted.timeout = 0s;
    const auto got = co_await bot.get_updates(std::move(wanted));

    std::string trouble;
    std::vector<update> batch;
    if (got) {
      auto read = read_updates(*got);
      if (read) {
        batch = std::move(*read);
        conflicts = 0;
        failures = 0;
      } else {
        trouble = "updates that can't be read: " + read.error().text();
      }
    } else {
      trouble = fmt::format("{} {}", name_of(got.error().why), got.error().description);
      if (got.error().why == refusal::unauthorized) co_return poll_end::unauthorized;
      if (got.error().why == refusal::conflict) {
        if (got.error().description.find("webhook is active") != std::string::npos && !webhook_deleted) {
          webhook_deleted = true;
          if (report) report("a webhook stood in the way of polling and is deleted", got.error().description);
          co_await bot.delete_webhook(false);
          continue;
        }
        if (++conflicts == 3) co_return poll_end::conflict;
      }
    }
    if (!trouble.empty()) {
      if (report && failures == 0) report("no updates for now", trouble);
      std::chrono::milliseconds rest = to.options().pause * std::min(60, 1 << std::min(failures++, 6));
      if (!got && got.error().retry_after) rest = *got.error().retry_after;
      co_await async::sleep_for(rest);
      continue;
    }

    for (auto& one : batch) {
      const auto id = one.update_id;
      if (waiting->find(id)) continue;
      waiting->list.push_back({id});
      ++waiting->open;
      to.submit(std::move(one), [waiting, id] { waiting->done(id); });
    }
    // Usually all of it is done at once. A slow one is left behind after a while: the others' chats go on,
    // and the offset stays in front of it.
    const auto patience = std::chrono::steady_clock::now() + to.options().slow;
    while (waiting->open > 0) {
      const bool rang = co_await waiting->changed.wait_for(patience - std::chrono::steady_clock::now());
      if (!rang) break;
    }
    const auto before = progress.next_offset;
    while (!waiting->list.empty() && waiting->list.front().handled) {
      progress.next_offset = waiting->list.front().id + 1;
      waiting->list.pop_front();
    }
    if (!waiting->list.empty()) progress.next_offset = waiting->list.front().id;
    progress.seen = to.take_handled();
    if (progress.seen.empty() && progress.next_offset == before) continue;
    progress.last_update = unix_seconds(time);
    std::function<task<>()> save = [&] { return log.save(bot_id, progress); };
    co_await insist(std::move(save), to, report);
  }
}

task<webhook_verdict> accept_webhook(std::string_view secret_header, std::string_view expected_secret,
                                     std::string body, std::int64_t bot_id, dispatcher& to, update_log& log,
                                     const clock& time) {
  // The time of the comparison must not depend on where the first difference is.
  unsigned char difference = secret_header.size() == expected_secret.size() ? 0 : 1;
  for (std::size_t i = 0; i < expected_secret.size(); ++i) {
    const char given = i < secret_header.size() ? secret_header[i] : '\0';
    difference |= static_cast<unsigned char>(given ^ expected_secret[i]);
  }
  if (difference != 0 || expected_secret.empty()) co_return webhook_verdict::not_ours;
  auto one = read_update(body);
  if (!one) co_return webhook_verdict::not_understood;
  const auto next = one->update_id + 1;
  co_await to.handle(std::move(*one));
  update_progress progress;
  progress.next_offset = next;
  progress.seen = to.take_handled();
  progress.last_update = unix_seconds(time);
  if (progress.seen.empty()) co_return webhook_verdict::handled;
  std::function<task<>()> save = [&] { return log.save(bot_id, progress); };
  const dispatcher_report nobody;
  co_await insist(std::move(save), to, nobody);
  co_return webhook_verdict::handled;
}

}  // namespace tandem::telegram
