#include "hunt/posts/intake.hpp"

#include <set>

#include "base/text/fold.hpp"
#include "hunt/posts/contacts.hpp"
#include "hunt/posts/lanes.hpp"
#include "hunt/posts/posts_sql.hpp"
#include "hunt/posts/source_rules.hpp"
#include "hunt/repeats/fingerprint.hpp"

namespace tandem::hunt {
namespace {

namespace sql = hunt::sql::posts;

std::string hex_of(std::uint64_t value) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (int i = 15; i >= 0; --i, value >>= 4) out[static_cast<std::size_t>(i)] = digits[value & 15];
  return out;
}

// Tells an edit: 64-bit FNV-1a over the text and the addresses behind it.
std::string content_hash_of(const channel_post& post) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](std::string_view bytes) {
    for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
    hash = (hash ^ 0xff) * 0x100000001b3;
  };
  add(post.text);
  for (const auto& link : post.links) add(link.url);
  return hex_of(hash);
}

// A post as the database knows it.
struct known_post {
  post_id id;
  std::int64_t revision = 1;
  std::string content_hash, fingerprint, state;
  post_id original;
  bool is_running() const { return state == "waiting" || state == "judged"; }
};

// A post that is new or was edited, and what becomes of it.
struct decision {
  const channel_post* post = nullptr;
  const known_post* before = nullptr;  // null: new
  instant posted_at;
  std::string content_hash, fingerprint;
  contact author;
  std::string state, reason;
  post_id id, original;
  bool passes() const { return state == "waiting"; }
  // An edited post that is running already stays its own, whatever its text says now.
  bool may_be_repeat() const {
    if (!passes() || fingerprint.empty() || (before && before->is_running())) return false;
    return !(before && before->state == "repeat" && before->fingerprint == fingerprint);
  }
};

using decisions = std::vector<decision>;

// The column arrays of the decisions in `these`, for unnest.
struct columns {
  std::vector<std::int64_t> message_ids, post_ids, originals;
  std::vector<instant> posted_at;
  std::vector<std::string> texts, urls, authors, contacts, content_hashes, fingerprints, states, reasons;
};

class post_intake final : public intake {
 public:
  post_intake(pg::pool& database, queue::queue& lanes, const clock& time, post_observer* observer,
              intake_settings settings)
      : database_(database),
        lanes_(lanes),
        time_(time),
        observer_(observer),
        settings_(std::move(settings)) {}

  task<intake_outcome> take(const source& from, page_of_posts page) override {
    decisions done;
    std::vector<std::pair<post_id, vacancy_id>> withdrawn;
    const auto now = time_.now();
    auto work = [&](pg::transaction& tx) -> task<> {
      done.clear();
      withdrawn.clear();
      co_await store(tx, from, page, now, done, withdrawn);
    };
    co_await database_.in_transaction(work);
    co_return tell(from, done, withdrawn, now);
  }

 private:
  task<> store(pg::transaction& tx, const source& from, const page_of_posts& page, instant now,
               decisions& done, std::vector<std::pair<post_id, vacancy_id>>& withdrawn) {
    co_await tx(sql::lock_source, from.id);
    const auto known = co_await load_known(tx, from, page);
    for (const auto& post : page.posts) {
      const auto found = known.find(post.message_id);
      if (found == known.end() && post.message_id <= page.store_above) continue;
      auto hash = content_hash_of(post);
      if (found != known.end() && found->second.content_hash == hash) continue;
      done.push_back(
          decide(from, post, found == known.end() ? nullptr : &found->second, std::move(hash), now));
    }
    co_await drop_banned(tx, done);
    co_await find_repeats(tx, done, now);
    co_await insert(tx, from, done, now, false);
    name_originals_of_this_page(done);
    co_await insert(tx, from, done, now, true);
    co_await revise(tx, done, now, withdrawn);
    co_await publish(tx, done);
    std::optional<instant> newest;
    for (const auto& one : done) newest = std::max(newest.value_or(one.posted_at), one.posted_at);
    co_await tx(sql::advance, from.id, page.seen_up_to, now, newest, page.title);
  }

  task<std::unordered_map<std::int64_t, known_post>> load_known(pg::transaction& tx, const source& from,
                                                                const page_of_posts& page) {
    std::unordered_map<std::int64_t, known_post> out;
    std::vector<std::int64_t> ids;
    for (const auto& post : page.posts) ids.push_back(post.message_id);
    if (ids.empty()) co_return out;
    const auto rows = co_await tx(sql::known, from.id, ids);
    for (int i = 0; i < rows.size(); ++i) {
      auto& post = out[rows[i].get<std::int64_t>(0)];
      post.id = rows[i].get<post_id>(1);
      post.revision = rows[i].get<std::int64_t>(2);
      post.content_hash = rows[i].get<std::string>(3);
      post.fingerprint = rows[i].get<std::string>(4);
      post.state = rows[i].get<std::string>(5);
      post.original = rows[i].get<post_id>(6);
    }
    co_return out;
  }

  // What can be said of a post by itself.
  decision decide(const source& from, const channel_post& post, const known_post* before, std::string hash,
                  instant now) {
    decision out;
    out.post = &post;
    out.before = before;
    if (before) out.id = before->id;
    out.posted_at = std::min(post.posted_at, now);  // nothing is from the future
    out.content_hash = std::move(hash);
    const auto words = text::split(post.text, stems_);
    if (const auto print = fingerprint(words)) out.fingerprint = to_hex(*print);
    out.state = "dropped";
    auto ruling = rules_.evaluate(from, post.text, words);
    const bool was_running = before && before->is_running();
    if (post.text.empty()) {
      out.reason = "no_text";
    } else if (!ruling.passed) {
      out.reason = std::move(ruling.rule);
    } else if (!was_running && out.posted_at < now - settings_.oldest_delivered) {
      out.reason = "old";
    } else {
      out.state = "waiting";
      out.reason = std::move(ruling.rule);
      out.author = contacts_.find(post, words, from.name);
      if (before && before->state == "repeat" && before->fingerprint == out.fingerprint) {
        out.state = "repeat";
        out.original = before->original;
      }
    }
    return out;
  }

  task<> drop_banned(pg::transaction& tx, decisions& done) {
    std::vector<std::string> authors;
    for (const auto& one : done) {
      if (one.passes() && !one.author.author_key.empty()) authors.push_back(one.author.author_key);
    }
    if (authors.empty()) co_return;
    const auto rows = co_await tx(sql::banned, authors);
    std::set<std::string> banned;
    for (int i = 0; i < rows.size(); ++i) banned.insert(rows[i].get<std::string>(0));
    for (auto& one : done) {
      if (!one.passes() || !banned.contains(one.author.author_key)) continue;
      one.state = "dropped";
      one.reason = "banned_author";
    }
  }

  task<> find_repeats(pg::transaction& tx, decisions& done, instant now) {
    std::vector<std::string> fingerprints;
    std::vector<std::int64_t> keys;
    for (const auto& one : done) {
      if (!one.may_be_repeat()) continue;
      fingerprints.push_back(one.fingerprint);
      keys.push_back(lock_key_of(one.fingerprint));
    }
    if (fingerprints.empty()) co_return;
    co_await tx(sql::lock_fingerprints, keys);
    const auto rows = co_await tx(sql::originals, fingerprints, now - settings_.repeat_window);
    std::unordered_map<std::string, post_id> originals;
    for (int i = 0; i < rows.size(); ++i)
      originals.emplace(rows[i].get<std::string>(0), rows[i].get<post_id>(1));
    for (auto& one : done) {
      if (!one.may_be_repeat()) continue;
      // The first of this page is the original of the others; its id is filled in when it is stored.
      const auto [found, first] =
          originals.try_emplace(one.fingerprint, one.before ? one.before->id : post_id());
      if (first || (one.before && found->second == one.before->id)) continue;
      one.state = "repeat";
      one.original = found->second;
    }
  }

  static std::int64_t lock_key_of(std::string_view fingerprint) {
    std::uint32_t key = 0;
    for (const char digit : fingerprint.substr(0, 8)) {
      key = key << 4 | static_cast<std::uint32_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return static_cast<std::int32_t>(key);
  }

  columns columns_of(const source& from, const std::vector<decision*>& these) const {
    columns out;
    for (const auto* one : these) {
      out.message_ids.push_back(one->post->message_id);
      out.post_ids.push_back(one->id.value);
      out.originals.push_back(one->original.value);
      out.posted_at.push_back(one->posted_at);
      out.texts.push_back(one->post->text);
      out.urls.push_back(settings_.post_root + "/" + from.name + "/" + std::to_string(one->post->message_id));
      out.authors.push_back(one->author.author_key);
      out.contacts.push_back(one->author.url);
      out.content_hashes.push_back(one->content_hash);
      out.fingerprints.push_back(one->fingerprint);
      out.states.push_back(one->state);
      out.reasons.push_back(one->reason);
    }
    return out;
  }

  task<> insert(pg::transaction& tx, const source& from, decisions& done, instant now, bool repeats) {
    std::vector<decision*> these;
    for (auto& one : done) {
      if (!one.before && (one.state == "repeat") == repeats) these.push_back(&one);
    }
    if (these.empty()) co_return;
    const auto c = columns_of(from, these);
    const auto rows =
        co_await tx(sql::insert, from.id, now, c.message_ids, c.posted_at, c.texts, c.urls, c.authors,
                    c.contacts, c.content_hashes, c.fingerprints, c.states, c.reasons, c.originals);
    std::unordered_map<std::int64_t, post_id> ids;
    for (int i = 0; i < rows.size(); ++i) ids.emplace(rows[i].get<std::int64_t>(0), rows[i].get<post_id>(1));
    for (auto* one : these) one->id = ids.at(one->post->message_id);
  }

  // An original has its id only now, when it is stored.
  static void name_originals_of_this_page(decisions& done) {
    std::unordered_map<std::string_view, post_id> originals;
    for (const auto& one : done) {
      if (one.passes()) originals.emplace(one.fingerprint, one.id);
    }
    for (auto& one : done) {
      if (one.state == "repeat" && one.original == post_id()) one.original = originals.at(one.fingerprint);
    }
  }

  task<> revise(pg::transaction& tx, decisions& done, instant now,
                std::vector<std::pair<post_id, vacancy_id>>& withdrawn) {
    std::vector<decision*> these;
    std::vector<std::int64_t> dropped;
    for (auto& one : done) {
      if (!one.before) continue;
      these.push_back(&one);
      if (!one.passes()) dropped.push_back(one.id.value);
    }
    if (these.empty()) co_return;
    const auto c = columns_of({}, these);
    co_await tx(sql::revise, now, c.post_ids, c.texts, c.authors, c.contacts, c.content_hashes,
                c.fingerprints, c.states, c.reasons, c.originals);
    if (dropped.empty()) co_return;
    const auto rows = co_await tx(sql::withdraw, dropped);
    for (int i = 0; i < rows.size(); ++i) {
      withdrawn.emplace_back(rows[i].get<post_id>(0), rows[i].get<vacancy_id>(1));
    }
  }

  task<> publish(pg::transaction& tx, const decisions& done) {
    std::vector<queue::publication> events;
    for (const auto& one : done) {
      if (one.passes()) events.push_back(to_publication({one.id, one.before ? one.before->revision + 1 : 1}));
    }
    if (!events.empty()) co_await lanes_.publish(tx, events);
  }

  intake_outcome tell(const source& from, const decisions& done,
                      const std::vector<std::pair<post_id, vacancy_id>>& withdrawn, instant now) const {
    intake_outcome out;
    for (const auto& one : done) {
      ++(one.before ? out.edited : out.added);
      ++(one.passes() ? out.passed : one.state == "repeat" ? out.repeats : out.dropped);
      if (!observer_) continue;
      post_event event;
      event.post = one.id;
      event.source = from.id;
      event.source_name = from.name;
      event.message_id = one.post->message_id;
      event.posted_at = one.posted_at;
      event.at = now;
      event.what = one.before ? post_event::kind::edited : post_event::kind::seen;
      event.detail = one.post->text;
      observer_->noticed(event);
      event.what = one.passes()            ? post_event::kind::passed
                   : one.state == "repeat" ? post_event::kind::repeat
                                           : post_event::kind::dropped;
      event.detail = one.reason;
      event.original = one.original;
      observer_->noticed(event);
      for (const auto& [post, vacancy] : withdrawn) {
        if (post != one.id) continue;
        event.what = post_event::kind::withdrawn;
        event.vacancy = vacancy;
        observer_->noticed(event);
      }
    }
    return out;
  }

  pg::pool& database_;
  queue::queue& lanes_;
  const clock& time_;
  post_observer* observer_;
  intake_settings settings_;
  text::stemmer stems_;
  contact_finder contacts_{stems_};
  source_rules rules_;
};

}  // namespace

std::unique_ptr<intake> make_intake(pg::pool& database, queue::queue& lanes, const clock& time,
                                    post_observer* observer, intake_settings settings) {
  return std::make_unique<post_intake>(database, lanes, time, observer, std::move(settings));
}

}  // namespace tandem::hunt
