#include "hunt/reader_accounts/chat_reading.hpp"

#include <boost/system/system_error.hpp>
#include <limits>
#include <ranges>

#include "async/within.hpp"
#include "platform/log/log.hpp"

namespace tandem::hunt {
namespace {

using tdlib::json::object;
using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

const log::logger log_{"hunt.accounts"};

constexpr int album_reach = 10;  // an album has at most ten messages

// What Telegram refuses for good: another account may do better, this one will not.
bool is_final(const tdlib::failure& refused) {
  if (refused.code == 403) return true;
  if (refused.code != 400) return false;
  for (const std::string_view said :
       {"USERNAME_NOT_OCCUPIED", "USERNAME_INVALID", "CHANNEL_PRIVATE", "CHANNEL_INVALID", "INVITE_HASH",
        "USER_BANNED_IN_CHANNEL", "Can't access the chat", "Chat not found"}) {
    if (refused.message.contains(said)) return true;
  }
  return false;
}

struct refused_by_telegram : std::runtime_error {
  using std::runtime_error::runtime_error;
};

object expect(tdlib::answer said, std::string_view request) {
  if (said) return std::move(*said);
  throw refused_by_telegram(std::string(request) + ": " + std::to_string(said.error().code) + " " +
                            said.error().message);
}

post_messages messages_in(const object& said, std::vector<std::int64_t>* ids) {
  post_messages out;
  const auto* all = said.if_contains("messages");
  if (!all || !all->is_array()) return out;
  for (const auto& one : all->as_array()) {
    const auto* record = one.if_object();
    auto what = record ? tdlib::read_message(*record) : std::nullopt;
    if (!what) continue;
    if (ids) ids->push_back(what->id);
    out.push_back(std::move(*what));
  }
  return out;
}

}  // namespace

chat_reading::chat_reading(reading_parts with, reading_times times, const feed_pace& feed,
                           account_session& by, account_source what, seat place)
    : with_(std::move(with)),
      times_(times),
      by_(by),
      what_(std::move(what)),
      place_(std::move(place)),
      feed_(what_.what.last_message_id, feed),
      bell_(with_.on) {}

void chat_reading::arrived(tdlib::message what) {
  ++messages;
  feed_.arrived(std::move(what), with_.time.now());
  bell_.ring();
}

void chat_reading::edited(std::int64_t id) {
  edits_.insert(id);
  bell_.ring();
}

void chat_reading::deleted(const std::vector<std::int64_t>& ids) {
  for (const auto id : ids) {
    feed_.gone(id);
    edits_.erase(id);
    deletions_.insert(id);
  }
  bell_.ring();
}

void chat_reading::newest_is(std::int64_t id) {
  feed_.newest_is(id, with_.time.now());
  bell_.ring();
}

void chat_reading::unsure() {
  feed_.doubt();
  bell_.ring();
}

void chat_reading::update(account_source what, const seat& place) {
  what_ = std::move(what);
  if (place.changed_at < place_.changed_at) return;  // read before this one was changed here
  if (place_.state != place.state) bell_.ring();
  place_ = place;
}

task<> chat_reading::follow() {
  for (;;) {
    std::string trouble;
    try {
      if (!reads()) {  // to be joined first
        co_await bell_.wait();
        continue;
      }
      if (!found_) co_await find();
      if (found_) co_await step();
      continue;
    } catch (const boost::system::system_error&) {
      throw;  // cancelled
    } catch (const std::exception& error) {
      trouble = error.what();
    }
    log_.warn("a chat could not be read", {{"source", what_.what.name}, {"why", trouble}});
    feed_.doubt();
    co_await async::sleep_for(times_.failed);
    co_await note(trouble);
  }
}

// The reader's state in the database; a database that is away is no reason to stop reading.
task<> chat_reading::note(std::string_view error) {
  if (noted_ == error) co_return;
  try {
    co_await with_.book.note_source(what_.what.id, error);
    noted_ = error;
  } catch (const pg::error&) {
  }
}

task<> chat_reading::refuse(std::string_view why) {
  place_.state = membership::refused;
  place_.detail = why;
  place_.changed_at = with_.time.now();
  log_.warn("an account may not read a chat", {{"source", what_.what.name}, {"why", why}});
  co_await with_.book.keep_seat(what_.what.id, place_);
  co_await note(why);
}

// TDLib knows a chat only after it was met in this session's files.
task<> chat_reading::find() {
  object request{{"@type", "getChat"}, {"chat_id", place_.chat_id}};
  bool known = false;
  if (place_.chat_id != 0) {
    const auto said = co_await by_.ask(std::move(request), ration::local);
    known = said.has_value();
  }
  if (!known && what_.link.empty()) {
    known = co_await find_by_name();
  } else if (!known) {
    object check{{"@type", "checkChatInviteLink"}, {"invite_link", what_.link}};
    const auto said = co_await by_.ask(std::move(check), ration::searching);
    if (!said && is_final(said.error())) co_return co_await refuse(said.error().message);
    const auto info = expect(said, "checkChatInviteLink");
    place_.chat_id = tdlib::number(info, "chat_id");
    known = place_.chat_id != 0;
    if (!known) co_return co_await refuse("not a member any more");
  }
  if (!known) co_return;
  found_ = true;
  look_at_ = steady::now() + (place_.state == membership::joined ? times_.looked : times_.polled);
}

task<bool> chat_reading::find_by_name() {
  object request{{"@type", "searchPublicChat"}, {"username", what_.what.name}};
  const auto said = co_await by_.ask(std::move(request), ration::searching);
  if (!said && is_final(said.error())) {
    co_await refuse(said.error().message);
    co_return false;
  }
  const auto chat = expect(said, "searchPublicChat");
  const auto* type = tdlib::object(chat, "type");
  if (!type || tdlib::type_of(*type) != "chatTypeSupergroup") {
    co_await refuse("is no channel or group");
    co_return false;
  }
  place_.chat_id = tdlib::number(chat, "id");
  if (by_.is_member(place_.chat_id)) place_.state = membership::joined;
  place_.changed_at = with_.time.now();
  co_await with_.book.keep_seat(what_.what.id, place_);
  co_return true;
}

task<> chat_reading::step() {
  while (const auto* batch = feed_.next(with_.time.now())) {
    co_await take(*batch);
    feed_.taken();
  }
  if (const auto stretch = feed_.take_compared()) co_await compare(*stretch);
  if (!deletions_.empty()) {
    const std::vector<std::int64_t> gone(deletions_.begin(), deletions_.end());
    co_await with_.book.close_posts(what_.what, gone);
    for (const auto id : gone) deletions_.erase(id);
  }
  if (!edits_.empty()) co_await take_edits();
  if (const auto wanted = feed_.wanted(with_.time.now())) co_return co_await walk(*wanted);
  co_await note("");
  auto wait = std::chrono::duration_cast<std::chrono::microseconds>(look_at_ - steady::now());
  if (const auto due = feed_.wake_at()) wait = std::min(wait, *due - with_.time.now());
  const bool rang = co_await bell_.wait_for(std::max(wait, std::chrono::microseconds(1'000)));
  if (rang || steady::now() < look_at_) co_return;
  look_at_ = steady::now() + (place_.state == membership::joined ? times_.looked : times_.polled);
  feed_.doubt();
}

task<> chat_reading::take(const feed_batch& batch) {
  std::vector<channel_post> posts;
  for (const auto& one : batch.posts) {
    auto post = to_channel_post(one, by_.met(), place_.chat_id);
    if (post) posts.push_back(std::move(*post));
  }
  page_of_posts page;
  page.posts = posts;
  page.store_above = batch.store_above;
  page.seen_up_to = batch.seen_up_to;
  const auto known = by_.met().chats.find(place_.chat_id);
  const std::string title = known == by_.met().chats.end() ? "" : known->second.name;
  page.title = title;
  const bool same_title = title.empty() || title == what_.what.title;
  if (posts.empty() && page.seen_up_to <= feed_.mark() && same_title) co_return;
  const auto from = what_.what;  // it may change meanwhile
  co_await with_.way_in.take(from, page);
  if (!title.empty()) what_.what.title = title;
  if (batch.left_out_below == 0) co_return;
  const source_gap gap{what_.what.title.empty() ? what_.what.shown_name() : what_.what.title,
                       batch.store_above, batch.left_out_below};
  log_.error("messages of a chat were left out: too many were missed",
             {{"source", gap.name}, {"after", gap.after}, {"before", gap.before}});
  if (with_.left_out) with_.left_out(gap);
}

task<> chat_reading::walk(const history_request& wanted) {
  object request{{"@type", "getChatHistory"},
                 {"chat_id", place_.chat_id},
                 {"from_message_id", tdlib::to_local_id(wanted.from)},
                 {"offset", 0},
                 {"limit", wanted.limit},
                 {"only_local", false}};
  const auto said = co_await by_.ask(std::move(request), ration::reading);
  if (!said && is_final(said.error())) co_return co_await refuse(said.error().message);
  const auto page = expect(said, "getChatHistory");
  std::vector<std::int64_t> ids;
  auto messages = messages_in(page, &ids);
  feed_.history(wanted, std::move(messages), ids);
}

task<> chat_reading::take_edits() {
  const auto edits = std::exchange(edits_, {});
  feed_batch batch;
  batch.store_above = std::numeric_limits<std::int64_t>::max();  // only what is stored already is compared
  for (const auto id : edits) {
    auto whole = co_await message_or_album(id);
    const bool there = std::ranges::any_of(batch.posts, [&](const post_messages& one) {
      return !whole.empty() && one.front().id == whole.front().id;
    });
    if (whole.empty() || there) continue;
    feed_.edited(whole);
    batch.posts.push_back(std::move(whole));
  }
  std::ranges::sort(batch.posts, {}, [](const post_messages& one) { return one.front().id; });
  co_await take(batch);
}

// Ascending; nothing if it is gone meanwhile.
task<post_messages> chat_reading::message_or_album(std::int64_t id) {
  object request{
      {"@type", "getMessage"}, {"chat_id", place_.chat_id}, {"message_id", tdlib::to_local_id(id)}};
  const auto said = co_await by_.ask(std::move(request), ration::local);
  auto what = said ? tdlib::read_message(*said) : std::nullopt;
  if (!what) co_return post_messages();
  if (what->album_id == 0) {
    post_messages alone;
    alone.push_back(std::move(*what));
    co_return alone;
  }
  object around{{"@type", "getChatHistory"},
                {"chat_id", place_.chat_id},
                {"from_message_id", tdlib::to_local_id(id)},
                {"offset", -album_reach},
                {"limit", 2 * album_reach + 1},
                {"only_local", false}};
  const auto neighbours = co_await by_.ask(std::move(around), ration::reading);
  auto album = messages_in(expect(neighbours, "getChatHistory"), nullptr);
  std::erase_if(album, [&](const tdlib::message& one) { return one.album_id != what->album_id; });
  std::ranges::reverse(album);
  co_return album;
}

// Stored posts of the stretch that the history does not show any more were deleted while nobody looked.
task<> chat_reading::compare(const chat_feed::stretch& with) {
  const auto stored = co_await with_.book.open_posts(what_.what.id, with.from, with.to);
  std::vector<std::int64_t> gone;
  for (const auto id : stored) {
    if (std::ranges::find(with.ids, id) != with.ids.end()) continue;
    object request{
        {"@type", "getMessage"}, {"chat_id", place_.chat_id}, {"message_id", tdlib::to_local_id(id)}};
    const auto said = co_await by_.ask(std::move(request), ration::reading);
    if (!said && said.error().code == 404) gone.push_back(id);
  }
  if (!gone.empty()) co_await with_.book.close_posts(what_.what, std::move(gone));
}

}  // namespace tandem::hunt
