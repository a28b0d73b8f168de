#include "hunt/reader_accounts/chat_feed.hpp"

#include <algorithm>
#include <ranges>

namespace tandem::hunt {
namespace {

constexpr std::size_t albums_kept = 64;

void insert_ascending(post_messages& into, tdlib::message what) {
  const auto at = std::ranges::lower_bound(into, what.id, {}, &tdlib::message::id);
  if (at != into.end() && at->id == what.id) {
    *at = std::move(what);
  } else {
    into.insert(at, std::move(what));
  }
}

media_kind media_of(tdlib::content_kind content) {
  using tdlib::content_kind;
  switch (content) {
    case content_kind::photo: return media_kind::photo;
    case content_kind::video: return media_kind::video;
    case content_kind::voice: return media_kind::voice;
    case content_kind::document: return media_kind::document;
    case content_kind::sticker: return media_kind::sticker;
    case content_kind::poll: return media_kind::poll;
    case content_kind::location: return media_kind::location;
    default: return media_kind::unsupported;
  }
}

template <class Key>
people_and_chats::named named(const std::map<Key, people_and_chats::named>& in, Key id) {
  const auto found = in.find(id);
  return found == in.end() ? people_and_chats::named() : found->second;
}

void add_origin(channel_post& to, const tdlib::forward& from, const people_and_chats& known) {
  const auto who = from.chat_id != 0 ? named(known.chats, from.chat_id) : named(known.users, from.user_id);
  to.forwarded_from = from.name.empty() ? who.name : from.name;
  if (who.username.empty()) return;
  to.forwarded_url = "https://t.me/" + who.username;
  if (from.message_id != 0) to.forwarded_url += "/" + std::to_string(from.message_id);
}

void add_author(channel_post& to, const tdlib::message& what, const people_and_chats& known,
                std::int64_t chat_id) {
  if (what.sender_chat == chat_id)
    return;  // the channel itself, or an administrator who hides behind the chat
  const auto id = what.sender_chat != 0 ? what.sender_chat : what.sender_user;
  const auto who = what.sender_chat != 0 ? named(known.chats, id) : named(known.users, id);
  to.author_id = id;
  to.author_name = who.name;
  to.author_username = who.username;
}

}  // namespace

void chat_feed::newest_is(std::int64_t id, instant now) {
  if (id > std::max(highest_, mark_) && !hint_) hint_.emplace(id, now + pace_.doubt);
}

void chat_feed::arrived(tdlib::message what, instant now) {
  if (what.id <= mark_) return;
  if (what.id > highest_ + 1) look_ = true;  // something in between did not come
  highest_ = std::max(highest_, what.id);
  if (hint_ && hint_->first <= highest_) hint_.reset();
  if (what.album_id == 0) {
    insert_ascending(live_, std::move(what));
    return;
  }
  auto& whole = albums_[what.album_id];
  whole.due = now + pace_.album_silence;
  whole.waits = true;
  insert_ascending(whole.messages, std::move(what));
}

void chat_feed::edited(const post_messages& whole) {
  const auto known = albums_.find(whole.front().album_id);
  if (known == albums_.end()) return;
  for (const auto& one : whole) insert_ascending(known->second.messages, one);
}

void chat_feed::gone(std::int64_t id) {
  const auto is_it = [id](const tdlib::message& one) { return one.id == id; };
  std::erase_if(live_, is_it);
  for (auto& [number, whole] : albums_) std::erase_if(whole.messages, is_it);
  std::erase_if(albums_, [](const auto& one) { return one.second.messages.empty(); });
}

std::optional<history_request> chat_feed::wanted(instant now) {
  if (page_) return std::nullopt;  // one page after the other, however slow the database is
  if (hint_ && hint_->second <= now) {
    look_ = true;
    hint_.reset();
  }
  if (!walk_ && !look_) return std::nullopt;
  if (!walk_) walk_.emplace();
  look_ = false;
  return history_request{walk_->below, mark_ == 0 ? pace_.first_page : pace_.page};
}

void chat_feed::history(const history_request& asked, post_messages newest_first,
                        std::span<const std::int64_t> ids) {
  if (!walk_ || walk_->below != asked.from) return;
  const auto [lowest, top] = ids.empty()
                                 ? std::pair<std::int64_t, std::int64_t>()
                                 : std::pair(*std::ranges::min_element(ids), *std::ranges::max_element(ids));
  walk_->seen += ids.size();
  if (asked.from == 0) {
    walk_->top = top;
    highest_ = std::max(highest_, top);
    if (mark_ != 0 && !ids.empty()) compared_ = stretch{lowest, top, {ids.begin(), ids.end()}};
  }
  std::ranges::reverse(newest_first);
  auto& ascending = newest_first;
  std::ranges::move(walk_->carried, std::back_inserter(ascending));
  walk_->carried.clear();
  const bool whole_start = mark_ == 0 && walk_->seen >= static_cast<std::size_t>(pace_.first_page);
  const bool stuck = asked.from != 0 && lowest >= asked.from;
  const bool whole = ids.empty() || lowest <= mark_ || whole_start || stuck;
  const bool done = whole || walk_->seen >= pace_.most_messages;
  if (!done && !ascending.empty() && ascending.front().album_id != 0) {
    const auto album_id = ascending.front().album_id;
    const auto rest = std::ranges::find_if(
        ascending, [album_id](const tdlib::message& one) { return one.album_id != album_id; });
    walk_->carried.assign(std::make_move_iterator(ascending.begin()), std::make_move_iterator(rest));
    ascending.erase(ascending.begin(), rest);
  }
  feed_batch out;
  out.posts = as_posts(std::move(ascending));
  out.store_above = mark_;
  out.seen_up_to = done ? std::max(mark_, walk_->top) : mark_;
  out.from_history = true;
  if (done && !whole) out.left_out_below = lowest;
  page_ = std::move(out);
  if (done) {
    walk_.reset();
  } else {
    walk_->below = lowest;
  }
}

// Puts albums together, also with those of their messages that came in another way.
std::vector<post_messages> chat_feed::as_posts(post_messages ascending) {
  std::vector<post_messages> out;
  std::map<std::int64_t, std::size_t> place;  // of an album
  for (auto& one : ascending) {
    const auto album_id = one.album_id;
    if (album_id == 0) {
      out.push_back({std::move(one)});
      continue;
    }
    const auto [known, first] = place.try_emplace(album_id, out.size());
    if (first) {
      const auto live = albums_.find(album_id);
      out.push_back(live == albums_.end() ? post_messages() : live->second.messages);
    }
    insert_ascending(out[known->second], std::move(one));
  }
  for (const auto& [album_id, at] : place) {
    if (const auto live = albums_.find(album_id); live != albums_.end()) live->second.messages = out[at];
  }
  std::ranges::sort(out, {}, [](const post_messages& one) { return one.front().id; });
  return out;
}

void chat_feed::collect_live(instant now) {
  auto ready = std::exchange(live_, {});
  std::int64_t up_to = highest_;
  for (auto& [album_id, whole] : albums_) {
    if (!whole.waits) continue;
    if (whole.due > now) {
      up_to = std::min(up_to, whole.messages.front().id - 1);
      continue;
    }
    whole.waits = false;
    std::ranges::copy(whole.messages, std::back_inserter(ready));
  }
  if (ready.empty()) return;
  std::ranges::sort(ready, {}, &tdlib::message::id);
  feed_batch out;
  out.posts = as_posts(std::move(ready));
  out.store_above = mark_;
  out.seen_up_to = is_walking() ? mark_ : std::max(mark_, up_to);
  batch_ = std::move(out);
  while (albums_.size() > albums_kept && !albums_.begin()->second.waits) albums_.erase(albums_.begin());
}

const feed_batch* chat_feed::next(instant now) {
  if (!batch_ && page_) batch_ = std::exchange(page_, std::nullopt);
  if (!batch_) collect_live(now);
  return batch_ ? &*batch_ : nullptr;
}

void chat_feed::taken() {
  mark_ = std::max(mark_, batch_->seen_up_to);
  batch_.reset();
}

std::optional<instant> chat_feed::wake_at() const {
  std::optional<instant> out;
  const auto sooner = [&out](instant at) { out = std::min(out.value_or(at), at); };
  for (const auto& [album_id, whole] : albums_) {
    if (whole.waits) sooner(whole.due);
  }
  if (hint_) sooner(hint_->second);
  return out;
}

std::optional<chat_feed::stretch> chat_feed::take_compared() {
  return std::exchange(compared_, std::nullopt);
}

std::optional<channel_post> to_channel_post(const post_messages& messages, const people_and_chats& known,
                                            std::int64_t chat_id) {
  const auto is_post = [](const tdlib::message& one) {
    return one.content != tdlib::content_kind::service && !one.outgoing;
  };
  const auto first = std::ranges::find_if(messages, is_post);
  if (first == messages.end()) return std::nullopt;
  channel_post out;
  out.message_id = first->id;
  out.posted_at = instant(std::chrono::seconds(first->date));
  out.signature = first->signature;
  for (const auto& one : messages | std::views::filter(is_post)) {
    if (!one.text.empty()) out.text += (out.text.empty() ? "" : "\n") + one.text;
    for (const auto& link : one.links) out.links.push_back({link.url, link.text});
    std::ranges::copy(one.hashtags, std::back_inserter(out.hashtags));
    out.edited = out.edited || one.edited;
    if (one.content == tdlib::content_kind::text) continue;
    const auto kind = messages.size() > 1 ? media_kind::album : media_of(one.content);
    if (std::ranges::find(out.media, kind) == out.media.end()) out.media.push_back(kind);
  }
  if (first->from) {
    add_origin(out, *first->from, known);
  } else {
    add_author(out, *first, known, chat_id);
  }
  return out;
}

}  // namespace tandem::hunt
