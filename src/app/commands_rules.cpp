#include <fmt/format.h>

#include <iostream>
#include <map>

#include "app/command_input.hpp"
#include "app/commands.hpp"
#include "app/office.hpp"
#include "hunt/rules/rules.hpp"
#include "hunt/sources/sources.hpp"

namespace tandem::app {
namespace {

constexpr int batch = 1'000;
constexpr int lines_shown = 200;  // without --all

struct tally {
  std::int64_t posts = 0, pass = 0, begin_to_pass = 0, begin_to_drop = 0;
  std::map<std::string, std::int64_t> by_rule;  // of the dropped
};

std::string glimpse(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    if (out.size() >= 80 && (byte & 0xC0) != 0x80) return out + "…";
    out += byte == '\n' ? ' ' : byte;
  }
  return out;
}

// The rules of each source as they stand, parsed once.
class present_rules {
 public:
  explicit present_rules(const std::vector<hunt::source>& all) {
    for (const auto& one : all) {
      if (auto parsed = hunt::rule_set::parse(one.rules)) by_source_.emplace(one.id, *std::move(parsed));
    }
  }
  const hunt::rule_set& of(hunt::source_id which) const {
    static const hunt::rule_set none;
    const auto found = by_source_.find(which);
    return found == by_source_.end() ? none : found->second;
  }

 private:
  std::map<hunt::source_id, hunt::rule_set> by_source_;
};

task<int> try_on_stored(office& here, const hunt::rule_set* tried, std::string source, int days,
                        bool all_lines) {
  const auto sources = hunt::make_sources(here.db.pool(), here.time);
  std::optional<hunt::source_id> which;
  if (!source.empty()) {
    const auto found = co_await find_source(*sources, source);
    if (!found) co_return 1;
    which = found->id;
  }
  const auto known = co_await sources->list();
  const present_rules present(known);
  const instant since = here.time.now() - std::chrono::days(days);
  text::stemmer stems;
  tally sum;
  int shown = 0;
  for (hunt::post_id last;;) {
    const auto posts = co_await sources->stored(which, since, last, batch);
    for (const auto& post : posts) {
      last = post.id;
      const auto words = text::split(post.text, stems);
      const auto before = present.of(post.source).evaluate(post.text, words);
      const auto now = tried ? tried->evaluate(post.text, words) : before;
      ++sum.posts;
      sum.pass += now.passed;
      sum.begin_to_pass += now.passed && !before.passed;
      sum.begin_to_drop += !now.passed && before.passed;
      if (!now.passed) ++sum.by_rule[now.rule];
      if (!all_lines && shown == lines_shown) continue;
      ++shown;
      const auto change = now.passed == before.passed ? "" : now.passed ? "  was dropped" : "  was passed";
      const auto reason = now.rule.empty() ? std::string("no rules") : now.rule;
      here.out << fmt::format("{} {:<40} [{}]{}{}  {}\n", now.passed ? "+" : "-", post.url, reason,
                              now.found.empty() ? "" : " “" + now.found + "”", change, glimpse(post.text));
    }
    if (posts.size() < batch) break;
  }
  if (sum.posts > shown) here.out << fmt::format("… {} more; --all shows them\n", sum.posts - shown);
  here.out << fmt::format("{} posts of the last {} days: {} pass, {} are dropped\n", sum.posts, days,
                          sum.pass, sum.posts - sum.pass);
  for (const auto& [rule, count] : sum.by_rule) here.out << fmt::format("{:>8} dropped by {}\n", count, rule);
  if (tried) {
    here.out << fmt::format(
        "Against the rules in force: {} more pass, {} more are dropped, {} stay as they are\n",
        sum.begin_to_pass, sum.begin_to_drop, sum.posts - sum.begin_to_pass - sum.begin_to_drop);
  }
  if (sum.posts == 0) here.out << "Texts are erased after a while, see retain_refused_days.\n";
  co_return 0;
}

}  // namespace

int try_rules(const settings& all, const std::string& source, const std::string& rules_file, int days,
              bool all_lines, std::ostream& out) {
  std::optional<hunt::rule_set> tried;
  if (!rules_file.empty()) {
    const auto text = read_text(rules_file);
    if (!text) return 1;
    auto rules = hunt::rule_set::parse(*text);
    if (!rules) {
      std::cerr << fmt::format("{}: line {}, column {}: {}\n", rules_file, rules.error().line,
                               rules.error().column, hunt::explain(rules.error()));
      return 1;
    }
    tried = *std::move(rules);
  }
  return with_installation(all, out, [&](office& here) {
    return try_on_stored(here, tried ? &*tried : nullptr, source, days, all_lines);
  });
}

}  // namespace tandem::app
