#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iostream>

#include "app/command_input.hpp"
#include "app/commands.hpp"
#include "app/office.hpp"
#include "async/loop.hpp"
#include "hunt/rules/rules.hpp"
#include "hunt/sources/feed_page.hpp"
#include "hunt/sources/preview_page.hpp"
#include "hunt/sources/source_health.hpp"
#include "hunt/sources/source_list.hpp"
#include "hunt/sources/source_name.hpp"
#include "hunt/sources/sources.hpp"
#include "platform/http/client.hpp"

namespace tandem::app {
namespace {

using namespace std::chrono_literals;

std::string why(const hunt::source_refusal& refused) {
  switch (refused.why) {
    case hunt::source_error::bad_name:
      return "no public channel name and no address; write @name, https://t.me/name or the address of a feed";
    case hunt::source_error::already_there: return "is there already";
    case hunt::source_error::taken_down:
      return "was taken down; --again reads it nevertheless: ask whoever wanted it gone";
    case hunt::source_error::bad_rules: return "rules: " + refused.detail;
    case hunt::source_error::unknown: break;
  }
  return not_a_source;
}

task<int> add_these(office& here, std::vector<hunt::new_source> these, std::vector<std::string> places) {
  const auto sources = hunt::make_sources(here.db.pool(), here.time);
  const auto outcomes = co_await sources->add_all(these);
  int added = 0, there = 0, bad = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i]) {
      ++added;
      continue;
    }
    const bool known = outcomes[i].error().why == hunt::source_error::already_there;
    ++(known ? there : bad);
    (known && these.size() > 1 ? here.out : std::cerr)
        << places[i] << these[i].name << ": " << why(outcomes[i].error()) << "\n";
  }
  if (bad > 0) {
    std::cerr << fmt::format("Nothing was added: {} of {} are refused, see above.\n", bad, these.size());
    co_return 1;
  }
  if (these.size() == 1) {
    if (added == 1) here.out << these.front().name << " is read from now on.\n";
  } else {
    here.out << fmt::format("{} added, {} were there. They are read from now on.\n", added, there);
  }
  co_return these.size() == 1 && added == 0 ? 1 : 0;
}

std::string since(std::optional<instant> then, instant now) {
  if (!then) return "never";
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(now - *then).count();
  if (minutes < 120) return fmt::format("{} min", std::max<std::int64_t>(minutes, 0));
  if (minutes < 48 * 60) return fmt::format("{} h", minutes / 60);
  return fmt::format("{} d", minutes / 60 / 24);
}

// One line of the text, shortened.
std::string glimpse(std::string_view text, std::size_t most) {
  std::string out;
  for (const char byte : text) {
    if (out.size() >= most && (byte & 0xC0) != 0x80) return out + "…";
    out += byte == '\n' ? ' ' : byte;
  }
  return out;
}

// What would be read just now, without a database.
struct glance {
  std::string title, trouble;
  std::vector<hunt::channel_post> posts;
};

task<glance> look_at(executor on, hunt::written_source what, std::string root, std::string proxy) {
  http::client_options options;
  options.proxy = std::move(proxy);
  const auto client = options.proxy.empty() ? http::make_plain_client(on, std::move(options))
                                            : http::make_curl_client(on, std::move(options));
  http::fetch ask;
  const bool feed = !what.address.empty();
  ask.url = feed ? what.address : root + "/s/" + what.name;
  ask.limit = 20s;
  ask.max_body = hunt::feed_limits().bytes;
  ask.follow_redirects = feed;
  ask.headers.add("Accept-Language", "en");
  glance out;
  http::response answer;
  try {
    answer = co_await client->send(std::move(ask));
  } catch (const http::no_answer& failure) {
    out.trouble = failure.what();
  }
  if (!out.trouble.empty()) co_return out;
  if (answer.status != 200) {
    out.trouble = fmt::format("answered {}", answer.status);
    if (!feed) out.trouble += ": no such channel, or one without a preview page";
    co_return out;
  }
  if (feed) {
    const system_clock time;
    auto page = hunt::parse_feed(answer.body, time.now());
    if (page) {
      out.title = page->title;
      out.posts = std::move(page->posts);
    } else {
      out.trouble = "this is no feed that can be read";
    }
  } else {
    auto page = hunt::parse_preview_page(answer.body, what.name);
    if (page) {
      out.title = page->title;
      out.posts = std::move(page->posts);
    } else {
      out.trouble = "the page shows no posts: a private channel, or one without a preview";
    }
  }
  co_return out;
}

std::string pages_of(const settings& all) {
  if (!all.channel_pages.empty()) return all.channel_pages;
  if (all.is_real()) return "https://t.me";
  return all.telegram_api.empty() ? fmt::format("http://127.0.0.1:{}", all.port) : all.telegram_api;
}

}  // namespace

int add_source(const settings& all, const std::string& name, const std::string& list_file,
               const std::string& rules_file, bool skip_bad, bool again, std::ostream& out) {
  if (name.empty() == list_file.empty()) {
    std::cerr << "Write one source, or --file with a list of them.\n";
    return 2;
  }
  std::optional<std::string> rules(std::in_place);
  if (!rules_file.empty()) rules = read_text(rules_file);
  std::vector<hunt::new_source> these;
  std::vector<std::string> places;
  int bad = 0;
  if (!name.empty()) {
    these.push_back({name, rules.value_or(""), again});
    places.emplace_back();
  } else if (const auto text = read_text(list_file)) {
    for (auto& one : hunt::parse_source_list(*text)) {
      if (one.mistake.empty()) {
        these.push_back({one.name, rules.value_or(""), again});
        places.push_back(fmt::format("line {}: ", one.line));
      } else {
        ++bad;
        std::cerr << fmt::format("line {}: {}: {}\n", one.line, one.name, one.mistake);
      }
    }
    if (bad > 0 && !skip_bad) {
      std::cerr << fmt::format(
          "Nothing was added: {} of {} lines are no sources. --skip-bad leaves them out.\n", bad,
          bad + these.size());
      return 1;
    }
    if (these.empty()) {
      std::cerr << "There is no source in " << list_file << "\n";
      return 1;
    }
  } else {
    return 1;
  }
  if (!rules) return 1;
  const int code = with_installation(all, out, [&](office& here) { return add_these(here, these, places); });
  if (bad > 0) std::cerr << bad << " lines were left out.\n";
  return code;
}

int list_sources(const settings& all, std::ostream& out) {
  return with_installation(all, out, [](office& here) -> task<int> {
    const auto sources = hunt::make_sources(here.db.pool(), here.time);
    const auto known = co_await sources->list();
    const auto now = here.time.now();
    const auto yields = co_await hunt::source_yields(here.db.pool(), now);
    here.out << fmt::format("{:<36} {:<9} {:<11} {:>9} {:>9} {:>9}  {}\n", "source", "kind", "state",
                            "last post", "posts/day", "vacancies", "");
    for (const auto& one : known) {
      const auto yield = hunt::yield_of(yields, one.id);
      const auto remark = one.silent_since ? "silent" : one.last_error;
      here.out << fmt::format("{:<36} {:<9} {:<11} {:>9} {:>9.1f} {:>8.0f}%  {}\n", one.shown_name(),
                              hunt::name_of(one.kind), hunt::name_of(one.state), since(one.last_post_at, now),
                              yield.posts_per_day, yield.vacancies * 100, remark);
    }
    here.out << fmt::format("{} sources\n", known.size());
    co_return 0;
  });
}

int pause_source(const settings& all, const std::string& name, bool paused, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    const auto sources = hunt::make_sources(here.db.pool(), here.time);
    const auto found = co_await find_source(*sources, name);
    if (!found) co_return 1;
    std::expected<void, hunt::source_refusal> done;
    if (found->state == hunt::source_state::pending && !paused) {
      done = co_await sources->confirm(found->id);
    } else {
      done = co_await sources->set_paused(found->id, paused);
    }
    if (!done) {
      std::cerr << name << " was taken down: nothing of it is read any more\n";
      co_return 1;
    }
    here.out << name << (paused ? " is not read any more.\n" : " is read again.\n");
    co_return 0;
  });
}

int take_down_source(const settings& all, const std::string& name, bool sure, std::ostream& out) {
  return with_installation(all, out, [&](office& here) -> task<int> {
    const auto sources = hunt::make_sources(here.db.pool(), here.time);
    const auto found = co_await find_source(*sources, name);
    if (!found) co_return 1;
    if (!sure) {
      std::cerr
          << "This erases the texts of all posts of " << found->shown_name()
          << ", withdraws its vacancies from all readers and never reads it again. It cannot be undone. "
             "Write --yes to do it.\n";
      co_return 1;
    }
    const auto done = co_await sources->take_down(found->id);
    const auto what = done.value_or(hunt::take_down_report());
    here.out << fmt::format(
        "{} is taken down: {} vacancies withdrawn, {} live on in other channels, {} posts erased.\n", name,
        what.vacancies, what.moved, what.posts);
    co_return 0;
  });
}

int try_source(const settings& all, const std::string& name, const std::string& rules_file,
               std::ostream& out) {
  const auto what = hunt::parse_source(name);
  if (!what) {
    std::cerr << name << ": " << why({hunt::source_error::bad_name, std::nullopt, {}}) << "\n";
    return 2;
  }
  std::optional<std::string> text(std::in_place);
  if (!rules_file.empty()) text = read_text(rules_file);
  if (!text) return 1;
  const auto rules = hunt::rule_set::parse(*text);
  if (!rules) {
    std::cerr << fmt::format("{}: line {}, column {}: {}\n", rules_file, rules.error().line,
                             rules.error().column, hunt::explain(rules.error()));
    return 1;
  }
  async::loop io;
  const auto found = io.run(look_at(io.on(), *what, pages_of(all), all.telegram_proxy));
  if (!found.trouble.empty()) {
    std::cerr << name << " cannot be read: " << found.trouble << "\n";
    return 1;
  }
  out << fmt::format("{}: {} posts, nothing of them is stored\n", found.title.empty() ? name : found.title,
                     found.posts.size());
  tandem::text::stemmer stems;
  const system_clock time;
  int passed = 0;
  for (const auto& post : found.posts) {
    const auto ruling = rules->evaluate(post.text, stems);
    const bool passes = ruling.passed && !post.text.empty();
    passed += passes;
    out << fmt::format("{} {:>6}  {}{}\n", passes ? "+" : "-", since(post.posted_at, time.now()),
                       glimpse(post.text.empty() ? "(no text)" : post.text, 90),
                       ruling.rule.empty() ? "" : "   [" + ruling.rule + "]");
  }
  out << fmt::format("{} would go to the judge, {} would be dropped\n", passed,
                     found.posts.size() - static_cast<std::size_t>(passed));
  return 0;
}

}  // namespace tandem::app
