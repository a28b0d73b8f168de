#include "hunt/sources/pg_sources.hpp"

#include <algorithm>
#include <limits>

#include "hunt/sources/source_name.hpp"
#include "hunt/sources/sources_sql.hpp"
#include "hunt/sources/take_down.hpp"

namespace tandem::hunt {
namespace {

namespace sql = hunt::sql::sources;

constexpr std::int64_t erased_at_once = 2'000;

source_state state_of(std::string_view name) {
  using enum source_state;
  for (const auto state : {active, paused, no_preview, pending, taken_down}) {
    if (name == name_of(state)) return state;
  }
  return failing;
}

source_kind kind_of(std::string_view name) {
  using enum source_kind;
  for (const auto kind : {archive, bot, operators, feed, account}) {
    if (name == name_of(kind)) return kind;
  }
  return preview;
}

std::optional<source> first_of(const pg::result& rows) {
  auto found = sources_of(rows);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

bool is_archive_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
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
    std::vector<new_source> one(1);
    one.front().name = written;
    one.front().rules = rules;
    auto added = co_await add_all(std::move(one));
    co_return std::move(added.front());
  }

  task<std::vector<std::expected<source_id, source_refusal>>> add_all(
      std::vector<new_source> these) override {
    additions what;
    for (auto& one : these) what.check(one);
    auto work = [&](pg::transaction& tx) { return add_in(tx, what); };
    if (!what.refused) co_await database_.in_transaction(work);
    co_return std::move(what.outcomes);
  }

  task<std::vector<source>> list() override { co_return sources_of(co_await database_(sql::all)); }

  task<std::optional<source>> find(std::string_view written) override {
    std::vector<std::string> names{std::string(written)};
    if (auto parsed = parse_source(written)) names.push_back(std::move(parsed->name));
    co_return first_of(co_await database_(sql::by_name, names));
  }
  task<std::optional<source>> find(source_id which) override {
    co_return first_of(co_await database_(sql::by_id, which));
  }
  task<std::optional<source>> find_chat(std::int64_t chat_id) override {
    co_return first_of(co_await database_(sql::by_chat, chat_id));
  }

  task<std::expected<source, source_refusal>> for_archive(std::string_view name) override {
    if (!is_archive_name(name) && !parse_source_name(name)) {
      co_return std::unexpected(refuse(source_error::bad_name));
    }
    auto known = co_await find(name);
    if (!known) {
      const auto plain = parse_source_name(name).value_or(std::string(name));
      co_await add_other(source_kind::archive, plain, "", std::nullopt, source_state::active);
      known = co_await find(plain);
    }
    if (known->state == source_state::taken_down) {
      co_return std::unexpected(refuse(source_error::taken_down));
    }
    co_return *std::move(known);
  }

  task<source> operators_own() override {
    const auto kind = name_of(source_kind::operators);
    auto known = first_of(co_await database_(sql::by_kind, kind, kind));
    if (known) co_return *std::move(known);
    co_await add_other(source_kind::operators, kind, "", std::nullopt, source_state::active);
    known = first_of(co_await database_(sql::by_kind, kind, kind));
    co_return *std::move(known);
  }

  task<std::pair<source, bool>> meet_chat(met_chat what) override {
    const auto known = co_await find_chat(what.chat_id);
    bool fresh = !known || known->state == source_state::failing;
    if (known) {
      co_await database_(sql::chat_back, known->id, what.title);
      if (fresh) co_await database_(sql::announce);
    } else {
      // The name is the public one while nobody else has it among the bots' chats.
      auto name = parse_source_name(what.username).value_or("chat" + std::to_string(what.chat_id));
      auto added =
          co_await add_other(source_kind::bot, name, what.title, what.chat_id, source_state::pending);
      if (!added) {
        name = "chat" + std::to_string(what.chat_id);
        added = co_await add_other(source_kind::bot, name, what.title, what.chat_id, source_state::pending);
      }
      fresh = added.has_value();
    }
    auto met = co_await find_chat(what.chat_id);
    co_return std::pair(*std::move(met), fresh);
  }

  task<> chat_moved(std::int64_t from, std::int64_t to) override {
    const auto now = time_.now();
    co_await database_(sql::chat_moved, from, to, "chat" + std::to_string(to), now);
  }

  task<std::optional<source>> chat_left(std::int64_t chat_id) override {
    const auto left = co_await database_(sql::chat_left, chat_id);
    if (left.empty()) co_return std::nullopt;
    co_return co_await find_chat(chat_id);
  }

  task<std::expected<void, source_refusal>> confirm(source_id which) override {
    return change(sql::confirm, pg::params::of(which));
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
    const auto known = co_await database_(sql::by_id, which);
    if (known.empty()) co_return std::unexpected(refuse(source_error::unknown));
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

  task<std::vector<stored_post>> stored(std::optional<source_id> which, instant since, post_id after,
                                        int limit) override {
    const auto of = which.value_or(source_id());
    const auto rows = co_await database_(sql::stored, after, since, of, limit);
    std::vector<stored_post> out(static_cast<std::size_t>(rows.size()));
    for (int i = 0; i < rows.size(); ++i) {
      auto& one = out[static_cast<std::size_t>(i)];
      one.id = rows[i].get<post_id>(0);
      one.source = rows[i].get<source_id>(1);
      one.source_name = rows[i].get<std::string>(2);
      one.url = rows[i].get<std::string>(3);
      one.text = rows[i].get<std::string>(4);
    }
    co_return out;
  }

  task<std::expected<take_down_report, source_refusal>> take_down(source_id which) override {
    take_down_report out;
    const auto now = time_.now();
    bool known = false;
    auto work = [&](pg::transaction& tx) -> task<> {
      co_await tx(sql::take_turns);
      const auto row = co_await tx(sql::begin_take_down, which, now);
      known = !row.empty();
      const auto vacancies = co_await give_vacancies_away(tx, which);
      out.vacancies = vacancies.withdrawn;
      out.moved = vacancies.moved;
      co_await tx(sql::announce);
    };
    co_await database_.in_transaction(work);
    if (!known) co_return std::unexpected(refuse(source_error::unknown));
    for (std::int64_t last = std::numeric_limits<std::int64_t>::min();;) {
      const auto erased = co_await database_(sql::erase_some, which, now, erased_at_once, last);
      for (int i = 0; i < erased.size(); ++i) last = std::max(last, erased[i].get<std::int64_t>(0));
      out.posts += erased.size();
      if (erased.size() < erased_at_once) co_return out;
    }
  }

 private:
  // What add_all() was asked for, checked one by one.
  struct additions {
    std::vector<std::expected<source_id, source_refusal>> outcomes;
    std::vector<std::string> names, addresses, rules;
    std::vector<std::size_t> places;  // in outcomes
    std::vector<bool> again;
    bool refused = false;

    void check(new_source& one) {
      auto written = parse_source(one.name);
      auto mistake = mistake_in(one.rules);
      refused = refused || !written || mistake;
      if (!written || mistake) {
        outcomes.emplace_back(
            std::unexpected(written ? *std::move(mistake) : refuse(source_error::bad_name)));
        return;
      }
      outcomes.emplace_back(std::unexpected(refuse(source_error::already_there)));
      if (std::ranges::find(names, written->name) != names.end()) return;
      places.push_back(outcomes.size() - 1);
      names.push_back(std::move(written->name));
      addresses.push_back(std::move(written->address));
      rules.push_back(std::move(one.rules));
      again.push_back(one.even_if_taken_down);
    }
    void drop(std::size_t i) {
      const auto at = static_cast<std::ptrdiff_t>(i);
      names.erase(names.begin() + at);
      addresses.erase(addresses.begin() + at);
      rules.erase(rules.begin() + at);
      places.erase(places.begin() + at);
      again.erase(again.begin() + at);
    }
  };

  task<> add_in(pg::transaction& tx, additions& what) {
    co_await tx(sql::lock_names);
    const auto there = co_await tx(sql::of_names, what.names);
    for (int i = 0; i < there.size(); ++i) {
      const auto found = std::ranges::find(what.names, there[i].get<std::string>(0));
      if (found == what.names.end()) continue;
      const auto at = static_cast<std::size_t>(found - what.names.begin());
      const bool taken_down = there[i].get<bool>(1);
      if (taken_down && what.again[at]) continue;
      if (taken_down) {
        what.outcomes[what.places[at]] = std::unexpected(refuse(source_error::taken_down));
        what.refused = true;
      }
      what.drop(at);
    }
    if (what.refused || what.names.empty()) co_return;
    const auto added = co_await tx(sql::add, what.names, what.addresses, what.rules, time_.now());
    for (int i = 0; i < added.size(); ++i) {
      const auto at = std::ranges::find(what.names, added[i].get<std::string>(0)) - what.names.begin();
      what.outcomes[what.places[static_cast<std::size_t>(at)]] = added[i].get<source_id>(1);
    }
    co_await tx(sql::announce);
  }

  task<std::optional<source_id>> add_other(source_kind kind, std::string_view name, std::string_view title,
                                           std::optional<std::int64_t> chat_id, source_state state) {
    const auto row =
        co_await database_(sql::add_other, name_of(kind), name, title, chat_id, name_of(state), time_.now());
    if (row.empty()) co_return std::nullopt;
    co_return row.front().get<source_id>(0);
  }

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

std::string_view name_of(source_kind kind) {
  switch (kind) {
    case source_kind::preview: return "preview";
    case source_kind::archive: return "export";
    case source_kind::bot: return "bot";
    case source_kind::operators: return "operator";
    case source_kind::account: return "account";
    case source_kind::feed: break;
  }
  return "feed";
}

std::string_view name_of(source_state state) {
  switch (state) {
    case source_state::active: return "active";
    case source_state::paused: return "paused";
    case source_state::no_preview: return "no_preview";
    case source_state::pending: return "pending";
    case source_state::taken_down: return "taken_down";
    case source_state::failing: break;
  }
  return "failing";
}

bool is_resting(source_state state) {
  return state == source_state::paused || state == source_state::pending || state == source_state::taken_down;
}

std::string source::shown_name() const {
  const bool username = kind != source_kind::feed && kind != source_kind::operators && is_username(name);
  return username ? "@" + name : name;
}

std::vector<source> sources_of(const pg::result& rows) {
  std::vector<source> out(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    auto& one = out[static_cast<std::size_t>(i)];
    const auto row = rows[i];
    one.id = row.get<source_id>(0);
    one.kind = kind_of(row.get<std::string_view>(1));
    one.name = row.get<std::string>(2);
    one.title = row.get<std::string>(3);
    one.address = row.get<std::string>(4);
    one.chat_id = row.get<std::optional<std::int64_t>>(5);
    one.rules = row.get<std::string>(6);
    one.state = state_of(row.get<std::string_view>(7));
    one.last_message_id = row.get<std::int64_t>(8);
    one.read_gap = std::chrono::milliseconds(row.get<std::int64_t>(9));
    one.next_read_at = row.get<instant>(10);
    one.failures = row.get<int>(11);
    one.last_error = row.get<std::string>(12);
    one.last_read_at = row.get<std::optional<instant>>(13);
    one.last_post_at = row.get<std::optional<instant>>(14);
    one.added_at = row.get<instant>(15);
    one.etag = row.get<std::string>(16);
    one.last_modified = row.get<std::string>(17);
    one.silent_since = row.get<std::optional<instant>>(18);
  }
  return out;
}

std::unique_ptr<sources> make_sources(pg::pool& database, const clock& time) {
  return std::make_unique<pg_sources>(database, time);
}

}  // namespace tandem::hunt
