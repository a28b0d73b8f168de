#include "hunt/sources/source_reader.hpp"

#include <charconv>
#include <set>

#include "async/crew.hpp"
#include "async/event.hpp"
#include "async/within.hpp"
#include "hunt/sources/feed_page.hpp"
#include "hunt/sources/pg_sources.hpp"
#include "hunt/sources/sources_sql.hpp"
#include "platform/log/log.hpp"

namespace tandem::hunt {
namespace {

namespace sql = hunt::sql::sources;
using std::chrono::microseconds;

const log::logger log_{"hunt.reader"};

std::string_view text_of(page_error error) {
  switch (error) {
    case page_error::no_history: return "the page shows no posts";
    case page_error::too_large: return "the page is too large";
    case page_error::too_complex: break;
  }
  return "the page is too complex";
}

std::string_view text_of(feed_error error) {
  switch (error) {
    case feed_error::no_feed: return "this is no feed";
    case feed_error::forbidden: return "the feed declares entities of its own";
    case feed_error::too_large: return "the feed is too large";
    case feed_error::too_complex: break;
  }
  return "the feed is too complex";
}

// Of a page: the same posts with the same texts have the same digest (but for one chance in 2^64).
std::size_t digest_of(const preview_page& page) {
  std::size_t out = page.posts.size();
  const auto mix = [&](std::size_t value) { out ^= value + 0x9e3779b97f4a7c15 + (out << 6) + (out >> 2); };
  for (const auto& post : page.posts) {
    mix(static_cast<std::size_t>(post.message_id));
    mix(std::hash<std::string>{}(post.text));
    for (const auto& link : post.links) mix(std::hash<std::string>{}(link.url));
  }
  return out;
}

class preview_reader final : public source_reader {
 public:
  preview_reader(reader_parts with, reader_options options)
      : with_(std::move(with)),
        options_(std::move(options)),
        bell_(with_.on),
        page_done_(with_.on),
        work_(with_.on, log::failures_to(log_)),
        pages_(with_.figures.counter("tandem_pages_read_total", "Channel pages that were read")),
        refusals_(
            with_.figures.counter("tandem_pages_refused_total", "Channel pages that could not be read")) {
    begin();
  }

  std::string_view name() const override { return "source reader"; }

  task<> start() override {
    if (std::exchange(running_, true)) co_return;
    // Started again, it may have been another process's turn meanwhile: only the database knows where things
    // are.
    if (std::exchange(stopping_, false)) begin();
    if (!std::exchange(listening_, true)) {
      with_.database.listen("hunt_sources", [this](std::string_view) {
        changed_ = true;
        bell_.ring();
      });
    }
    work_.keep("reading", [this] { return run(); });
  }

  task<> stop() override {
    if (std::exchange(stopping_, true)) co_return;
    running_ = false;
    co_await work_.stop();
    try {
      co_await note_progress();
    } catch (const pg::error&) {
      // The database is gone first: the gaps are polite again from their start.
    }
  }

  async::health state() const override {
    if (!running_) return {false, "does not run"};
    auto out = work_.state();
    if (out.ready && !refreshed_) return {false, "waits for the database"};
    return out;
  }

  task<> refresh() override {
    changed_ = false;
    const auto rows = co_await with_.database(sql::changed_since, newest_change_);
    for (int i = 0; i < rows.size(); ++i) {
      newest_change_ = std::max(newest_change_, rows[i].get<instant>(source_changed_at_column));
    }
    for (auto& one : sources_of(rows)) {
      plan_->put(one, with_.time.now());
      auto& known = known_[one.id];
      // What this process has noticed itself is newer than what it has written down.
      const auto was = known.id == source_id() ? one.state : known.state;
      const bool resumed = is_resting(was) && one.state == source_state::active;
      if (known.id != source_id() && !is_resting(one.state) && !resumed) one.state = was;
      if (known.id != source_id() && !resumed) {
        one.etag = known.etag;
        one.last_modified = known.last_modified;
      }
      if (is_resting(one.state)) dirty_.erase(one.id);
      known = std::move(one);
    }
    refreshed_ = true;
  }

  task<int> read_due_now() override {
    int requests = 0;
    while (true) {
      while (auto ask = plan_->next(with_.time.now())) {
        ++requests;
        ++under_way_;
        work_.spawn("page of " + ask->name, read(*ask));
      }
      if (under_way_ == 0) break;
      co_await page_done_.wait();
    }
    co_return requests;
  }

  task<> note_progress() override {
    if (dirty_.empty()) co_return;
    std::vector<std::int64_t> ids, gaps, failures;
    std::vector<std::string> states, errors, etags, modified;
    std::vector<instant> due, read_at;
    for (const auto id : dirty_) {
      const auto pace = plan_->pace_of(id);
      const auto found = known_.find(id);
      if (!pace || found == known_.end()) continue;
      ids.push_back(id.value);
      gaps.push_back(pace->gap.count());
      failures.push_back(pace->failures);
      states.emplace_back(name_of(found->second.state));
      errors.push_back(found->second.last_error);
      due.push_back(pace->due);
      read_at.push_back(found->second.last_read_at.value_or(instant()));
      etags.push_back(found->second.etag);
      modified.push_back(found->second.last_modified);
    }
    dirty_.clear();
    if (!ids.empty()) {
      co_await with_.database(sql::note_reading, ids, states, gaps, due, failures, errors, read_at, etags,
                              modified);
    }
  }

 private:
  void begin() {
    work_.begin();
    plan_.emplace(options_.pace, options_.seed);
    known_.clear();
    last_newest_.clear();
    dirty_.clear();
    newest_change_ = {};
    tend_at_ = note_at_ = {};
    under_way_ = 0;
    refreshed_ = false;
  }

  task<> run() {
    co_await tend();
    const auto now = with_.time.now();
    while (auto ask = plan_->next(now)) {
      ++under_way_;
      work_.spawn("page of " + ask->name, read(*ask));
    }
    auto wait = std::chrono::duration_cast<microseconds>(options_.refresh_gap);
    if (const auto due = plan_->wake_at()) wait = std::clamp(*due - now, microseconds(1'000), wait);
    co_await bell_.wait_for(wait);
  }

  // What is done beside the reading; a database that does not answer is asked again later.
  task<> tend() {
    const auto now = std::chrono::steady_clock::now();
    if (now < tend_at_ && !changed_) co_return;
    tend_at_ = now + options_.refresh_gap;
    try {
      co_await refresh();
      if (now >= note_at_) {
        note_at_ = now + options_.note_gap;
        co_await note_progress();
      }
    } catch (const pg::error& error) {
      log_.warn("the list of sources could not be read", {{"why", error.what()}});
    }
  }

  task<> read(page_request ask) {
    try {
      if (ask.feed.empty()) {
        co_await read_page(ask);
      } else {
        co_await read_feed(ask);
      }
    } catch (const http::no_answer& error) {
      failed(ask, error.what());
    } catch (const std::exception& error) {
      if (stopping_) throw;
      log_.error("a page could not be taken in", std::current_exception(), {{"source", ask.name}});
      failed(ask, error.what());
    }
    --under_way_;
    page_done_.ring();
    bell_.ring();
  }

  task<> read_page(const page_request& ask) {
    http::fetch what;
    what.url = options_.root + ask.path();
    what.limit = options_.answer_limit;
    what.max_body = page_limits().bytes;
    what.headers.add("User-Agent", options_.user_agent);
    what.headers.add("Accept-Language", "en");
    const auto answer = co_await with_.web.send(std::move(what));
    if (answer.status == 429) co_return held(ask, answer);
    if (answer.status >= 300 && answer.status < 400) {
      co_return lost(ask, "answered " + std::to_string(answer.status) + ": no preview page");
    }
    if (answer.status == 404) co_return lost(ask, "answered 404: no such channel");
    if (answer.status != 200) co_return failed(ask, "answered " + std::to_string(answer.status));
    const auto page = parse_preview_page(answer.body, ask.name);
    if (!page && page.error() == page_error::no_history) co_return lost(ask, text_of(page.error()));
    if (!page) co_return failed(ask, text_of(page.error()));
    co_await use(ask, *page);
  }

  task<> read_feed(const page_request& ask) {
    http::fetch what;
    what.url = ask.feed;
    what.limit = options_.answer_limit;
    what.max_body = feed_limits().bytes;
    what.follow_redirects = true;
    what.headers.add("User-Agent", options_.user_agent);
    const auto found = known_.find(ask.source);
    if (found == known_.end()) co_return plan_->failed(ask, with_.time.now());
    const auto from = found->second;  // it may change while the feed is taken in
    if (!from.etag.empty()) what.headers.add("If-None-Match", from.etag);
    if (!from.last_modified.empty()) what.headers.add("If-Modified-Since", from.last_modified);
    const auto answer = co_await with_.web.send(std::move(what));
    if (answer.status == 304) co_return took(ask, {}, plan_->use_of(ask, {}));
    if (answer.status != 200) co_return failed(ask, "answered " + std::to_string(answer.status));
    const auto feed = parse_feed(answer.body, with_.time.now());
    if (!feed) co_return failed(ask, text_of(feed.error()));
    auto use = plan_->use_of(ask, {});
    page_of_posts posts;
    posts.posts = feed->posts;
    posts.title = feed->title;
    const auto outcome = co_await with_.way_in.take(from, posts);
    use.news = outcome.added > 0;
    auto& source = known_[ask.source];
    // What was cut off is asked for again, changed or not.
    const auto kept = [&](std::string_view name) {
      return std::string(feed->broken ? "" : answer.headers.value_or(name, "").substr(0, 500));
    };
    source.etag = kept("ETag");
    source.last_modified = kept("Last-Modified");
    if (feed->broken) log_.warn("a feed ends in the middle", {{"source", ask.name}});
    preview_page counted;
    counted.unreadable = feed->unreadable;
    took(ask, counted, use);
  }

  task<> use(const page_request& ask, const preview_page& page) {
    const auto use = plan_->use_of(ask, page);
    const auto found = known_.find(ask.source);
    if (found == known_.end()) co_return plan_->failed(ask, with_.time.now());
    if (use.store) {
      const auto digest = digest_of(page);
      auto& last = last_newest_[ask.source];
      const bool news = use.first_read || use.seen_up_to > found->second.last_message_id ||
                        (!page.posts.empty() && last != digest);
      if (news) {
        const auto from = found->second;  // it may change while the page is taken in
        page_of_posts posts;
        posts.posts = page.posts;
        posts.store_above = use.store_above;
        posts.seen_up_to = use.seen_up_to;
        posts.title = page.title;
        if (!page.posts.empty() && page.unreadable == 0) {
          posts.whole_from = page.posts.front().message_id;
          switch (ask.what) {
            case page_request::kind::newest: posts.whole_to = std::max(use.seen_up_to, page.last_id); break;
            case page_request::kind::after: posts.whole_to = page.posts.back().message_id; break;
            case page_request::kind::before:
            case page_request::kind::edits: posts.whole_to = ask.message_id - 1; break;
          }
        }
        co_await with_.way_in.take(from, posts);
        if (ask.what == page_request::kind::newest) last_newest_[ask.source] = digest;
      }
    }
    took(ask, page, use);
  }

  void took(const page_request& ask, const preview_page& page, const page_use& use) {
    const auto now = with_.time.now();
    pages_.add();
    if (page.unreadable > 0) {
      log_.warn("blocks of a page made no sense", {{"source", ask.name}, {"blocks", page.unreadable}});
    }
    plan_->stored(ask, page, use, now);
    auto& source = known_[ask.source];
    source.last_read_at = now;
    if (use.store) source.last_message_id = std::max(source.last_message_id, use.seen_up_to);
    source.last_error.clear();
    dirty_.insert(ask.source);
    become(source, source_state::active, "read again");
  }

  void held(const page_request& ask, const http::response& answer) {
    const auto given = answer.headers.value_or("Retry-After", "");
    std::int64_t seconds = 0;
    std::from_chars(given.data(), given.data() + given.size(), seconds);
    const auto hold =
        std::max<microseconds>(std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, 86'400)),
                               seconds > 0 ? microseconds(0) : options_.hold_gap);
    plan_->hold_all(ask, with_.time.now() + hold);
    log_.warn("asked to read less; all sources wait", {{"source", ask.name}, {"wait", hold}});
    note_failure(ask, "answered 429");
  }

  void lost(const page_request& ask, std::string_view why) {
    plan_->lost_preview(ask, with_.time.now());
    note_failure(ask, why);
    become(known_[ask.source], source_state::no_preview, why);
  }

  void failed(const page_request& ask, std::string_view why) {
    plan_->failed(ask, with_.time.now());
    note_failure(ask, why);
    const auto pace = plan_->pace_of(ask.source);
    if (pace && pace->failures >= options_.failing_after)
      become(known_[ask.source], source_state::failing, why);
  }

  void note_failure(const page_request& ask, std::string_view why) {
    refusals_.add();
    log_.info("a page was not read", {{"source", ask.name}, {"page", ask.path()}, {"why", why}});
    known_[ask.source].last_error = why.substr(0, 200);
    dirty_.insert(ask.source);
  }

  // A change of state is told at once and written down with the next note, which it hurries.
  void become(source& one, source_state next, std::string_view why) {
    if (one.state == next || is_resting(one.state)) return;
    const bool was_lost = one.state == source_state::no_preview && next == source_state::failing;
    if (was_lost) return;
    one.state = next;
    note_at_ = tend_at_ = {};
    log_.warn("a source has changed its state",
              {{"source", one.name}, {"state", name_of(next)}, {"why", why}});
    if (with_.changed) {
      source_change change;
      change.name = one.shown_name();
      change.state = next;
      change.detail = why;
      with_.changed(change);
    }
  }

  reader_parts with_;
  reader_options options_;
  std::optional<reading_plan> plan_;
  async::event bell_, page_done_;
  async::crew work_;
  metrics::counter pages_, refusals_;
  std::unordered_map<source_id, source> known_;
  std::unordered_map<source_id, std::size_t> last_newest_;
  std::set<source_id> dirty_;
  instant newest_change_;
  std::chrono::steady_clock::time_point tend_at_, note_at_;
  int under_way_ = 0;
  bool running_ = false, stopping_ = false, listening_ = false, refreshed_ = false, changed_ = false;
};

}  // namespace

std::unique_ptr<source_reader> make_source_reader(reader_parts with, reader_options options) {
  return std::make_unique<preview_reader>(std::move(with), std::move(options));
}

}  // namespace tandem::hunt
