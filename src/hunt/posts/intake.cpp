#include "hunt/posts/intake.hpp"

#include <set>

#include "base/text/fold.hpp"
#include "base/text/hex.hpp"
#include "base/text/stable_hash.hpp"
#include "hunt/posts/contacts.hpp"
#include "hunt/posts/lanes.hpp"
#include "hunt/posts/posts_sql.hpp"
#include "hunt/posts/source_rules.hpp"
#include "hunt/repeats/fingerprint.hpp"
#include "hunt/repeats/near.hpp"

namespace tandem::hunt {
namespace {

namespace sql = hunt::sql::posts;

// Tells an edit: of the text and the addresses behind it.
std::string content_hash_of(const channel_post& post) {
  text::stable_hash content;
  content.add_part(post.text);
  for (const auto& link : post.links) content.add_part(link.url);
  return text::hex_number(content.value());
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
  std::optional<compared_text> words;  // of those that pass
  std::vector<std::int64_t> bands;
  // What it is found to be a repeat of, while that is not stored yet: another one of this page.
  decision* original_here = nullptr;
  post_id takes_over;  // an original that was posted later
  bool passes() const { return state == "waiting"; }
  // An edited post that is running already stays its own, whatever its text says now.
  bool may_be_repeat() const {
    if (!passes() || (fingerprint.empty() && bands.empty()) || (before && before->is_running())) return false;
    return !(before && before->state == "repeat" && before->fingerprint == fingerprint);
  }
};

using decisions = std::vector<decision>;

// The column arrays of the decisions in `these`, for unnest.
struct columns {
  std::vector<std::int64_t> message_ids, post_ids, originals;
  std::vector<instant> posted_at;
  std::vector<std::string> texts, urls, authors, contacts, content_hashes, fingerprints, states, reasons,
      origins, bands;
};

// A stored post that a new one may repeat.
struct stored_original {
  post_id id;
  instant posted_at;
  bool judged = false;
};

constexpr int most_alike = 300;  // stored posts that a page is compared with
// An original gives its place to a post that was published earlier by more than clocks differ.
constexpr auto earlier_by = std::chrono::minutes(1);

std::string joined(const std::vector<std::int64_t>& numbers) {
  std::string out;
  for (const auto number : numbers) {
    if (!out.empty()) out += ',';
    out += std::to_string(number);
  }
  return out;
}

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
    const auto locked = co_await tx(sql::lock_source, from.id);
    if (locked.front().get<bool>(0)) co_return;
    const auto known = co_await load_known(tx, from, page);
    const bool keeps_known = page.back_fill && from.kind != source_kind::archive;
    for (const auto& post : page.posts) {
      const auto found = known.find(post.message_id);
      if (found == known.end() && post.message_id <= page.store_above) continue;
      if (found != known.end() && keeps_known) continue;
      auto hash = content_hash_of(post);
      if (found != known.end() && found->second.content_hash == hash) continue;
      done.push_back(
          decide(from, post, found == known.end() ? nullptr : &found->second, std::move(hash), now));
    }
    co_await drop_banned(tx, done);
    co_await find_repeats(tx, done);
    co_await insert(tx, from, done, now, false);
    name_originals_of_this_page(done);
    co_await insert(tx, from, done, now, true);
    co_await revise(tx, done, now, withdrawn);
    co_await close_deleted(tx, from, page, now);
    co_await join_originals(tx, done);
    co_await publish(tx, done, page.back_fill ? std::optional(now) : std::nullopt);
    std::optional<instant> newest;
    for (const auto& one : done) newest = std::max(newest.value_or(one.posted_at), one.posted_at);
    if (page.back_fill) {
      co_await tx(sql::advance_back_fill, from.id, newest, page.title);
    } else {
      co_await tx(sql::advance, from.id, page.seen_up_to, now, newest, page.title);
    }
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
    if (post.text.empty()) {
      out.reason = "no_text";
    } else if (!ruling.passed) {
      out.reason = std::move(ruling.rule);
    } else {
      out.state = "waiting";
      out.reason = std::move(ruling.rule);
      out.author = contacts_.find(post, words, from.name);
      out.words.emplace(words);
      out.bands = out.words->bands();
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

  // Exact repeats first, near ones among the rest; stored posts before those of this page.
  task<> find_repeats(pg::transaction& tx, decisions& done) {
    std::vector<std::string> fingerprints;
    std::vector<std::int64_t> keys, bands;
    instant first = instant::max(), last = instant::min();
    for (const auto& one : done) {
      if (!one.may_be_repeat()) continue;
      if (!one.fingerprint.empty()) {
        fingerprints.push_back(one.fingerprint);
        keys.push_back(lock_key_of(one.fingerprint));
      }
      for (const auto band : one.bands) keys.push_back(static_cast<std::int32_t>(band));
      bands.insert(bands.end(), one.bands.begin(), one.bands.end());
      first = std::min(first, one.posted_at - settings_.repeat_window);
      last = std::max(last, one.posted_at + settings_.repeat_window);
    }
    if (keys.empty()) co_return;
    co_await tx(sql::lock_texts, keys);
    co_await find_same(tx, done, fingerprints, first, last);
    if (!bands.empty()) co_await find_alike(tx, done, bands, first, last);
    co_await hold_originals(tx, done);
    find_here(done);
    co_await give_places(tx, done);
  }

  bool near_in_time(const decision& one, instant other) const {
    return std::chrono::abs(one.posted_at - other) <= settings_.repeat_window;
  }

  void become_repeat(decision& one, const stored_original& of) {
    if (one.before && one.before->id == of.id) return;
    if (!one.before && one.posted_at < of.posted_at - earlier_by) {
      one.takes_over = of.id;
    } else {
      one.state = "repeat";
      one.original = of.id;
    }
  }

  task<> find_same(pg::transaction& tx, decisions& done, const std::vector<std::string>& fingerprints,
                   instant first, instant last) {
    if (fingerprints.empty()) co_return;
    const auto rows = co_await tx(sql::same, fingerprints, first, last);
    std::unordered_multimap<std::string, stored_original> originals;
    for (int i = 0; i < rows.size(); ++i) {
      originals.emplace(rows[i].get<std::string>(2),
                        stored_original{rows[i].get<post_id>(0), rows[i].get<instant>(1),
                                        rows[i].get<std::string_view>(3) == "judged"});
    }
    for (auto& one : done) {
      if (!one.may_be_repeat()) continue;
      const auto [from, to] = originals.equal_range(one.fingerprint);
      const stored_original* best = nullptr;
      for (auto at = from; at != to; ++at) {
        const auto& it = at->second;
        if (near_in_time(one, it.posted_at) && (!best || it.id.value < best->id.value)) best = &it;
      }
      if (best) become_repeat(one, *best);
    }
  }

  task<> find_alike(pg::transaction& tx, decisions& done, const std::vector<std::int64_t>& bands,
                    instant first, instant last) {
    const auto rows = co_await tx(sql::alike, bands, first, last, most_alike);
    struct candidate {
      stored_original what;
      compared_text words;
      std::vector<std::int64_t> bands;
    };
    std::vector<candidate> candidates;
    for (int i = rows.size() - 1; i >= 0; --i) {
      const auto tokens = text::split(rows[i].get<std::string_view>(2), stems_);
      candidates.push_back(
          {{rows[i].get<post_id>(0), rows[i].get<instant>(1), rows[i].get<std::string_view>(4) == "judged"},
           compared_text(tokens),
           rows[i].get<std::vector<std::int64_t>>(3)});
    }
    for (auto& one : done) {
      if (!one.may_be_repeat() || one.bands.empty() || one.takes_over != post_id()) continue;
      const candidate* best = nullptr;
      double shared = 0;
      for (const auto& other : candidates) {
        if (!near_in_time(one, other.what.posted_at) || !share_a_band(one.bands, other.bands)) continue;
        const auto like = compare(*one.words, other.words);
        if (!like.is_repeat() || like.shared <= shared) continue;
        best = &other;
        shared = like.shared;
      }
      if (best) become_repeat(one, best->what);
    }
  }

  // An original that was found may be none by now: its source was taken down. It has an heir then, or the
  // repeat is the first of its kind.
  static task<> hold_originals(pg::transaction& tx, decisions& done) {
    std::set<std::int64_t> held;
    for (;;) {
      std::set<std::int64_t> found;
      for (const auto& one : done) {
        if (one.state == "repeat" && !held.contains(one.original.value)) found.insert(one.original.value);
      }
      if (found.empty()) co_return;
      const std::vector<std::int64_t> ids(found.begin(), found.end());
      const auto rows = co_await tx(sql::hold_originals, ids);
      held.merge(found);
      for (int i = 0; i < rows.size(); ++i) {
        const auto state = rows[i].get<std::string_view>(1);
        const auto heir = rows[i].get<post_id>(2);
        for (auto& one : done) {
          if (one.state != "repeat" || one.original != rows[i].get<post_id>(0)) continue;
          const bool was_repeat = one.before && one.before->state == "repeat";
          if (state == "repeat" && heir != one.id) {
            one.original = heir;
          } else if (state == "repeat" || (state == "dropped" && !was_repeat)) {
            one.state = "waiting";
            one.original = {};
          }
        }
      }
    }
  }

  static bool share_a_band(const std::vector<std::int64_t>& one, const std::vector<std::int64_t>& other) {
    return std::ranges::find_first_of(one, other) != one.end();
  }

  // The first of this page is the original of the others.
  void find_here(decisions& done) {
    for (std::size_t i = 0; i < done.size(); ++i) {
      auto& one = done[i];
      if (!one.may_be_repeat() || one.takes_over != post_id()) continue;
      for (std::size_t j = 0; j < i; ++j) {
        auto& first = done[j];
        if (!first.passes() || !near_in_time(one, first.posted_at)) continue;
        const bool same = !one.fingerprint.empty() && one.fingerprint == first.fingerprint;
        const bool alike = !same && !one.bands.empty() && share_a_band(one.bands, first.bands) &&
                           compare(*one.words, *first.words).is_repeat();
        if (!same && !alike) continue;
        one.state = "repeat";
        one.original_here = &first;
        break;
      }
    }
  }

  // A place is given to one post only; what it had (a verdict, perhaps) its successor has as well.
  static task<> give_places(pg::transaction& tx, decisions& done) {
    std::unordered_map<post_id, decision*> successors;
    std::vector<std::int64_t> ids;
    for (auto& one : done) {
      if (one.takes_over == post_id()) continue;
      const auto [found, first] = successors.try_emplace(one.takes_over, &one);
      if (first) {
        ids.push_back(one.takes_over.value);
        continue;
      }
      one.takes_over = post_id();
      one.state = "repeat";
      one.original_here = found->second;
    }
    if (ids.empty()) co_return;
    const auto rows = co_await tx(sql::lock_originals, ids);
    for (int i = 0; i < rows.size(); ++i) {
      auto& one = *successors.at(rows[i].get<post_id>(0));
      const auto state = rows[i].get<std::string>(1);
      if (state == "waiting" || state == "judged") {
        one.state = state;
        continue;
      }
      // Somebody else has been faster, or an edit has taken it out.
      one.takes_over = post_id();
      if (state != "repeat") continue;
      one.state = state;
      one.original = rows[i].get<post_id>(2);
    }
  }

  task<> join_originals(pg::transaction& tx, const decisions& done) {
    std::vector<std::int64_t> later, earlier, repeats;
    for (const auto& one : done) {
      if (one.takes_over != post_id()) {
        later.push_back(one.takes_over.value);
        earlier.push_back(one.id.value);
        repeats.push_back(one.takes_over.value);
      }
      if (one.state == "repeat") repeats.push_back(one.id.value);
    }
    if (!later.empty()) co_await tx(sql::take_over, later, earlier);
    if (!repeats.empty()) co_await tx(sql::lend_contacts, repeats);
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
      const auto id = std::to_string(one->post->message_id);
      const bool has_page = from.kind != source_kind::operators && from.kind != source_kind::bot;
      out.urls.push_back(!one->post->url.empty() ? one->post->url
                         : has_page              ? settings_.post_root + "/" + from.name + "/" + id
                                                 : "");
      out.authors.push_back(one->author.author_key);
      out.contacts.push_back(one->author.url);
      out.content_hashes.push_back(one->content_hash);
      out.fingerprints.push_back(one->fingerprint);
      out.states.push_back(one->state);
      out.reasons.push_back(one->reason);
      out.origins.push_back(one->post->origin);
      out.bands.push_back(one->state == "waiting" || one->state == "judged" ? joined(one->bands) : "");
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
    const auto rows = co_await tx(sql::insert, from.id, now, c.message_ids, c.posted_at, c.texts, c.urls,
                                  c.authors, c.contacts, c.content_hashes, c.fingerprints, c.states,
                                  c.reasons, c.originals, c.origins, c.bands);
    std::unordered_map<std::int64_t, post_id> ids;
    for (int i = 0; i < rows.size(); ++i) ids.emplace(rows[i].get<std::int64_t>(0), rows[i].get<post_id>(1));
    for (auto* one : these) one->id = ids.at(one->post->message_id);
  }

  // An original has its id only now, when it is stored.
  static void name_originals_of_this_page(decisions& done) {
    for (auto& one : done) {
      if (one.original_here) one.original = one.original_here->id;
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
                c.fingerprints, c.states, c.reasons, c.originals, c.bands);
    if (dropped.empty()) co_return;
    const auto rows = co_await tx(sql::withdraw, dropped);
    for (int i = 0; i < rows.size(); ++i) {
      withdrawn.emplace_back(rows[i].get<post_id>(0), rows[i].get<vacancy_id>(1));
    }
  }

  // A post that has gone from its page: it is closed, and so is its vacancy unless a copy stands elsewhere.
  // Should it come back (a page can be cut short), it is taken for edited and judged again.
  static task<> close_deleted(pg::transaction& tx, const source& from, const page_of_posts& page,
                              instant now) {
    if (page.whole_to == 0) co_return;
    std::vector<std::int64_t> there;
    for (const auto& post : page.posts) there.push_back(post.message_id);
    const auto gone = co_await tx(sql::close_deleted, from.id, page.whole_from, page.whole_to, there, now);
    std::vector<std::int64_t> posts;
    for (int i = 0; i < gone.size(); ++i) posts.push_back(gone[i].get<std::int64_t>(0));
    if (!posts.empty()) co_await tx(sql::close_vacancies, posts);
  }

  // What is back-filled goes to the judge at a pace, so that live posts do not wait behind it.
  task<> publish(pg::transaction& tx, const decisions& done, std::optional<instant> paced_from) {
    std::vector<queue::publication> events;
    if (paced_from) back_fill_turn_ = std::max(back_fill_turn_, *paced_from);
    for (const auto& one : done) {
      if (!one.passes()) continue;
      events.push_back(to_publication({one.id, one.before ? one.before->revision + 1 : 1}));
      if (!paced_from) continue;
      events.back().due_at = back_fill_turn_;
      back_fill_turn_ += std::chrono::microseconds(1'000'000 / settings_.back_fill_per_second);
    }
    if (!events.empty()) co_await lanes_.publish(tx, events);
  }

  intake_outcome tell(const source& from, const decisions& done,
                      const std::vector<std::pair<post_id, vacancy_id>>& withdrawn, instant now) const {
    intake_outcome out;
    for (const auto& one : done) {
      ++(one.before ? out.edited : out.added);
      const bool runs = one.passes() || one.state == "judged";
      ++(runs ? out.passed : one.state == "repeat" ? out.repeats : out.dropped);
      out.posts.push_back({one.id, one.post->message_id, name_of_state(one.state), one.original});
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
      event.what = runs                    ? post_event::kind::passed
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

  static std::string_view name_of_state(std::string_view state) {
    for (const std::string_view known : {"dropped", "repeat", "judged"}) {
      if (state == known) return known;
    }
    return "waiting";
  }

  pg::pool& database_;
  queue::queue& lanes_;
  const clock& time_;
  post_observer* observer_;
  intake_settings settings_;
  text::stemmer stems_;
  contact_finder contacts_{stems_};
  source_rules rules_;
  instant back_fill_turn_;
};

}  // namespace

std::unique_ptr<intake> make_intake(pg::pool& database, queue::queue& lanes, const clock& time,
                                    post_observer* observer, intake_settings settings) {
  return std::make_unique<post_intake>(database, lanes, time, observer, std::move(settings));
}

}  // namespace tandem::hunt
