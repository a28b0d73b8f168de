#include <algorithm>
#include <bit>
#include <boost/asio/this_coro.hpp>
#include <stdexcept>

#include "async/event.hpp"
#include "dating/notices/notices.hpp"
#include "dating/photos/photos.hpp"
#include "dating/photos/photos_sql.hpp"

namespace tandem::dating {
namespace {

namespace sql = tandem::dating::sql::photos;
using namespace std::chrono_literals;

constexpr auto between_tries = 1min;
// Of one person's photos, two that differ in so few bits are one picture sent twice (as a photo and as a
// file); images::same_picture would take two selfies of one evening for one.
constexpr int own_copy = 4;
constexpr int batch = 100;  // blobs that are removed while nobody may store
constexpr std::size_t listed_at_once = 1'000;
constexpr auto young = 24h;  // a blob that may belong to what has not committed yet

constexpr std::string_view states[] = {"waiting", "shown", "refused", "hidden"};

photo_state state_of(std::string_view name) {
  return static_cast<photo_state>(std::ranges::find(states, name) - std::begin(states));
}

photo to_photo(const pg::result::row& row) {
  return {.id = row.get<photo_id>(0),
          .of = row.get<user_id>(1),
          .position = row.get<int>(2),
          .state = state_of(row.get<std::string_view>(3)),
          .reason = row.get<std::string>(4),
          .picture = row.get<std::string>(5),
          .thumbnail = row.get<std::string>(6),
          .width = row.get<int>(7),
          .height = row.get<int>(8),
          .suspicious = row.get<bool>(9),
          .sent_at = row.get<instant>(10),
          .file_id = row.get<std::string>(11)};
}

std::vector<photo> to_photos(const pg::result& rows) {
  std::vector<photo> out;
  for (int i = 0; i < rows.size(); ++i) out.push_back(to_photo(rows[i]));
  return out;
}

photo_error to_error(images::image_error what) {
  switch (what) {
    case images::image_error::not_a_picture: return photo_error::not_a_picture;
    case images::image_error::too_large: return photo_error::too_large;
    case images::image_error::too_small: return photo_error::too_small;
    case images::image_error::broken: return photo_error::broken;
    case images::image_error::too_dear: break;
  }
  return photo_error::too_dear;
}

class pg_photos final : public photos {
 public:
  pg_photos(photo_parts with, photo_options options) : with_(std::move(with)), options_(options) {}

  task<receipt> receive(pg::session& in, inbox_photo what) override {
    const auto& unique = what.unique_id.empty() ? what.file_id : what.unique_id;
    const auto rows = co_await in(sql::receive, what.of, what.bot_id, what.chat_id, what.file_id, unique,
                                  most_photos, with_.time.now());
    if (rows.front().get<bool>(2)) co_return receipt::accepted;
    if (rows.front().get<bool>(3)) co_return receipt::refused_before;
    const bool known = rows.front().get<bool>(0), room = rows.front().get<bool>(1);
    co_return known || room ? receipt::there_already : receipt::full;
  }

  task<std::vector<user_id>> people_with_received(pg::session& in, int limit) override {
    const auto rows = co_await in(sql::people_with_received, with_.time.now(), limit);
    std::vector<user_id> out;
    for (int i = 0; i < rows.size(); ++i) out.push_back(rows[i].get<user_id>(0));
    co_return out;
  }

  task<std::optional<inbox_photo>> next_received(pg::session& in, user_id of) override {
    const auto now = with_.time.now();
    const auto rows = co_await in(sql::next_received, of, now, now + between_tries);
    if (rows.empty()) co_return std::nullopt;
    const auto row = rows.front();
    inbox_photo out{row.get<std::int64_t>(0), row.get<user_id>(1),     row.get<std::int64_t>(2),
                    row.get<std::int64_t>(3), row.get<std::string>(4), row.get<std::string>(5),
                    row.get<int>(6)};
    co_return out;
  }

  task<> drop_received(pg::session& in, std::int64_t inbox_id) override {
    co_await in(sql::drop_received, inbox_id);
  }

  task<int> on_their_way(pg::session& in, user_id of) override {
    const auto rows = co_await in(sql::on_their_way, of);
    co_return rows.front().get<int>(0);
  }

  task<std::expected<added_photo, photo_error>> add(pg::pool& on, inbox_photo what,
                                                    images::bytes picture) override {
    auto made = co_await with_.shop.prepare(std::move(picture));
    if (!made) {
      co_await drop_received(on, what.inbox_id);
      co_return std::unexpected(to_error(made.error()));
    }
    const auto tx = co_await on.begin();
    co_await (*tx)(sql::hold_blobs);
    auto kept = co_await keep(*tx, what, std::move(*made));
    co_await tx->commit();
    co_return kept;
  }

  task<std::vector<photo>> list(pg::session& in, user_id of, std::int64_t bot_id) override {
    const auto rows = co_await in(sql::list, of, bot_id, false);
    co_return to_photos(rows);
  }
  task<std::vector<photo>> visible(pg::session& in, user_id of, std::int64_t bot_id) override {
    const auto rows = co_await in(sql::list, of, bot_id, true);
    co_return to_photos(rows);
  }
  task<std::optional<photo>> find(pg::session& in, photo_id what, std::int64_t bot_id) override {
    const auto rows = co_await in(sql::find, what, bot_id);
    if (rows.empty()) co_return std::nullopt;
    co_return to_photo(rows.front());
  }

  task<bool> remove(pg::session& in, user_id of, photo_id what) override {
    const auto rows = co_await in(sql::remove, of, what);
    const bool gone = rows.front().get<bool>(0);
    if (gone) co_await changed(in, of);
    co_return gone;
  }
  task<bool> make_first(pg::session& in, user_id of, photo_id what) override {
    const auto rows = co_await in(sql::make_first, of, what);
    co_return rows.affected() > 0;
  }

  task<images::bytes> bytes_of(blob::blob_id what) override {
    auto found = co_await with_.kept.get(what);
    if (!found) throw std::runtime_error("the blob of a photo is not there: " + what);
    co_return std::move(*found);
  }
  task<> note_file(pg::session& in, photo_id what, std::int64_t bot_id, std::string_view file_id) override {
    co_await in(sql::note_file, what, bot_id, file_id);
  }
  task<images::bytes> placeholder() override {
    const auto on = co_await boost::asio::this_coro::executor;
    while (placeholder_.empty() && drawing_) {
      const auto bell = std::make_shared<async::event>(on);
      waiting_.push_back(bell);
      co_await bell->wait();
    }
    if (!placeholder_.empty()) co_return placeholder_;
    struct ended {
      pg_photos& of;
      ~ended() {
        of.drawing_ = false;
        for (const auto& bell : std::exchange(of.waiting_, {})) bell->ring();
      }
    } const at_the_end{*this};
    drawing_ = true;
    placeholder_ = co_await with_.shop.draw_placeholder();
    co_return placeholder_;
  }
  std::string link(const blob::blob_id& what, instant until) const override {
    return with_.kept.link(what, until);
  }

  task<std::optional<pair_picture>> pair(pg::session& in, user_id left, user_id right,
                                         std::int64_t bot_id) override {
    const auto rows = co_await in(sql::pair, std::min(left, right), std::max(left, right), bot_id);
    if (rows.empty()) co_return std::nullopt;
    const auto row = rows.front();
    pair_picture out{row.get<photo_id>(0), row.get<photo_id>(1), row.get<std::string>(2)};
    co_return out;
  }
  task<images::bytes> pair_bytes(pg::session& in, pair_picture what) override {
    const auto rows = co_await in(sql::pictures_of_pair, what.left, what.right);
    if (rows.empty()) throw std::runtime_error("a photo of the pair is gone");
    auto left = co_await bytes_of(rows.front().get<std::string>(0));
    auto right = co_await bytes_of(rows.front().get<std::string>(1));
    auto made = co_await with_.shop.pair(std::move(left), std::move(right));
    if (!made) throw std::runtime_error("the picture of a pair does not come about");
    co_return std::move(*made);
  }
  task<> note_pair(pg::session& in, pair_picture what, std::int64_t bot_id,
                   std::string_view file_id) override {
    co_await in(sql::note_pair, what.left, what.right, bot_id, file_id);
  }

  task<std::int64_t> waiting(pg::session& in) override {
    const auto rows = co_await in(sql::waiting);
    co_return rows.front().get<std::int64_t>(0);
  }
  task<std::optional<photo_id>> next_waiting(pg::session& in, photo_id after, std::int64_t bot_id,
                                             std::int64_t chat_id) override {
    const auto rows = co_await in(sql::next_waiting, after, bot_id, chat_id);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().get<photo_id>(0);
  }
  task<std::optional<moderated_photo>> find_moderated(pg::session& in, photo_id what,
                                                      std::int64_t bot_id) override {
    const auto rows = co_await in(sql::find_moderated, what, bot_id, with_.time.now());
    if (rows.empty()) co_return std::nullopt;
    const auto row = rows.front();
    moderated_photo out;
    out.what = to_photo(row);
    out.name = row.get<std::string>(12);
    out.age = row.get<int>(13);
    out.photos = row.get<int>(14);
    out.new_account = row.get<bool>(15);
    out.banned = row.get<bool>(16);
    out.decided_by = row.get<std::optional<user_id>>(17);
    out.decided_at = row.get<std::optional<instant>>(18);
    co_return out;
  }

  task<bool> approve(pg::transaction& in, photo_id what, user_id by) override {
    const auto rows = co_await in(sql::decide, what, "shown", "", by, with_.time.now());
    if (rows.empty()) co_return false;
    const auto of = rows.front().get<user_id>(0);
    co_await now_shown(in, of);
    co_await tell_shown(in, of, what);
    co_return true;
  }

  task<bool> refuse(pg::transaction& in, photo_id what, user_id by, std::string_view reason) override {
    if (std::ranges::find(refuse_reasons, reason) == std::end(refuse_reasons))
      throw std::invalid_argument("no reason to refuse a photo: " + std::string(reason));
    const auto rows = co_await in(sql::decide, what, "refused", reason, by, with_.time.now());
    if (rows.empty()) co_return false;
    const auto of = rows.front().get<user_id>(0);
    co_await with_.news.add(in, of, "photo_refused", what.value, with_.time.now() + options_.notice_delay);
    co_return true;
  }

  task<bool> undo(pg::transaction& in, photo_id what) override {
    const auto rows = co_await in(sql::undo, what);
    if (rows.empty()) co_return false;
    const auto of = rows.front().get<user_id>(0);
    co_await with_.news.withdraw(in, of, "photo_refused", what.value);
    co_await tell_shown(in, of, what);
    const auto left = co_await in(sql::has_shown, of);
    if (!left.front().get<bool>(0) && with_.approved) co_await with_.approved(in, of, false);
    co_await changed(in, of);
    co_return true;
  }

  task<std::vector<desk_card>> desk_cards(pg::session& in) override {
    const auto rows = co_await in(sql::desk_cards);
    std::vector<desk_card> out;
    for (int i = 0; i < rows.size(); ++i) {
      out.push_back({rows[i].get<std::int64_t>(0), rows[i].get<std::int64_t>(1), rows[i].get<std::int64_t>(2),
                     rows[i].get<photo_id>(3), rows[i].get<photo_id>(4), rows[i].get<std::string>(5)});
    }
    co_return out;
  }
  task<> keep_desk_card(pg::session& in, desk_card what) override {
    co_await in(sql::keep_desk_card, what.bot_id, what.chat_id, what.message_id, what.shows,
                what.last_decided, what.digest);
  }
  task<bool> replace_desk_card(pg::session& in, desk_card was, desk_card becomes) override {
    const auto rows = co_await in(sql::replace_desk_card, was.bot_id, was.chat_id, was.message_id, was.digest,
                                  becomes.message_id, becomes.shows, becomes.last_decided, becomes.digest);
    co_return rows.affected() > 0;
  }

  task<bool> hide(pg::session& in, photo_id what) override { return set_hidden(in, what, true); }
  task<bool> unhide(pg::session& in, photo_id what) override { return set_hidden(in, what, false); }
  task<> ban_shapes(pg::session& in, user_id of) override {
    co_await in(sql::ban_shapes, of, with_.time.now());
  }
  task<> allow_shapes(pg::session& in, user_id of) override { co_await in(sql::allow_shapes, of); }

  task<std::int64_t> erase(pg::session& in, user_id of) override {
    const auto rows = co_await in(sql::erase, of);
    co_return rows.front().get<std::int64_t>(0);
  }

  task<std::int64_t> remove_dead(pg::pool& on) override {
    std::int64_t removed = 0;
    for (int taken = batch; taken == batch;) {
      const auto tx = co_await on.begin();
      co_await (*tx)(sql::hold_blobs_alone);
      const auto rows = co_await (*tx)(sql::dead, batch);
      taken = rows.size();
      std::vector<std::string> buried;
      for (int i = 0; i < rows.size(); ++i) {
        buried.push_back(rows[i].get<std::string>(0));
        if (rows[i].get<bool>(1)) continue;
        const bool gone = co_await with_.kept.remove(buried.back());
        removed += gone ? 1 : 0;
      }
      co_await (*tx)(sql::bury, buried);
      co_await tx->commit();
    }
    co_return removed;
  }

  task<std::int64_t> sweep_orphans(pg::pool& on, std::vector<in_use> others) override {
    std::int64_t removed = 0;
    blob::blob_id after;
    for (;;) {
      const auto listed = co_await with_.kept.list(after, listed_at_once);
      if (listed.empty()) co_return removed;
      after = listed.back().id;
      std::vector<std::string> old;
      for (const auto& one : listed) {
        if (one.stored_at < with_.time.now() - young) old.push_back(one.id);
      }
      // The lock is short: in small lots, each looked at again with the lock held.
      for (std::size_t i = 0; i < old.size(); i += batch) {
        const std::vector<std::string> some(
            old.begin() + static_cast<std::ptrdiff_t>(i),
            old.begin() + static_cast<std::ptrdiff_t>(std::min(old.size(), i + batch)));
        removed += co_await sweep(on, some, others);
      }
    }
  }

 private:
  // Stores both files and adds the row; the inbox' row goes with it.
  task<std::expected<added_photo, photo_error>> keep(pg::transaction& in, const inbox_photo& what,
                                                     images::prepared_photo made) {
    const auto taken = co_await in(sql::drop_received, what.inbox_id);
    const auto person = co_await in(sql::hold_person, what.of);
    // Somebody else has done this one, or the person is gone: nothing to add, and nobody to tell.
    if (taken.affected() == 0 || person.empty()) co_return added_photo{.there_already = true};
    const auto picture = co_await with_.kept.put(std::move(made.photo));
    const auto shape = std::bit_cast<std::int64_t>(made.shape);
    const auto same = co_await in(sql::same_picture, what.of, picture, shape, own_copy);
    if (!same.empty()) {
      const auto row = same.front();
      co_return added_photo{row.get<photo_id>(0), state_of(row.get<std::string_view>(1)), true};
    }
    const auto counted = co_await in(sql::count_of, what.of);
    auto count = counted.front().get<int>(0);
    if (count >= most_photos) {
      const auto refused = co_await in(sql::oldest_refused, what.of);
      if (refused.empty()) co_return std::unexpected(photo_error::full);
      co_await remove(in, what.of, refused.front().get<photo_id>(0));
      --count;
    }
    const auto thumbnail = co_await with_.kept.put(std::move(made.thumbnail));
    const auto looks = co_await in(sql::looks_bad, shape, images::same_picture, what.of);
    const bool suspicious = looks.front().get<bool>(0);
    const bool trusted = options_.approve_all || person.front().get<int>(0) >= options_.shown_from_trust;
    const auto state = trusted && !suspicious ? photo_state::shown : photo_state::waiting;
    const auto& unique = what.unique_id.empty() ? what.file_id : what.unique_id;
    const auto rows = co_await in(sql::insert, what.of, count + 1, name_of(state), picture, thumbnail, shape,
                                  made.width, made.height, unique, suspicious, with_.time.now());
    if (state == photo_state::shown) co_await now_shown(in, what.of);
    co_return added_photo{rows.front().get<photo_id>(0), state, false};
  }

  task<> now_shown(pg::session& in, user_id of) {
    if (with_.approved) co_await with_.approved(in, of, true);
    co_await changed(in, of);
  }
  task<> changed(pg::session& in, user_id of) {
    if (with_.changed) co_await with_.changed(in, of);
  }

  // One notice for what was approved within the delay, about the last of them: an operator approves several
  // photos of a person in a row.
  task<> tell_shown(pg::transaction& in, user_id of, photo_id decided) {
    const auto rows = co_await in(sql::lately_approved, of, with_.time.now() - options_.notice_delay);
    co_await with_.news.withdraw(in, of, "photo_shown", decided.value);
    for (int i = 0; i < rows.size(); ++i)
      co_await with_.news.withdraw(in, of, "photo_shown", rows[i].get<std::int64_t>(0));
    if (rows.empty()) co_return;
    co_await with_.news.add(in, of, "photo_shown", rows.front().get<std::int64_t>(0),
                            with_.time.now() + options_.notice_delay);
  }

  task<bool> set_hidden(pg::session& in, photo_id what, bool hidden) {
    const auto rows = co_await in(sql::set_hidden, what, hidden);
    if (rows.empty()) co_return false;
    co_await changed(in, rows.front().get<user_id>(0));
    co_return true;
  }

  task<std::int64_t> sweep(pg::pool& on, const std::vector<std::string>& old,
                           const std::vector<in_use>& others) {
    const auto tx = co_await on.begin();
    co_await (*tx)(sql::hold_blobs_alone);
    auto orphans = old;
    const auto without = [&orphans](const std::vector<std::string>& used) {
      std::erase_if(orphans,
                    [&](const std::string& id) { return std::ranges::find(used, id) != used.end(); });
    };
    const auto rows = co_await (*tx)(sql::in_use, orphans);
    std::vector<std::string> ours;
    for (int i = 0; i < rows.size(); ++i) ours.push_back(rows[i].get<std::string>(0));
    without(ours);
    for (const auto& other : others) {
      const auto theirs = co_await other(*tx, orphans);
      without(theirs);
    }
    std::int64_t removed = 0;
    for (const auto& id : orphans) {
      const bool gone = co_await with_.kept.remove(id);
      removed += gone ? 1 : 0;
    }
    co_await tx->commit();
    co_return removed;
  }

  photo_parts with_;
  photo_options options_;
  images::bytes placeholder_;
  bool drawing_ = false;  // the placeholder, and who waits for it
  std::vector<std::shared_ptr<async::event>> waiting_;
};

}  // namespace

std::string_view name_of(photo_state what) { return states[static_cast<std::size_t>(what)]; }

std::string_view name_of(photo_error what) {
  switch (what) {
    case photo_error::not_a_picture: return "not_a_picture";
    case photo_error::too_large: return "too_large";
    case photo_error::too_small: return "too_small";
    case photo_error::broken: return "broken";
    case photo_error::too_dear: return "too_dear";
    case photo_error::full: break;
  }
  return "full";
}

std::unique_ptr<photos> make_photos(photo_parts with, photo_options options) {
  return std::make_unique<pg_photos>(std::move(with), options);
}

}  // namespace tandem::dating
