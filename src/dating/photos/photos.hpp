// People's photos: received from a bot, prepared by platform/images, kept in blob, ordered, moderated.
#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/strong_id.hpp"
#include "dating/ids.hpp"
#include "platform/blob/blob.hpp"
#include "platform/images/images.hpp"
#include "platform/pg/pg.hpp"

namespace tandem::dating {

class notices;

inline constexpr int most_photos = 6;

// waiting: for an operator; hidden: taken back by safety. Others see `shown` alone.
enum class photo_state : std::uint8_t { waiting, shown, refused, hidden };
std::string_view name_of(photo_state what);

// Why an operator refuses a photo. The index travels in buttons, the name lies in the database and in the
// texts (photo.reason.NAME).
inline constexpr std::string_view refuse_reasons[] = {"no_face", "not_own", "nudity",
                                                      "advert",  "minor",   "quality"};

struct photo {
  photo_id id;
  user_id of;
  int position = 1;  // 1..most_photos
  photo_state state = photo_state::waiting;
  std::string reason;  // of a refused one: one of refuse_reasons
  blob::blob_id picture, thumbnail;
  int width = 0, height = 0;
  bool suspicious = false;  // looks like a photo of somebody banned, or like one that was refused before
  instant sent_at;
  std::string file_id;  // for the bot that was asked about; "" before the first upload
};

// A photo as a bot received it: one row of the inbox. What is in the inbox survives a restart.
struct inbox_photo {
  std::int64_t inbox_id = 0;
  user_id of;
  std::int64_t bot_id = 0, chat_id = 0;
  std::string file_id, unique_id;  // unique_id: Telegram's file_unique_id
  int tries = 0;                   // without those that were put off
  int waits = 0;                   // how often it was put off
};

enum class receipt : std::uint8_t {
  accepted,
  there_already,  // the same file_unique_id: among the photos, or in the inbox
  refused_before,
  full,  // most_photos are there or on their way; refused ones make room
};

enum class photo_error : std::uint8_t {
  not_a_picture,  // neither JPEG, PNG nor WebP
  too_large,      // more bytes or megapixels than allowed
  too_small,
  broken,
  too_dear,  // took too much time or memory
  full,      // has become so meanwhile
};
std::string_view name_of(photo_error what);

// The store does not take a photo, or does not give one: of the machine, not of the photo.
struct store_away : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct added_photo {
  photo_id id;
  photo_state state = photo_state::waiting;
  bool there_already = false;  // the same picture under another file
};

// A photo as the operator sees it: with whose it is, and without a way to the person's account.
struct moderated_photo {
  photo what;  // file_id for the bot of the desk
  std::string name;
  int age = 0;
  int photos = 0;                     // of this person
  bool new_account = false;           // none of their photos has been approved so far
  bool banned = false;                // the person, meanwhile: nothing to decide
  std::optional<user_id> decided_by;  // nothing: it waits, or trust or a setting decided
  std::optional<instant> decided_at;
};

// The card of the moderation queue in one of the operator's chats.
struct desk_card {
  std::int64_t bot_id = 0, chat_id = 0, message_id = 0;
  photo_id shows;         // 0: the queue was empty
  photo_id last_decided;  // what its undo button takes back; 0: none
  std::string digest;     // of what it shows
};

struct photo_options {
  bool approve_all = false;               // the sandbox's way; what is suspicious is for the operator still
  int shown_from_trust = 1;               // profiles.trust from which on a photo is shown at once
  std::chrono::seconds notice_delay{20};  // room for an undo, and for several decisions in one notice
  // For what is read for a screen: somebody has pressed, and waits for all of it.
  std::chrono::milliseconds reading_limit{4'000};
};
inline constexpr int most_tries = 5;  // to fetch and prepare a photo, a minute apart

// What Dating keeps of photos. Statements run in the session given.
class photos {
 public:
  virtual ~photos() = default;

  // --- on their way in
  // A photo message has come: notes it in the inbox. The same message twice is there_already.
  virtual task<receipt> receive(pg::session& in, inbox_photo what) = 0;
  // People with something in the inbox that is due.
  virtual task<std::vector<user_id>> people_with_received(pg::session& in, int limit) = 0;
  // The oldest one that is due; its try is counted, and the next one is a minute away. Who cannot fetch it
  // on the last of most_tries, drops it.
  virtual task<std::optional<inbox_photo>> next_received(pg::session& in, user_id of) = 0;
  // It has failed, and neither the photo nor Telegram is to blame: the try does not count, and the next one
  // is further away each time, up to a quarter of an hour.
  virtual task<> put_off(pg::session& in, inbox_photo what) = 0;
  // Takes it out of the inbox without effect.
  virtual task<> drop_received(pg::session& in, std::int64_t inbox_id) = 0;
  // Prepares (seconds, in a child program), stores, and adds behind the last one. The inbox' row names the
  // files before they are put; the photo takes its place in one transaction, which waits for no file. A
  // picture that is refused is out of the inbox, too. Throws store_away while the store does not take it,
  // std::runtime_error while the same picture is just being removed.
  virtual task<std::expected<added_photo, photo_error>> add(pg::pool& on, inbox_photo what,
                                                            images::bytes picture) = 0;

  // --- the person's own
  // In their order, whatever the state; file_id for that bot.
  virtual task<std::vector<photo>> list(pg::session& in, user_id of, std::int64_t bot_id) = 0;
  // What others may see, in order.
  virtual task<std::vector<photo>> visible(pg::session& in, user_id of, std::int64_t bot_id) = 0;
  virtual task<std::optional<photo>> find(pg::session& in, photo_id what, std::int64_t bot_id) = 0;
  // False where it is not a photo of this person.
  virtual task<bool> remove(pg::session& in, user_id of, photo_id what) = 0;
  virtual task<bool> make_first(pg::session& in, user_id of, photo_id what) = 0;
  // How many are in the inbox.
  virtual task<int> on_their_way(pg::session& in, user_id of) = 0;

  // --- showing
  // Throws blob::damaged or std::runtime_error when the store does not have it, async::timed_out when it does
  // not give it within reading_limit. The same goes for both pictures of pair_bytes.
  virtual task<images::bytes> bytes_of(blob::blob_id what) = 0;
  // After an upload, the first or one because Telegram does not know the last file_id any more: what to send
  // it by from now on.
  virtual task<> note_file(pg::session& in, photo_id what, std::int64_t bot_id, std::string_view file_id) = 0;
  // A neutral picture for a profile without a visible photo; drawn once per process.
  virtual task<images::bytes> placeholder() = 0;
  // A signed address, for the admin.
  virtual std::string link(const blob::blob_id& what, instant until) const = 0;

  // --- the picture of a match: both first visible photos side by side
  struct pair_picture {
    photo_id left, right;
    std::string file_id;  // for that bot; "": upload pair_bytes() and call note_pair()
  };
  // Nothing where one of them has no visible photo.
  virtual task<std::optional<pair_picture>> pair(pg::session& in, user_id left, user_id right,
                                                 std::int64_t bot_id) = 0;
  virtual task<images::bytes> pair_bytes(pg::session& in, pair_picture what) = 0;
  virtual task<> note_pair(pg::session& in, pair_picture what, std::int64_t bot_id,
                           std::string_view file_id) = 0;

  // --- moderation
  virtual task<std::int64_t> waiting(pg::session& in) = 0;
  // The next one that waits behind `after` (from the start again where there is none); one that lies on
  // another chat's card only when there is no other.
  virtual task<std::optional<photo_id>> next_waiting(pg::session& in, photo_id after, std::int64_t bot_id,
                                                     std::int64_t chat_id) = 0;
  virtual task<std::optional<moderated_photo>> find_moderated(pg::session& in, photo_id what,
                                                              std::int64_t bot_id) = 0;
  // Shows it, or refuses it for a reason (one of refuse_reasons); leaves the notice for the person and raises
  // their trust with the first approval. False: somebody else was first, or it is gone.
  virtual task<bool> approve(pg::transaction& in, photo_id what, user_id by) = 0;
  virtual task<bool> refuse(pg::transaction& in, photo_id what, user_id by, std::string_view reason) = 0;
  // Back to waiting; a notice that has not been sent is not sent. False where no operator has decided.
  virtual task<bool> undo(pg::transaction& in, photo_id what) = 0;
  virtual task<std::vector<desk_card>> desk_cards(pg::session& in) = 0;
  virtual task<> keep_desk_card(pg::session& in, desk_card what) = 0;
  // The same, if the card still is what it was: false after a press in between. Of the same chat.
  virtual task<bool> replace_desk_card(pg::session& in, desk_card was, desk_card becomes) = 0;

  // --- safety
  // Shown → hidden and back; false if it is in another state.
  virtual task<bool> hide(pg::session& in, photo_id what) = 0;
  virtual task<bool> unhide(pg::session& in, photo_id what) = 0;
  // With a ban and its undoing: photos that look like this person's are suspicious from now on, or no more.
  virtual task<> ban_shapes(pg::session& in, user_id of) = 0;
  virtual task<> allow_shapes(pg::session& in, user_id of) = 0;

  // --- the end
  // Erases all rows of the person's photos; how many photos. What else deletes the rows (a cascade) does as
  // well: a trigger leaves their blobs to remove_dead().
  virtual task<std::int64_t> erase(pg::session& in, user_id of) = 0;
  // Removes the blobs of deleted photos, and of those that came to nothing, that no other photo and nothing
  // in the inbox names; how many. No transaction waits for the store. What it fails at, it throws, and tries
  // again in ten minutes at the earliest. For the scheduler, and after an erasure.
  virtual task<std::int64_t> remove_dead(pg::pool& on) = 0;
  // Removes blobs of a day and more that neither a photo nor the inbox nor `others` name: what is in no
  // list. `others` names which of these ids somebody else in the same store needs.
  using in_use = std::function<task<std::vector<blob::blob_id>>(pg::session&, std::vector<blob::blob_id>)>;
  virtual task<std::int64_t> sweep_orphans(pg::pool& on, std::vector<in_use> others) = 0;
};

// The trust of profiles, which is theirs to write: called with the first approval (true) and when the last
// one is taken back (false). May be empty.
using note_approval = std::function<task<>(pg::session& in, user_id of, bool approved)>;

// All of them outlive it.
struct photo_parts {
  blob::store& kept;
  images::workshop& shop;
  const clock& time;
  notices& news;  // photo_shown (of several within the delay the last one), photo_refused; about the photo
  note_approval approved;
  // Called when what others may see has changed in number: level 1 of the rating reads it. May be empty.
  std::function<task<>(pg::session& in, user_id of)> changed;
};
std::unique_ptr<photos> make_photos(photo_parts with, photo_options options = {});

}  // namespace tandem::dating
