#include "hunt/model/prompts.hpp"

#include <algorithm>

#include "hunt/model/prompts_sql.hpp"

namespace tandem::hunt {
namespace {

namespace statements = sql::prompts;

std::vector<category> categories_in(std::string_view joined) {
  std::vector<category> out;
  while (!joined.empty()) {
    const auto end = std::min(joined.find(','), joined.size());
    if (const auto which = category_from_slug(joined.substr(0, end))) out.push_back(*which);
    joined.remove_prefix(std::min(end + 1, joined.size()));
  }
  return out;
}

post_kind kind_named(std::string_view name) {
  if (name == "vacancy") return post_kind::vacancy;
  return name == "cv" ? post_kind::cv : post_kind::none;
}

task<std::expected<void, publish_error>> check(pg::transaction& tx, int version, const std::string& model) {
  const auto live = co_await tx(statements::live);
  if (live.empty()) co_return std::expected<void, publish_error>();
  const auto tried = co_await tx(statements::score, version, model);
  if (tried.front().get<std::int64_t>(0) == 0) co_return std::unexpected(publish_error::untried);
  const auto both = co_await tx(statements::compare, version, live.front().get<int>(0), model);
  if (both.front().get<std::int64_t>(0) < fewest_compared)
    co_return std::unexpected(publish_error::not_compared);
  if (both.front().get<std::int64_t>(1) < both.front().get<std::int64_t>(2))
    co_return std::unexpected(publish_error::worse);
  co_return std::expected<void, publish_error>();
}

task<> make_live(pg::transaction& tx, int version, instant now) {
  co_await tx(statements::retire);
  co_await tx(statements::publish, version, now);
}

}  // namespace

task<> keep_shipped_prompt(pg::pool& in, std::string body, instant now) {
  auto work = [&](pg::transaction& tx) -> task<> {
    co_await tx(statements::lock);
    const auto known = co_await tx(statements::newest_shipped);
    if (!known.empty() && known.front().get<std::string_view>(1) == body) co_return;
    const auto live = co_await tx(statements::live);
    const bool own =
        !live.empty() && (known.empty() || known.front().get<int>(0) != live.front().get<int>(0));
    const auto added = co_await tx(statements::add, body, true, now);
    if (!own) co_await make_live(tx, added.front().get<int>(0), now);
  };
  co_await in.in_transaction(work);
}

task<std::vector<prompt_version>> list_prompts(pg::session& in) {
  const auto rows = co_await in(statements::all);
  std::vector<prompt_version> out(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    auto& one = out[static_cast<std::size_t>(i)];
    one.version = rows[i].get<int>(0);
    one.state = rows[i].get<std::string>(1);
    one.shipped = rows[i].get<bool>(2);
    one.added_at = rows[i].get<instant>(3);
    one.published_at = rows[i].get<std::optional<instant>>(4);
    one.tried = rows[i].get<std::int64_t>(5);
    one.right = rows[i].get<std::int64_t>(6);
    one.cost_micros = rows[i].get<std::int64_t>(7);
  }
  co_return out;
}

task<std::optional<std::string>> prompt_body(pg::session& in, std::optional<int> version) {
  if (!version) {
    const auto live = co_await in(statements::live);
    if (live.empty()) co_return std::nullopt;
    co_return live.front().get<std::string>(1);
  }
  const auto found = co_await in(statements::find, *version);
  if (found.empty()) co_return std::nullopt;
  co_return found.front().get<std::string>(1);
}

task<int> add_prompt(pg::session& in, std::string body, instant now) {
  const auto added = co_await in(statements::add, body, false, now);
  co_return added.front().get<int>(0);
}

task<std::expected<void, publish_error>> publish_prompt(pg::pool& in, int version, std::string model,
                                                        bool force, instant now) {
  std::expected<void, publish_error> out;
  auto work = [&](pg::transaction& tx) -> task<> {
    out = {};
    co_await tx(statements::lock);
    const auto found = co_await tx(statements::find, version);
    if (found.empty()) {
      out = std::unexpected(publish_error::unknown);
    } else if (found.front().get<std::string_view>(2) == "live") {
      out = std::unexpected(publish_error::live);
    } else if (!force) {
      out = co_await check(tx, version, model);
    }
    if (out) co_await make_live(tx, version, now);
  };
  co_await in.in_transaction(work);
  co_return out;
}

task<std::vector<labelled_text>> posts_to_try(pg::session& in, int version, std::string model, int limit) {
  const auto rows = co_await in(statements::labelled, version, model, limit);
  std::vector<labelled_text> out(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    auto& one = out[static_cast<std::size_t>(i)];
    one.post = rows[i].get<post_id>(0);
    one.text = rows[i].get<std::string>(1);
    one.kind = kind_named(rows[i].get<std::string_view>(2));
    one.categories = categories_in(rows[i].get<std::string_view>(3));
  }
  co_return out;
}

task<bool> note_trial(pg::session& in, int version, std::string model, const labelled_text& post,
                      const verdict& said, std::int64_t cost_micros, instant now) {
  const bool kind = said.kind == post.kind;
  bool whole = kind;
  if (kind && post.kind != post_kind::none) {
    whole = said.categories.empty()
                ? post.categories.empty()
                : std::ranges::find(post.categories, said.categories.front().which) != post.categories.end();
  }
  co_await in(statements::add_trial, version, post.post, model, kind, whole, cost_micros, now);
  co_return whole;
}

task<prompt_score> score_of(pg::session& in, int version, std::string model) {
  const auto row = co_await in(statements::score, version, model);
  prompt_score out;
  out.posts = row.front().get<std::int64_t>(0);
  out.kind_right = row.front().get<std::int64_t>(1);
  out.right = row.front().get<std::int64_t>(2);
  out.cost_micros = row.front().get<std::int64_t>(3);
  co_return out;
}

}  // namespace tandem::hunt
