// Photos as people and operators see them. Pure but for the pictures, whose bytes are asked for when they
// have to be uploaded.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "dating/bot/parts.hpp"
#include "dating/bot/presses.hpp"

namespace tandem::dating::bot {

namespace press {
inline constexpr std::string_view photos = "ph:list";
inline constexpr std::string_view photo_at = "ph:at:";        // photo
inline constexpr std::string_view photo_first = "ph:first:";  // photo
inline constexpr std::string_view photo_ask = "ph:ask:";      // photo: remove it?
inline constexpr std::string_view photo_remove = "ph:remove:";
inline constexpr std::string_view photo_add = "ph:add";
inline constexpr std::string_view photos_done = "ph:done";  // back to the profile, or on in registration

// Of the desk: photo.
inline constexpr std::string_view desk_show = "op:photo:show:";
inline constexpr std::string_view desk_approve = "op:photo:yes:";
inline constexpr std::string_view desk_why = "op:photo:no:";      // asks for the reason
inline constexpr std::string_view desk_refuse = "op:photo:why:";  // and the index in refuse_reasons
inline constexpr std::string_view desk_ask_ban = "op:photo:ask:";
inline constexpr std::string_view desk_ban = "op:photo:ban:";
inline constexpr std::string_view desk_next = "op:photo:next:";
inline constexpr std::string_view desk_undo = "op:photo:undo:";
}  // namespace press

// ---- pictures for screens; parts must outlive them

conversation::picture to_picture(const parts& with, const photo& what);
// The figure for somebody without a visible photo.
conversation::picture no_photo(const parts& with);
conversation::picture to_picture(const parts& with, const photos::pair_picture& what);

// ---- the person's own photos

struct photos_facts {
  std::vector<photo> all;  // in order
  photo_id at;             // which of them is looked at; one that is not there: the first
  int on_their_way = 0;
  bool registering = false;
};
// The photo that is looked at, with all the others as numbers; a text where there is none.
screen my_photos(const view& to, const parts& with, const photos_facts& facts);
screen ask_removal(const view& to, const parts& with, const photo& what);
struct addition_facts {
  int photos = 0;  // there and on their way
  bool registering = false;
};
screen ask_for_photo(const view& to, const addition_facts& facts);

// What has become of photos that were sent in a row.
struct arrival_facts {
  int left = 0;     // still being looked at
  int delayed = 0;  // to be tried again in a minute
  int shown = 0, waiting = 0, doubles = 0;
  bool full = false;
  bool refused_before = false;  // one of the doubles is a photo that was refused
  bool not_fetched = false;     // Telegram does not give it
  bool put_off = false;         // we fail at it, and go on trying
  bool not_prepared = false;    // we have failed at it for good
  std::map<photo_error, int> errors = {};
  int total = 0;  // photos of the person
  bool registering = false;

  // Something has become of one.
  bool any() const {
    return shown + waiting + doubles > 0 || full || refused_before || not_fetched || put_off ||
           not_prepared || !errors.empty();
  }
};
screen arrival(const view& to, const arrival_facts& facts);
// A video, an animation, a document that is no picture.
screen not_a_photo(const view& to, bool registering);

// ---- notices; nothing when they do not hold any more

std::optional<screen> photo_shown(const view& to, const std::vector<photo>& all);
std::optional<screen> photo_refused(const view& to, const parts& with, const photo& what);

// ---- the operator's desk

struct desk_facts {
  std::optional<moderated_photo> at;  // nothing: it is gone, or there is none
  std::string decided_by;             // who has decided, as Telegram names them; "": nobody or a rule
  std::int64_t waiting = 0;
  std::optional<moderated_photo> before;  // what the one who looks has decided last
};
enum class desk_question { none, reason, ban };
screen desk_card_screen(const view& to, const parts& with, const desk_facts& facts,
                        desk_question about = desk_question::none);
// Changes whenever the screen does.
std::string digest_of(const screen& what);
// Instead of a digest: a question is shown about this photo, and stays while the photo waits.
inline constexpr std::string_view desk_asking = "asking";

}  // namespace tandem::dating::bot
