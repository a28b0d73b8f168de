#include "hunt/sources/pg_sources.hpp"

#include "hunt/sources/source_name.hpp"
#include "hunt/sources/sources_sql.hpp"

namespace tandem::hunt {
namespace {

namespace sql = hunt::sql::sources;

source_state state_of(std::string_view name) {
  for (const auto state : {source_state::active, source_state::paused, source_state::no_preview}) {
    if (name == name_of(state)) return state;
  }
  return source_state::failing;
}

source_refusal refuse(source_error why) { return {why, std::nullopt, {}}; }

std::optional<source_refusal> mistake_in(std::string_view rules) {
  const auto parsed = rule_set::parse(rules);
  if (parsed) return std::nullopt;
  const auto& mistake = parsed.error();
  return source_refusal{source_error::bad_rules, mistake,
                        "line " + std::to_string(mistake.line) + ", column " +
                            std::to_string(mistake.column) + ": " + std::string(explain(mistake))};
}

class pg_sources final : public sources {
 public:
  pg_sources(pg::pool& database, const clock& time) : database_(database), time_(time) {}

  task<std::expected<source_id, source_refusal>> add(std::string_view written,
                                                     std::string_view rules) override {
    const auto name = parse_source_name(written);
    if (!name) co_return std::unexpected(refuse(source_error::bad_name));
    if (auto mistake = mistake_in(rules)) co_return std::unexpected(*std::move(mistake));
    std::optional<source_id> added;
    auto work = [&](pg::transaction& tx) -> task<> {
      const auto row = co_await tx(sql::add, *name, rules, time_.now());
      added.reset();
      if (!row.empty()) added = row.front().get<source_id>(0);
      co_await tx(sql::announce);
    };
    co_await database_.in_transaction(work);
    if (!added) co_return std::unexpected(refuse(source_error::already_there));
    co_return *added;
  }

  task<std::vector<source>> list() override { co_return sources_of(co_await database_(sql::all)); }

  task<std::optional<source>> find(std::string_view written) override {
    const auto name = parse_source_name(written);
    if (!name) co_return std::nullopt;
    auto found = sources_of(co_await database_(sql::by_name, *name));
    if (found.empty()) co_return std::nullopt;
    co_return std::move(found.front());
  }

  task<std::expected<void, source_refusal>> set_paused(source_id which, bool paused) override {
    return change(sql::set_paused, pg::params::of(which, paused));
  }

  task<std::expected<void, source_refusal>> set_rules(source_id which, std::string_view rules) override {
    if (auto mistake = mistake_in(rules)) co_return std::unexpected(*std::move(mistake));
    co_return co_await change(sql::set_rules, pg::params::of(which, rules));
  }

  task<std::expected<std::vector<tried_post>, source_refusal>> try_rules(source_id which,
                                                                         std::string_view rules,
                                                                         int limit) override {
    if (auto mistake = mistake_in(rules)) co_return std::unexpected(*std::move(mistake));
    const auto exists = co_await database_(sql::exists, which);
    if (!exists.front().get<bool>(0)) co_return std::unexpected(refuse(source_error::unknown));
    const auto rows = co_await database_(sql::newest_posts, which, limit);
    const auto compiled = rule_set::parse(rules);
    text::stemmer stems;
    std::vector<tried_post> out;
    for (int i = 0; i < rows.size(); ++i) {
      tried_post post;
      post.url = rows[i].get<std::string>(0);
      post.text = rows[i].get<std::string>(1);
      auto ruling = compiled->evaluate(post.text, stems);
      post.passes = ruling.passed;
      post.rule = std::move(ruling.rule);
      out.push_back(std::move(post));
    }
    co_return out;
  }

 private:
  task<std::expected<void, source_refusal>> change(const pg::statement& what, pg::params with) {
    bool found = false;
    auto work = [&](pg::transaction& tx) -> task<> {
      const auto row = co_await tx.run(what, with);
      found = !row.empty();
      co_await tx(sql::announce);
    };
    co_await database_.in_transaction(work);
    if (!found) co_return std::unexpected(refuse(source_error::unknown));
    co_return std::expected<void, source_refusal>();
  }

  pg::pool& database_;
  const clock& time_;
};

}  // namespace

std::string_view name_of(source_state state) {
  switch (state) {
    case source_state::active: return "active";
    case source_state::paused: return "paused";
    case source_state::no_preview: return "no_preview";
    case source_state::failing: break;
  }
  return "failing";
}

std::vector<source> sources_of(const pg::result& rows) {
  std::vector<source> out(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    auto& one = out[static_cast<std::size_t>(i)];
    const auto row = rows[i];
    one.id = row.get<source_id>(0);
    one.name = row.get<std::string>(1);
    one.title = row.get<std::string>(2);
    one.rules = row.get<std::string>(3);
    one.state = state_of(row.get<std::string_view>(4));
    one.last_message_id = row.get<std::int64_t>(5);
    one.read_gap = std::chrono::milliseconds(row.get<std::int64_t>(6));
    one.next_read_at = row.get<instant>(7);
    one.failures = row.get<int>(8);
    one.last_error = row.get<std::string>(9);
    one.last_read_at = row.get<std::optional<instant>>(10);
    one.last_post_at = row.get<std::optional<instant>>(11);
    one.added_at = row.get<instant>(12);
  }
  return out;
}

std::unique_ptr<sources> make_sources(pg::pool& database, const clock& time) {
  return std::make_unique<pg_sources>(database, time);
}

}  // namespace tandem::hunt
