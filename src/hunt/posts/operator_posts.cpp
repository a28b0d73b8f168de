#include "hunt/posts/operator_posts.hpp"

#include <limits>

#include "hunt/posts/operator_posts_sql.hpp"

namespace tandem::hunt {
namespace {

namespace statements = hunt::sql::operator_posts;

task<std::vector<operator_post>> load(pg::session& in, std::vector<std::int64_t> ids) {
  const auto rows = co_await in(statements::find, ids);
  std::vector<operator_post> out(static_cast<std::size_t>(rows.size()));
  for (int i = 0; i < rows.size(); ++i) {
    auto& one = out[static_cast<std::size_t>(i)];
    const auto row = rows[i];
    one.id = row.get<post_id>(0);
    one.state = row.get<std::string>(1);
    one.reason = row.get<std::string>(2);
    one.original_url = row.get<std::string>(3);
    one.kind = row.get<std::string>(4);
    one.title = row.get<std::string>(5);
    one.categories = row.get<std::vector<std::int64_t>>(6);
    one.withdrawn = row.get<bool>(7);
    one.bot_id = row.get<std::int64_t>(8);
    one.chat_id = row.get<std::int64_t>(9);
    one.message_id = row.get<std::int64_t>(10);
  }
  co_return out;
}

}  // namespace

std::string operator_post::digest() const {
  auto out = state + "/" + reason + "/" + kind + "/" + title + (withdrawn ? "/withdrawn" : "");
  for (const auto one : categories) out += "," + std::to_string(one);
  return out;
}

task<> keep_operator_post(pg::session& in, post_id post, std::int64_t bot_id, std::int64_t chat_id) {
  co_await in(statements::keep, post, bot_id, chat_id);
}

task<std::optional<post_id>> keep_unanswered_post(pg::session& in, source_id from, std::int64_t message_id,
                                                  std::int64_t bot_id, std::int64_t chat_id) {
  const auto row = co_await in(statements::keep_unanswered, from, message_id, bot_id, chat_id);
  if (row.empty()) co_return std::nullopt;
  co_return row.front().get<post_id>(0);
}

task<std::optional<operator_post>> find_operator_post(pg::session& in, post_id post) {
  auto found = co_await load(in, {post.value});
  if (found.empty()) co_return std::nullopt;
  co_return std::move(found.front());
}

task<std::vector<operator_post>> untold_operator_posts(pg::session& in, instant now, int at_once) {
  const instant since = now - std::chrono::days(2);
  std::vector<operator_post> out;
  auto before = std::numeric_limits<std::int64_t>::max();
  for (;;) {
    const auto recent = co_await in(statements::recent, since, at_once, before);
    std::vector<std::int64_t> ids;
    std::unordered_map<std::int64_t, std::string> shown;
    for (int i = 0; i < recent.size(); ++i) {
      ids.push_back(recent[i].get<std::int64_t>(0));
      shown.emplace(ids.back(), recent[i].get<std::string>(1));
    }
    if (ids.empty()) co_return out;
    before = ids.back();
    auto found = co_await load(in, std::move(ids));
    for (auto& one : found) {
      if (shown[one.id.value] != one.digest()) out.push_back(std::move(one));
    }
    if (recent.size() < at_once) co_return out;
  }
}

task<> told_operator_post(pg::session& in, post_id post, std::int64_t message_id, std::string digest) {
  co_await in(statements::told, post, message_id, digest);
}

task<bool> undo_operator_post(pg::pool& database, post_id post) {
  bool done = false;
  auto work = [&](pg::transaction& tx) -> task<> {
    const auto row = co_await tx(statements::undo, post);
    done = !row.empty();
    if (done) co_await tx(statements::withdraw, post);
  };
  co_await database.in_transaction(work);
  co_return done;
}

}  // namespace tandem::hunt
