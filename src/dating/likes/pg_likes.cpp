#include "dating/likes/likes.hpp"
#include "dating/likes/likes_sql.hpp"
#include "dating/notices/notices.hpp"
#include "dating/rating/ratings.hpp"
#include "platform/telegram/html.hpp"

namespace tandem::dating {
namespace {

namespace sql = tandem::dating::sql::likes;
using namespace std::chrono_literals;

constexpr auto undone_within = 24h;
constexpr auto letters_kept = std::chrono::days(7);
constexpr auto likes_gather_for = 10min;  // the first like of a day is told after so long, with those since

// What a letter is sealed for: it opens between these two alone.
std::string purpose(user_id from, user_id to) {
  return "dating letter " + std::to_string(from.value) + " " + std::to_string(to.value);
}

std::int64_t day_number(instant when) {
  return std::chrono::floor<std::chrono::days>(when).time_since_epoch().count();
}

bool used_up(int limit, int used) { return limit != 0 && used >= limit; }

match read_match(const pg::result::row& row) {
  match out;
  out.id = row.get<match_id>(0);
  out.other = row.get<user_id>(1);
  out.name = row.get<std::string>(2);
  out.state = row.get<std::string>(3);
  out.matched_at = row.get<instant>(4);
  out.last_at = row.get<instant>(5);
  out.by_me = row.get<bool>(6);
  return out;
}

class pg_likes final : public likes {
 public:
  pg_likes(likes_parts with, like_limits limits) : with_(with), limits_(limits) {}

  task<std::expected<judged, judge_refusal>> judge(pg::transaction& in, judgement what) override {
    const auto now = with_.time.now();
    const auto today = day_number(now);
    if (telegram::code_points(what.letter) > longest_letter)
      co_return std::unexpected(judge_refusal::letter_too_long);
    std::optional<std::vector<std::byte>> letter;
    if (what.liked) {
      // From here on the other's like waits for ours to become true, or ours has seen theirs.
      co_await in.along(sql::wait_for_each_other, what.viewer, what.candidate);
      if (!what.letter.empty()) letter = with_.vault.close(what.letter, purpose(what.viewer, what.candidate));
    }
    const int most_likes = what.premium ? limits_.premium_likes : limits_.likes;
    const int most_letters = what.premium ? limits_.premium_letters : limits_.letters;
    const auto rows = co_await in(sql::judge, what.viewer, what.candidate, what.liked, letter, now, today,
                                  most_likes, most_letters);
    const auto row = rows.front();
    const bool made = row.get<bool>(0), offered = row.get<bool>(1), there = row.get<bool>(2);
    if (!there && row.get<bool>(5)) co_return std::unexpected(judge_refusal::likes_used_up);
    if (!there && row.get<bool>(6)) co_return std::unexpected(judge_refusal::letters_used_up);
    if (!made && !offered && !there) co_return std::unexpected(judge_refusal::not_shown);
    judged out;
    out.again = !made;
    out.match = row.get<std::optional<match_id>>(3);
    if (!made) co_return out;
    if (with_.rated) co_await with_.rated->judged(in, what.viewer, what.candidate, what.liked);
    if (out.match) {
      co_await with_.news.add(in, what.viewer, "match", out.match->value);
      co_await with_.news.add(in, what.candidate, "match", out.match->value);
      if (with_.rated) co_await with_.rated->matched(in, what.viewer, what.candidate);
    } else if (row.get<bool>(4)) {
      co_await with_.news.add(in, what.candidate, "liked", 0, now + likes_gather_for);
    }
    co_return out;
  }

  task<std::optional<user_id>> last(pg::session& in, user_id viewer) override {
    const auto rows = co_await in(sql::last_judgement, viewer, with_.time.now() - undone_within);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().get<user_id>(0);
  }

  task<std::expected<void, undo_refusal>> undo(pg::transaction& in, user_id viewer, user_id candidate,
                                               bool premium) override {
    const auto now = with_.time.now();
    const auto today = day_number(now);
    co_await in(sql::before_undo, viewer, candidate);
    const auto judged = co_await in(sql::last_judgement, viewer, now - undone_within);
    if (judged.empty() || judged.front().get<user_id>(0) != candidate)
      co_return std::unexpected(undo_refusal::nothing);
    const auto used = co_await in(sql::undos, viewer, today);
    if (used_up(premium ? limits_.premium_undos : limits_.undos, used.front().get<int>(0)))
      co_return std::unexpected(undo_refusal::used_up);
    const auto then = day_number(judged.front().get<instant>(3));
    const auto undone = co_await in(sql::undo, viewer, candidate, then, today, now);
    const auto row = undone.front();
    const auto liked = row.get<std::optional<bool>>(0);
    if (!liked) co_return std::unexpected(undo_refusal::opened);
    const auto parted = row.get<std::optional<std::int64_t>>(1);
    if (parted) {
      co_await with_.news.withdraw(in, viewer, "match", *parted);
      co_await with_.news.withdraw(in, candidate, "match", *parted);
    }
    if (with_.rated) co_await with_.rated->unjudged(in, viewer, candidate, *liked, parted.has_value());
    co_return std::expected<void, undo_refusal>();
  }

  task<std::int64_t> likers_count(pg::session& in, user_id viewer) override {
    const auto rows = co_await in(sql::likers_count, viewer);
    co_return rows.front().get<std::int64_t>(0);
  }

  task<likers_page> likers(pg::session& in, user_id viewer, std::int64_t offset, int limit) override {
    const auto rows = co_await in(sql::likers, viewer, offset, limit);
    likers_page out;
    for (int i = 0; i < rows.size(); ++i) {
      out.people.push_back({rows[i].get<user_id>(0), rows[i].get<instant>(1), rows[i].get<bool>(2)});
      out.total = rows[i].get<std::int64_t>(3);
    }
    co_return out;
  }

  task<std::string> letter(pg::session& in, user_id from, user_id viewer) override {
    const auto rows = co_await in(sql::letter, from, viewer, with_.time.now() - letters_kept);
    if (rows.empty()) co_return std::string();
    const auto sealed = rows.front().get<std::vector<std::byte>>(0);
    co_return with_.vault.open(sealed, purpose(from, viewer));
  }

  task<match_page> matches(pg::session& in, user_id who, std::int64_t offset) override {
    auto rows = co_await in(sql::matches, who, offset, matches_per_page);
    if (rows.empty() && offset > 0) {  // past the end
      const auto counted = co_await in(sql::matches_count, who);
      const auto total = counted.front().get<std::int64_t>(0);
      offset = total == 0 ? 0 : (total - 1) / matches_per_page * matches_per_page;
      rows = co_await in(sql::matches, who, offset, matches_per_page);
    }
    match_page out;
    out.offset = offset;
    for (int i = 0; i < rows.size(); ++i) {
      out.matches.push_back(read_match(rows[i]));
      out.total = rows[i].get<std::int64_t>(7);
    }
    co_return out;
  }

  task<std::optional<match>> find_match(pg::session& in, user_id who, match_id what) override {
    const auto rows = co_await in(sql::find_match, who, what);
    if (rows.empty()) co_return std::nullopt;
    co_return read_match(rows.front());
  }

  task<std::int64_t> forget_letters(pg::session& in, int most) override {
    const auto gone = co_await in(sql::forget_letters, with_.time.now() - letters_kept, most);
    co_return gone.affected();
  }

 private:
  likes_parts with_;
  like_limits limits_;
};

}  // namespace

std::unique_ptr<likes> make_likes(likes_parts with, like_limits limits) {
  return std::make_unique<pg_likes>(with, limits);
}

}  // namespace tandem::dating
