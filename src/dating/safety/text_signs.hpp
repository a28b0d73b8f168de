#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text/fold.hpp"

// What a text carries that leads people out of the bot or into harm. Pure: text in, places out. Letters of
// another alphabet that look alike, spelled-out and spaced digits are read as a person reads them; ordinary
// sentences with dates, prices and years carry nothing.
namespace tandem::dating {

enum class sign : std::uint8_t {
  link,          // "t.me/x", "example dot com", "пример точка ру"
  email,         // "a@b.ru", "anna собака mail точка ru"
  phone,         // "+7 916…", "8 9 1 6…", "восемь девятьсот шестнадцать…"
  handle,        // "@anna", "тг: anna_k", "my insta is anna.k"
  solicitation,  // paid intimacy, webcam, "earnings", casinos
  money,         // asks to send money, card numbers
  minor,         // an age under 18, also told backwards ("61 наоборот")
};
std::string_view name_of(sign what);  // "link", as in texts and in dating.actions.subject

struct found_sign {
  sign what;
  std::size_t offset = 0, length = 0;  // bytes in the text
  friend bool operator==(const found_sign&, const found_sign&) = default;
};

// Where a text is going to be shown.
enum class text_place : std::uint8_t {
  about,    // the profile: "about", own interests, the name
  letter,   // a like with a message
  opening,  // the first messages of a talk, or any of somebody new
  talk,     // between two who have both written
};

enum class text_fate : std::uint8_t {
  pass,    // nothing found
  mask,    // shown with the found places hidden: see masked()
  refuse,  // not shown; the writer is told why and may write anew
};

struct text_verdict {
  text_fate fate = text_fate::pass;
  std::vector<found_sign> signs;  // in the order of the text, not overlapping

  bool has(sign what) const;
  // Told to the operator's queue by a rule, however the text is treated: money, solicitation, minor.
  bool suspicious() const { return has(sign::money) || has(sign::solicitation) || has(sign::minor); }
};

class text_signs {
 public:
  std::vector<found_sign> find(std::string_view text);
  // Refused wherever the reader is a stranger; in a talk contacts are masked, and what is suspicious passes:
  // two who know each other may speak of money, and the operator hears of it.
  text_verdict judge(std::string_view text, text_place where);

 private:
  text::stemmer stems_;
};

// What places found mean where the text is shown.
text_verdict judge_signs(std::vector<found_sign> signs, text_place where);
// Places of both, overlapping ones as one.
std::vector<found_sign> merged(std::vector<found_sign> one, std::vector<found_sign> other);

// Leads to somebody outside of the bot: link, e-mail, phone, handle. Only such places are hidden in a talk.
bool is_contact(sign what);
inline constexpr std::string_view hidden_place = "•••";
// The text with its contacts replaced by hidden_place.
std::string masked(std::string_view text, const std::vector<found_sign>& signs);

// An opener without what differs from person to person: case, punctuation, look-alike letters, the name of
// who gets it. "" for one too short to be anybody's (under three words): "Hello!" is not copied.
std::string opener_of(std::string_view text, std::string_view to_name, text::stemmer& stems);

}  // namespace tandem::dating
