#include <algorithm>
#include <bit>
#include <boost/asio/this_coro.hpp>
#include <stdexcept>

#include "async/event.hpp"
#include "async/within.hpp"
#include "dating/notices/notices.hpp"
#include "dating/photos/photos.hpp"
#include "dating/photos/photos_sql.hpp"

namespace tandem::dating {
namespace {

namespace sql = tandem::dating::sql::photos;
using namespace std::chrono_literals;

constexpr auto between_tries = 1min, longest_wait = 15min;
// Of one person's photos, two that differ in so few bits are one picture sent twice (as a photo and as a
// file); images::same_picture would take two selfies of one evening for one.
constexpr int own_copy = 4;
// Blobs that are taken at once, for how long they are ours, and when no more removal is begun: it has ended
// long before somebody else may put or remove the same.
constexpr int batch = 100;
constexpr std::chrono::microseconds removing = 10min;
constexpr auto removals_begin = 5min;
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
                    row.get<int>(6),          row.get<int>(7)};
    co_return out;
  }

  task<> put_off(pg::session& in, inbox_photo what) override {
    const auto pause =
        std::min<std::chrono::minutes>(between_tries * (1 << std::min(what.waits, 4)), longest_wait);
    co_await in(sql::put_off, what.inbox_id, with_.time.now() + pause);
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
    const names files{blob::id_of(made->photo), blob::id_of(made->thumbnail)};
    const bool ours = co_await name_coming(on, what, files);
    // Somebody else has done this one, or the person is gone: nothing to add, and nobody to tell.
    if (!ours) co_return added_photo{.there_already = true};
    try {
      co_await with_.kept.put(std::move(made->photo));
      co_await with_.kept.put(std::move(made->thumbnail));
    } catch (const std::exception& error) {
      throw store_away(error.what());
    }
    const auto tx = co_await on.begin();
    auto kept = co_await keep(*tx, what, files, *made);
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
    auto work = read(std::move(what));
    co_return co_await async::within(options_.reading_limit, std::move(work));
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
    auto work = read_both(rows.front().get<std::string>(0), rows.front().get<std::string>(1));
    auto both = co_await async::within(options_.reading_limit, std::move(work));
    auto made = co_await with_.shop.pair(std::move(both.first), std::move(both.second));
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
    for (int seen = batch; seen == batch;) {
      const auto tx = co_await on.begin();
      co_await (*tx)(sql::hold_blobs_alone);
      const auto rows = co_await (*tx)(sql::take_dead, batch, removing);
      co_await tx->commit();
      seen = rows.size();
      std::vector<std::string> ours;
      for (int i = 0; i < rows.size(); ++i) {
        if (!rows[i].get<bool>(1)) ours.push_back(rows[i].get<std::string>(0));
      }
      removed += co_await take_away(on, std::move(ours));
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
      for (std::size_t i = 0; i < old.size(); i += batch) {
        const std::vector<std::string> some(
            old.begin() + static_cast<std::ptrdiff_t>(i),
            old.begin() + static_cast<std::ptrdiff_t>(std::min(old.size(), i + batch)));
        removed += co_await sweep(on, some, others);
      }
    }
  }

 private:
  struct names {
    blob::blob_id picture, thumbnail;
  };

  // From here on nobody removes these files. False: the row is not there, or somebody else's just now.
  task<bool> name_coming(pg::pool& on, const inbox_photo& what, const names& files) {
    const auto tx = co_await on.begin();
    co_await (*tx)(sql::hold_blobs);
    const auto rows = co_await (*tx)(sql::name_coming, what.inbox_id, files.picture, files.thumbnail);
    co_await tx->commit();
    const bool ours = rows.front().get<bool>(0), being_removed = rows.front().get<bool>(1);
    if (ours && being_removed) throw std::runtime_error("the same picture is just being removed");
    co_return ours;
  }

  // Adds the row of what has been stored; the inbox' row, which named the files up to here, goes.
  task<std::expected<added_photo, photo_error>> keep(pg::transaction& in, const inbox_photo& what,
                                                     const names& files, const images::prepared_photo& made) {
    const auto person = co_await in(sql::hold_person, what.of);
    const auto taken = co_await in(sql::hold_named, what.inbox_id, files.picture, files.thumbnail);
    if (taken.empty() || person.empty()) {
      const std::vector<std::string> unnamed{files.picture, files.thumbnail};
      co_await in(sql::bury, unnamed);
      co_return added_photo{.there_already = true};
    }
    auto done = co_await add_row(in, what, files, made, person.front().get<int>(0));
    co_await drop_received(in, what.inbox_id);
    co_return done;
  }

  task<std::expected<added_photo, photo_error>> add_row(pg::transaction& in, const inbox_photo& what,
                                                        const names& files,
                                                        const images::prepared_photo& made, int trust) {
    const auto shape = std::bit_cast<std::int64_t>(made.shape);
    const auto same = co_await in(sql::same_picture, what.of, files.picture, shape, own_copy);
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
    const auto looks = co_await in(sql::looks_bad, shape, images::same_picture, what.of);
    const bool suspicious = looks.front().get<bool>(0);
    const bool trusted = options_.approve_all || trust >= options_.shown_from_trust;
    const auto state = trusted && !suspicious ? photo_state::shown : photo_state::waiting;
    const auto& unique = what.unique_id.empty() ? what.file_id : what.unique_id;
    const auto rows =
        co_await in(sql::insert, what.of, count + 1, name_of(state), files.picture, files.thumbnail, shape,
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

  task<std::int64_t> sweep(pg::pool& on, std::vector<std::string> orphans,
                           const std::vector<in_use>& others) {
    const auto tx = co_await on.begin();
    co_await (*tx)(sql::hold_blobs_alone);
    for (const auto& other : others) {
      const auto theirs = co_await other(*tx, orphans);
      std::erase_if(orphans,
                    [&](const std::string& id) { return std::ranges::find(theirs, id) != theirs.end(); });
    }
    const auto rows = co_await (*tx)(sql::take_orphans, orphans, removing);
    co_await tx->commit();
    std::vector<std::string> ours;
    for (int i = 0; i < rows.size(); ++i) ours.push_back(rows[i].get<std::string>(0));
    co_return co_await take_away(on, std::move(ours));
  }

  // Removes what has been taken. What the store fails at stays taken: it may have heard of it all the same,
  // and do it later.
  task<std::int64_t> take_away(pg::pool& on, std::vector<std::string> ours) {
    const auto until = with_.time.now() + removals_begin;
    std::int64_t removed = 0;
    std::vector<std::string> done;
    std::exception_ptr failure;
    for (const auto& id : ours) {
      if (with_.time.now() > until) break;
      try {
        const bool was_there = co_await with_.kept.remove(id);
        removed += was_there ? 1 : 0;
        done.push_back(id);
      } catch (const std::exception&) {
        failure = std::current_exception();
        break;
      }
    }
    co_await on(sql::removed, done);
    if (failure) std::rethrow_exception(failure);
    co_return removed;
  }

  task<images::bytes> read(blob::blob_id what) {
    auto found = co_await with_.kept.get(what);
    if (!found) throw std::runtime_error("the blob of a photo is not there: " + what);
    co_return std::move(*found);
  }
  task<std::pair<images::bytes, images::bytes>> read_both(blob::blob_id left, blob::blob_id right) {
    auto first = co_await read(std::move(left));
    auto second = co_await read(std::move(right));
    co_return std::pair(std::move(first), std::move(second));
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
