#include "dating/safety/text_signs.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace tandem::dating {
namespace {

using text::token;
using text::token_kind;

// --- the text as one character after another, as a reader sees it ---

// One character: folded to lower case and its plain form, a Cyrillic letter that looks Latin as that one.
struct glyph {
  std::uint32_t offset = 0, length = 0;  // bytes in the source
  std::string folded;
  char latin = 0;         // its ASCII look, 0 if it has none
  bool cyrillic = false;  // was written in Cyrillic
};

constexpr std::pair<std::string_view, char> latin_looks[] = {
    {"а", 'a'}, {"в", 'b'}, {"с", 'c'}, {"е", 'e'}, {"н", 'h'}, {"к", 'k'}, {"м", 'm'}, {"о", 'o'},
    {"р", 'p'}, {"т", 't'}, {"х", 'x'}, {"у", 'y'}, {"і", 'i'}, {"ј", 'j'}, {"ѕ", 's'}, {"г", 'r'}};

std::size_t character_length(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte < 0x80) return 1;
  if (byte >= 0xf0) return 4;
  return byte >= 0xe0 ? 3 : 2;
}

// What nobody sees: keycap and emoji selectors, joiners, zero-width spaces.
bool is_invisible(std::string_view character) {
  static constexpr std::string_view unseen[] = {"\u200b", "\u200c", "\u200d", "\u2060",
                                                "\ufe0e", "\ufe0f", "\u20e3", "\u00ad"};
  return std::ranges::find(unseen, character) != std::end(unseen);
}

std::vector<glyph> glyphs_of(std::string_view text) {
  std::vector<glyph> out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const auto length = std::min(character_length(text[at]), text.size() - at);
    const auto source = text.substr(at, length);
    glyph one{static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(length), {}, 0, false};
    at += length;
    if (length == 1) {
      const char c = source.front();
      one.latin = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      one.folded.assign(1, one.latin);
    } else if (is_invisible(source)) {
      continue;
    } else {
      one.folded = text::fold(source);
      if (one.folded.size() == 1) one.latin = one.folded.front();
      for (const auto& [letter, look] : latin_looks) {
        if (letter == one.folded) one.latin = look;
      }
      const auto lead = static_cast<unsigned char>(one.folded.empty() ? 0 : one.folded.front());
      one.cyrillic = lead == 0xd0 || lead == 0xd1;
    }
    out.push_back(std::move(one));
  }
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return c >= 'a' && c <= 'z'; }
bool is_name(char c) { return is_letter(c) || is_digit(c) || c == '_'; }
bool is_label(char c) { return is_name(c) || c == '-' || c == '+'; }

using glyphs = std::vector<glyph>;

void add(std::vector<found_sign>& to, sign what, const glyphs& all, std::size_t from, std::size_t end) {
  const auto first = all[from].offset;
  to.push_back({what, first, all[end - 1].offset + all[end - 1].length - first});
}

std::string latin_of(const glyphs& all, std::size_t from, std::size_t end) {
  std::string out;
  for (; from < end; ++from) out += all[from].latin;
  return out;
}

// --- links and e-mail addresses ---

bool is_domain(std::string_view name) {
  static constexpr std::string_view known[] = {"com",  "org", "net", "ru",  "su",  "me",  "io",     "info",
                                               "club", "ltd", "xyz", "app", "dev", "pro", "online", "site",
                                               "link", "top", "gg",  "ly",  "tv",  "ee",  "ua",     "kz"};
  return std::ranges::find(known, name) != std::end(known);
}

bool is_space(const glyph& one) { return one.folded == " " || one.folded == "\n" || one.folded == "\t"; }

// To the next space, without the punctuation of the sentence.
std::size_t to_space(const glyphs& all, std::size_t at) {
  const auto from = at;
  while (at < all.size() && !is_space(all[at])) ++at;
  while (at > from && std::string_view(".,;:!?)]}\"'").contains(all[at - 1].folded)) --at;
  return at;
}

bool begins(const glyphs& all, std::size_t at, std::string_view latin) {
  if (at + latin.size() > all.size()) return false;
  for (std::size_t i = 0; i < latin.size(); ++i) {
    if (all[at + i].latin != latin[i]) return false;
  }
  return true;
}

// Letters of any alphabet and digits belong to a word.
bool is_word(const glyph& one) {
  return is_name(one.latin) || (one.latin == 0 && !one.folded.empty() && one.cyrillic);
}

// The end of "name.name.tld" at `at`, `at` if there is none. One that is Cyrillic from end to end is the end
// of a sentence without a space, but for the Russian domains, which no word is like.
std::size_t address_end(const glyphs& all, std::size_t at) {
  std::size_t end = at, dot = 0;
  bool cyrillic_only = true;
  for (; end < all.size(); ++end) {
    const auto& one = all[end];
    if (one.latin == '.') {
      if (end == at || all[end - 1].latin == '.') break;
      dot = end;
    } else if (!is_label(one.latin) && !one.cyrillic) {
      break;
    } else if (is_letter(one.latin) && !one.cyrillic) {
      cyrillic_only = false;
    }
  }
  if (dot + 1 == end && dot > at) {  // the full stop of the sentence
    end = dot;
    dot = 0;
    for (std::size_t i = at; i < end; ++i) {
      if (all[i].latin == '.') dot = i;
    }
  }
  if (dot <= at || dot + 1 >= end) return at;
  std::string top;
  for (std::size_t i = dot + 1; i < end; ++i) top += all[i].folded;
  if (top == "рф" || top == "ру") return end;
  const auto name = latin_of(all, at, dot);
  if (cyrillic_only && !(name == "t" && latin_of(all, dot + 1, end) == "me")) return at;
  return is_domain(latin_of(all, dot + 1, end)) ? end : at;
}

void find_addresses(const glyphs& all, std::vector<found_sign>& out) {
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (at > 0 && (is_word(all[at - 1]) || all[at - 1].latin == '.')) continue;
    std::size_t end = at;
    for (const std::string_view scheme : {"https://", "http://", "tg://", "www."}) {
      if (begins(all, at, scheme)) end = to_space(all, at + scheme.size());
    }
    if (end > at) {
      add(out, sign::link, all, at, end);
      at = end - 1;
      continue;
    }
    // An e-mail address: a name, "@", a domain.
    std::size_t name = at;
    while (name < all.size() && (is_label(all[name].latin) || all[name].latin == '.')) ++name;
    if (name > at && name + 1 < all.size() && all[name].latin == '@') {
      std::size_t host = name + 1;
      while (host < all.size() && (is_label(all[host].latin) || all[host].latin == '.')) ++host;
      while (host > name + 1 && all[host - 1].latin == '.') --host;
      const auto domain = latin_of(all, name + 1, host);
      const auto dot = domain.rfind('.');
      if (dot != std::string::npos && dot > 0 && domain.size() - dot > 2) {
        add(out, sign::email, all, at, host);
        at = host - 1;
        continue;
      }
    }
    end = address_end(all, at);
    if (end == at) continue;
    if (end < all.size() && (all[end].latin == '/' || all[end].latin == ':')) end = to_space(all, end);
    add(out, sign::link, all, at, end);
    at = end - 1;
  }
}

// "@anna", whatever the letters are that look so.
void find_mentions(const glyphs& all, std::vector<found_sign>& out) {
  constexpr std::size_t shortest = 3;
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (all[at].latin != '@' || (at > 0 && is_word(all[at - 1]))) continue;
    std::size_t from = at + 1;
    while (from < all.size() && all[from].folded == " ") ++from;
    std::size_t end = from;
    while (end < all.size() && (is_name(all[end].latin) || (all[end].latin == '.' && end + 1 < all.size() &&
                                                            is_name(all[end + 1].latin)))) {
      ++end;
    }
    if (end - from >= shortest) add(out, sign::handle, all, at, end);
  }
}

// --- phones and card numbers in figures ---

// Between the digits of one number. No colon: that is a time.
bool separates(const glyph& one) {
  static constexpr std::string_view known[] = {" ", "-", ".", "(", ")",      "/",      "_",      "*",
                                               "–", "—", "‑", "−", "\u00a0", "\u2009", "\u202f", "+"};
  return std::ranges::find(known, one.folded) != std::end(known);
}

struct digit_group {
  std::size_t from = 0, end = 0;  // glyphs
  std::string digits;
};

// A letter that stands for a digit between two of them ("89l6o…").
char as_digit(const glyphs& all, std::size_t at) {
  const auto& one = all[at];
  if (is_digit(one.latin)) return one.latin;
  const bool inside = at > 0 && at + 1 < all.size() && is_digit(all[at - 1].latin) &&
                      (is_digit(all[at + 1].latin) || all[at + 1].latin == one.latin);
  if (!inside) return 0;
  if (one.latin == 'o') return '0';
  if (one.latin == 'l' || one.latin == 'i') return '1';
  return one.folded == "з" ? '3' : char(0);
}

int number(const std::string& digits) {
  int out = 0;
  for (const char digit : digits) out = out * 10 + (digit - '0');
  return out;
}

std::string between(const glyphs& all, const digit_group& left, const digit_group& right) {
  std::string out;
  for (std::size_t i = left.end; i < right.from; ++i) out += all[i].folded;
  return out;
}

// "12.05.2026", "12/5/26", "2026-05-12" at this group.
bool is_date(const glyphs& all, std::span<const digit_group> at) {
  if (at.size() < 3) return false;
  const auto gap = between(all, at[0], at[1]);
  if (gap != between(all, at[1], at[2]) || (gap != "." && gap != "/" && gap != "-")) return false;
  if (at.size() > 3 && between(all, at[2], at[3]) == gap) return false;
  const auto is_day = [](const digit_group& one) {
    return one.digits.size() <= 2 && number(one.digits) >= 1 && number(one.digits) <= 31;
  };
  const auto is_year = [](const digit_group& one) {
    return one.digits.size() == 4 && (one.digits.starts_with("19") || one.digits.starts_with("20"));
  };
  if (is_year(at[0])) return is_day(at[1]) && is_day(at[2]);
  return is_day(at[0]) && is_day(at[1]) && (is_year(at[2]) || (gap != "-" && at[2].digits.size() == 2));
}

// "5 000 000": threes behind the first, all with the same gap.
bool is_sum(std::span<const digit_group> groups) {
  return groups.size() > 1 && groups.front().digits.size() <= 3 &&
         std::ranges::all_of(groups.subspan(1), [](const auto& one) { return one.digits.size() == 3; });
}

bool has_sizes(std::span<const digit_group> groups, std::initializer_list<std::size_t> sizes) {
  return std::ranges::equal(groups, sizes, {}, [](const digit_group& one) { return one.digits.size(); });
}

bool is_phone(std::string_view digits, bool plus, std::span<const digit_group> groups) {
  const auto count = digits.size();
  if (plus && count >= 10 && count <= 15) return true;
  const bool one_by_one = count >= 10 && count <= 15 &&
                          std::ranges::all_of(groups, [](const auto& g) { return g.digits.size() == 1; });
  if (one_by_one) return true;
  if (has_sizes(groups, {3, 2, 2}) || has_sizes(groups, {3, 3, 4})) return true;
  if (is_sum(groups)) return false;
  if (count == 11 && (digits[0] == '7' || digits[0] == '8')) {
    return std::string_view("34789").contains(digits[1]);
  }
  if (count == 10) return digits[0] == '9';
  static constexpr std::string_view countries[] = {"380", "375", "998", "996", "992", "994", "995", "374"};
  return count >= 11 && count <= 12 &&
         std::ranges::any_of(countries, [&](auto code) { return digits.starts_with(code); });
}

void judge_run(const glyphs& all, std::span<const digit_group> groups, std::vector<found_sign>& out) {
  if (groups.empty()) return;
  std::string digits;
  for (const auto& one : groups) digits += one.digits;
  auto from = groups.front().from;
  bool plus = false;
  for (std::size_t back = 1; back <= 2 && back <= from; ++back) {
    if (all[from - back].latin == '+') {
      plus = true;
      from -= back;
      break;
    }
    if (all[from - back].folded != "(" && all[from - back].folded != " ") break;
  }
  const bool card = digits.size() == 16 && (groups.size() == 1 || has_sizes(groups, {4, 4, 4, 4}));
  if (card) {
    add(out, sign::money, all, from, groups.back().end);
  } else if (is_phone(digits, plus, groups)) {
    add(out, sign::phone, all, from, groups.back().end);
  }
}

void find_numbers(const glyphs& all, std::vector<found_sign>& out) {
  constexpr std::size_t widest_gap = 3;
  std::vector<digit_group> groups;
  const auto end_run = [&] {
    // Dates divide what stands around them.
    std::span<const digit_group> rest(groups);
    std::size_t from = 0;
    for (std::size_t i = 0; i < rest.size(); ++i) {
      if (!is_date(all, rest.subspan(i))) continue;
      judge_run(all, rest.subspan(from, i - from), out);
      i += 2;
      from = i + 1;
    }
    judge_run(all, rest.subspan(std::min(from, rest.size())), out);
    groups.clear();
  };
  std::size_t gap = 0;
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (const char digit = as_digit(all, at)) {
      if (groups.empty() || gap > 0) groups.push_back({at, at, {}});
      groups.back().digits += digit;
      groups.back().end = at + 1;
      gap = 0;
    } else if (!groups.empty() && separates(all[at]) && ++gap <= widest_gap) {
      // goes on, perhaps
    } else {
      end_run();
      gap = 0;
    }
  }
  end_run();
}

// --- words ---

// "восемь девятьсот шестнадцать": what each word adds to a number that is told.
struct spoken_number {
  std::string_view word;
  int value;
};
constexpr spoken_number spoken[] = {
    {"ноль", 0},          {"нуль", 0},        {"один", 1},         {"два", 2},         {"три", 3},
    {"четыре", 4},        {"пять", 5},        {"шесть", 6},        {"семь", 7},        {"восемь", 8},
    {"девять", 9},        {"десять", 10},     {"одиннадцать", 11}, {"двенадцать", 12}, {"тринадцать", 13},
    {"четырнадцать", 14}, {"пятнадцать", 15}, {"шестнадцать", 16}, {"семнадцать", 17}, {"восемнадцать", 18},
    {"девятнадцать", 19}, {"двадцать", 20},   {"тридцать", 30},    {"сорок", 40},      {"пятьдесят", 50},
    {"шестьдесят", 60},   {"семьдесят", 70},  {"восемьдесят", 80}, {"девяносто", 90},  {"сто", 100},
    {"двести", 200},      {"триста", 300},    {"четыреста", 400},  {"пятьсот", 500},   {"шестьсот", 600},
    {"семьсот", 700},     {"восемьсот", 800}, {"девятьсот", 900},  {"zero", 0},        {"oh", 0},
    {"one", 1},           {"two", 2},         {"three", 3},        {"four", 4},        {"five", 5},
    {"six", 6},           {"seven", 7},       {"eight", 8},        {"nine", 9}};

std::optional<int> spoken_value(const token& one) {
  for (const auto& [word, value] : spoken) {
    if (one.folded == word) return value;
  }
  return std::nullopt;
}

// How many digits a list of spoken values writes: "девятьсот шестнадцать" is one group of three.
int digits_written(const std::vector<int>& values) {
  int count = 0, room = 0;  // room: how small the next one must be to stand inside the group
  for (const int value : values) {
    if (room > 0 && value < room && value > 0) {
      room = value >= 20 ? 10 : 0;
      continue;
    }
    count += value >= 100 ? 3 : value >= 10 ? 2 : 1;
    room = value >= 100 ? 100 : value >= 20 ? 10 : 0;
  }
  return count;
}

void find_spoken_phones(std::span<const token> words, std::vector<found_sign>& out) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    std::vector<int> values;
    int in_figures = 0, first = -1;
    std::size_t end = at, said = 0;
    for (; end < words.size(); ++end) {
      if (const auto value = spoken_value(words[end])) {
        values.push_back(*value);
        ++said;
        if (first < 0) first = *value;
      } else if (words[end].kind == token_kind::number && words[end].folded.size() <= 4) {
        in_figures += static_cast<int>(words[end].folded.size());
        if (first < 0) first = words[end].folded.front() - '0';
      } else if (words[end].folded != "плюс" && words[end].folded != "plus") {
        break;
      }
    }
    if (end == at) continue;
    const int all = digits_written(values) + in_figures;
    while (first >= 10) first /= 10;
    if (said >= 3 && all >= 10 && all <= 15 && first >= 3) {
      const auto& last = words[end - 1];
      out.push_back({sign::phone, words[at].offset, last.offset + last.length - words[at].offset});
    }
    at = end;
  }
}

// A phrase: slots in order, each a choice of words ("a|b"), "x*" for a beginning; up to `gap` other words
// between two slots.
struct phrase {
  sign what;
  std::string_view slots;
  std::size_t gap = 1;
};
constexpr phrase phrases[] = {
    {sign::link, "точка|тчк|dot com|ru|me|net|org|ком|ру|ме|орг|рф", 0},
    {sign::email,
     "собака|собачка|at gmail|mail|yandex|ya|icloud|outlook|inbox|гмейл|мейл|мэйл|яндекс|джимейл", 0},
    {sign::solicitation, "встреч*|секс*|интим*|ночь|час за деньг*|вознагражд*|плату|донат*"},
    {sign::solicitation, "интим*|секс услуг*|досуг|встреч*"},
    {sign::solicitation, "услуг* интим*|эскорт*"},
    {sign::solicitation, "эскорт*|онлифанс*|онлифэнс*|onlyfans|escort|вебкам*|webcam", 0},
    {sign::solicitation, "проститу*|индивидуалк*|путан*", 0},
    {sign::solicitation, "ищу|нужен|найду|looking|want|need спонсор*|содержател*|sponsor", 2},
    {sign::solicitation, "sugar daddy|baby|mommy|mama", 0},
    {sign::solicitation, "sell|selling|buy|продаю|продам nudes|интим*|нюдс*|pics|videos", 2},
    {sign::solicitation, "nudes|sex|meet|date for money|cash", 0},
    {sign::solicitation, "paid meet*|dates|sex|services", 0},
    {sign::solicitation, "легк*|быстр*|пассивн* заработ*|доход*", 0},
    {sign::solicitation, "заработ* без|в вложени*|опыта|интернет*|сети", 0},
    {sign::solicitation, "passive|easy income|money", 0},
    {sign::solicitation, "зарабатыв*|заработ* на|с крипт*|бинари*|трейдинг*|ставк*|инвестиц*", 0},
    {sign::solicitation, "earn* with|on|from crypto*|bitcoin|forex|usdt|trading", 0},
    {sign::solicitation, "казино|casino|1xbet|букмекер* бонус*|промокод*|bonus|promo*", 3},
    {sign::money,
     "скинь|скинешь|скиньте|перевед*|перекинь|пришли|закинь|подкинь|кинь деньг*|денег|денежк*|руб*|тыс*", 2},
    {sign::money, "скинь|скинешь|скиньте|переведи*|перекинь|закинь|кинь на карт*|сбер*|тинькоф*", 2},
    {sign::money, "одолж*|займи|займешь|займите денег|деньг*|руб*|тыс*", 2},
    {sign::money, "номер карты|карточки", 0},
    {sign::money, "send|lend|transfer|wire|give me money|cash|bucks|dollars|usd|crypto|btc|usdt", 3},
    {sign::money, "buy|send|need|give gift|steam|itunes|amazon card|cards|code", 2},
    {sign::money, "western union", 0},
    {sign::money, "cashapp|venmo|paypal me", 0},
};

bool fits(std::string_view choice, std::string_view word) {
  if (choice.ends_with('*')) return word.starts_with(choice.substr(0, choice.size() - 1));
  return word == choice;
}

bool fits_slot(std::string_view slot, const token& word) {
  while (!slot.empty()) {
    const auto bar = slot.find('|');
    if (fits(slot.substr(0, bar), word.folded)) return true;
    if (bar == std::string_view::npos) break;
    slot.remove_prefix(bar + 1);
  }
  return false;
}

// Where the phrase ends if it begins at `at`, else 0.
std::size_t phrase_end(std::span<const token> words, std::size_t at, std::string_view slots,
                       std::size_t gap) {
  std::size_t allowed = 0;  // none before the first
  while (!slots.empty()) {
    const auto space = slots.find(' ');
    const auto slot = slots.substr(0, space);
    slots.remove_prefix(space == std::string_view::npos ? slots.size() : space + 1);
    bool found = false;
    for (std::size_t skip = 0; skip <= allowed && at + skip < words.size() && !found; ++skip) {
      if (!fits_slot(slot, words[at + skip])) continue;
      at += skip + 1;
      found = true;
    }
    if (!found) return 0;
    allowed = gap;
  }
  return at;
}

void find_phrases(std::span<const token> words, std::vector<found_sign>& out) {
  for (const auto& one : phrases) {
    for (std::size_t at = 0; at < words.size(); ++at) {
      const auto end = phrase_end(words, at, one.slots, one.gap);
      if (end == 0) continue;
      // The name in front of "dot com" and "at gmail" goes with it.
      const bool with_name = (one.what == sign::link || one.what == sign::email) && at > 0;
      const auto from = words[with_name ? at - 1 : at].offset;
      out.push_back({one.what, from, words[end - 1].offset + words[end - 1].length - from});
      at = end - 1;
    }
  }
}

// --- other messengers ---

bool is_messenger(std::string_view word) {
  static constexpr std::string_view known[] = {
      "telegram",   "tg",       "тг",        "телега",   "телеге", "телеграм", "телеграмм", "телеграме",
      "телеграмме", "insta",    "instagram", "инста",    "инсте",  "инсту",    "инстаграм", "инстаграме",
      "ig",         "whatsapp", "ватсап",    "вотсап",   "вацап",  "ватсапе",  "wa",        "viber",
      "вайбер",     "вайбере",  "snap",      "snapchat", "снап",   "vk",       "вк",        "вконтакте",
      "discord",    "дискорд",  "дискорде",  "skype",    "скайп",  "wechat",   "kik",       "facebook",
      "fb",         "фейсбук",  "tiktok",    "тикток"};
  return std::ranges::find(known, word) != std::end(known);
}

bool is_filler(std::string_view word) {
  static constexpr std::string_view known[] = {"is",  "at",  "my",  "me",   "name", "nick", "id",  "мой",
                                               "моя", "ник", "там", "меня", "я",    "это",  "имя", "логин"};
  return std::ranges::find(known, word) != std::end(known);
}

// A name as nobody writes a word: with figures, underscores or points inside, or Latin among Cyrillic.
bool looks_like_handle(std::string_view source, bool cyrillic_text) {
  constexpr std::size_t shortest = 4;
  if (source.size() < shortest) return false;
  bool sign_inside = false, letters = false;
  for (const char c : source) {
    const char low = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (!is_name(low) && low != '.') return false;
    sign_inside = sign_inside || is_digit(low) || low == '_' || low == '.';
    letters = letters || is_letter(low);
  }
  return letters && (sign_inside || cyrillic_text);
}

// The word with what Telegram allows in a name, from the source: "anna_k.95".
std::string_view name_at(std::string_view text, std::size_t offset) {
  std::size_t end = offset;
  while (end < text.size() &&
         (is_name(text[end]) || (text[end] >= 'A' && text[end] <= 'Z') || text[end] == '.')) {
    ++end;
  }
  while (end > offset && text[end - 1] == '.') --end;
  return text.substr(offset, end - offset);
}

void find_handles(std::string_view text, std::span<const token> words, std::vector<found_sign>& out) {
  const bool cyrillic = std::ranges::any_of(words, [](const token& one) {
    return !one.folded.empty() && static_cast<unsigned char>(one.folded[0]) >= 0xd0;
  });
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (!is_messenger(words[at].folded)) continue;
    std::size_t next = at + 1;
    while (next < words.size() && next <= at + 3 && is_filler(words[next].folded)) ++next;
    if (next >= words.size() || is_messenger(words[next].folded)) continue;
    const auto name = name_at(text, words[next].offset);
    const auto gap = text.substr(words[at].offset + words[at].length,
                                 words[next].offset - words[at].offset - words[at].length);
    const bool named = gap.contains(':') || gap.contains('@') || gap.contains(" - ") || gap.contains("—");
    constexpr std::size_t shortest = 4;
    const bool latin_name = name.size() >= shortest && looks_like_handle(name, true);
    if (!looks_like_handle(name, cyrillic) && !(named && latin_name)) continue;
    out.push_back({sign::handle, words[at].offset, words[next].offset + name.size() - words[at].offset});
    at = next;
  }
}

// --- ages ---

bool one_of(std::string_view word, std::initializer_list<std::string_view> known) {
  return std::ranges::find(known, word) != known.end();
}

bool says_reversed(std::string_view word) {
  return word.starts_with("revers") || word.starts_with("backward") || word.starts_with("перев") ||
         one_of(word, {"наоборот", "flip", "flipped", "задом", "зеркально"});
}

std::optional<int> age_in(const token& one) {
  if (one.kind != token_kind::number || one.folded.size() != 2) return std::nullopt;
  return number(one.folded);
}

bool is_minor(int age) { return age >= 10 && age < 18; }

void find_minors(std::span<const token> words, std::vector<found_sign>& out) {
  const auto mark = [&](std::size_t from, std::size_t last) {
    out.push_back(
        {sign::minor, words[from].offset, words[last].offset + words[last].length - words[from].offset});
  };
  const auto word = [&](std::size_t at) {
    return at < words.size() ? std::string_view(words[at].folded) : "";
  };
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (const auto age = age_in(words[at])) {
      // "61 наоборот", "reverse 61": told backwards it is a child's.
      const bool child = is_minor(*age % 10 * 10 + *age / 10);
      for (std::size_t near = 1; child && near <= 2; ++near) {
        if (at + near < words.size() && says_reversed(word(at + near))) mark(at, at + near);
        if (at >= near && says_reversed(word(at - near))) mark(at - near, at);
      }
      // "мне 15 лет", "i am 16": not "мне 15 минут", "когда мне было 15".
      const bool russian =
          at >= 1 && word(at - 1) == "мне" && !(at >= 2 && one_of(word(at - 2), {"когда", "было"}));
      const bool english = at >= 1 && (one_of(word(at - 1), {"im", "i'm"}) ||
                                       (at >= 2 && word(at - 1) == "am" && word(at - 2) == "i"));
      const auto next = word(at + 1);
      const bool ends = at + 1 == words.size() || words[at + 1].line != words[at].line;
      const bool years =
          one_of(next, {"лет", "год", "года", "годиков", "годик", "years", "yo", "y", "yrs", "year"});
      const bool ago = one_of(word(at + 2), {"назад", "ago", "до"});
      if (is_minor(*age) && (russian || english) && (ends || years) && !ago) {
        mark(at - 1, years ? at + 1 : at);
      }
    }
    // "my age is backwards", "возраст наоборот", "swap the digits of my age".
    if (!one_of(word(at), {"age", "возраст", "ages"})) continue;
    for (std::size_t near = 1; near <= 3; ++near) {
      if (at + near < words.size() && says_reversed(word(at + near))) mark(at, at + near);
      if (at >= near && says_reversed(word(at - near))) mark(at - near, at);
    }
  }
}

// Places that touch become one, of the kind that came first.
std::vector<found_sign> in_order(std::vector<found_sign> found) {
  std::ranges::sort(found, [](const found_sign& a, const found_sign& b) {
    return a.offset != b.offset ? a.offset < b.offset : a.length > b.length;
  });
  std::vector<found_sign> out;
  for (const auto& one : found) {
    if (out.empty() || one.offset >= out.back().offset + out.back().length) {
      out.push_back(one);
      continue;
    }
    auto& before = out.back();
    before.length = std::max(before.length, one.offset + one.length - before.offset);
  }
  return out;
}

}  // namespace

std::string_view name_of(sign what) {
  static constexpr std::string_view names[] = {"link",         "email", "phone", "handle",
                                               "solicitation", "money", "minor"};
  return names[static_cast<std::size_t>(what)];
}

bool text_verdict::has(sign what) const {
  return std::ranges::find(signs, what, &found_sign::what) != signs.end();
}

std::vector<found_sign> text_signs::find(std::string_view text) {
  std::vector<found_sign> found;
  const auto all = glyphs_of(text);
  find_addresses(all, found);
  find_mentions(all, found);
  find_numbers(all, found);
  auto words = text::split(text, stems_);
  std::erase_if(words, [](const token& one) { return one.kind == token_kind::sign; });
  find_spoken_phones(words, found);
  find_phrases(words, found);
  find_handles(text, words, found);
  find_minors(words, found);
  return in_order(std::move(found));
}

text_verdict judge_signs(std::vector<found_sign> signs, text_place where) {
  text_verdict out{text_fate::pass, std::move(signs)};
  if (out.signs.empty()) return out;
  const bool contacts =
      out.has(sign::link) || out.has(sign::email) || out.has(sign::phone) || out.has(sign::handle);
  if (where != text_place::talk) {
    out.fate = text_fate::refuse;
  } else if (contacts) {
    out.fate = text_fate::mask;
    // A card number stays: the operator hears of it.
  }
  return out;
}

text_verdict text_signs::judge(std::string_view text, text_place where) {
  return judge_signs(find(text), where);
}

std::vector<found_sign> merged(std::vector<found_sign> one, std::vector<found_sign> other) {
  one.insert(one.end(), other.begin(), other.end());
  return in_order(std::move(one));
}

bool is_contact(sign what) {
  return what == sign::link || what == sign::email || what == sign::phone || what == sign::handle;
}

std::string masked(std::string_view text, const std::vector<found_sign>& signs) {
  std::string out;
  std::size_t at = 0;
  for (const auto& one : signs) {
    if (!is_contact(one.what)) continue;
    out += text.substr(at, one.offset - at);
    out += hidden_place;
    at = one.offset + one.length;
  }
  out += text.substr(at);
  return out;
}

std::string opener_of(std::string_view text, std::string_view to_name, text::stemmer& stems) {
  constexpr std::size_t fewest_words = 3;
  auto name = text::fold(to_name);
  std::string out;
  std::size_t count = 0;
  for (const auto& one : text::split(text, stems)) {
    if (one.kind == token_kind::sign || one.folded == name) continue;
    out += (out.empty() ? "" : " ") + one.folded;
    ++count;
  }
  return count < fewest_words ? std::string() : out;
}

}  // namespace tandem::dating
