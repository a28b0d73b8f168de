#include "hunt/repeats/near.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <unordered_map>
#include <unordered_set>

#include "base/text/stable_hash.hpp"
#include "hunt/repeats/lines.hpp"

namespace tandem::hunt {
namespace {

using text::token_kind;

constexpr std::size_t rows_of_band = 2, number_of_bands = 16;
constexpr std::size_t most_words = 600;      // of a post that are compared
constexpr std::size_t fewest_words = 8;      // that are no fillers; with less, a near repeat is a guess
constexpr double shortest_of_longest = 0.4;  // a part of a long list is no repeat of it
constexpr std::size_t longest_title = 10;    // words; a longer first line is a sentence of the text
constexpr std::size_t longest_exchange = 5;  // words; more is another headline, not another role
constexpr std::size_t short_text = 8;        // words that tell something: in it each of them does

// Words of a vacancy that say nothing about the work: a channel exchanges them freely. Stems.
const std::unordered_set<std::string_view>& fillers() {
  static const std::unordered_set<std::string_view> words{
      "ваканс",    "нужн",  "нужен",    "ищ",       "ищет",     "ищем",      "ищут",   "треб",
      "требует",   "требу", "работ",    "заказ",    "задач",    "проект",    "нов",    "срочн",
      "вниман",    "друз",  "всем",     "привет",   "добр",     "ден",       "день",   "здравствуйт",
      "коллег",    "в",     "на",       "и",        "с",        "для",       "по",     "от",
      "до",        "к",     "или",      "а",        "у",        "о",         "за",     "из",
      "контакт",   "пиш",   "писа",     "пишит",    "отклик",   "отправля",  "отправ", "связ",
      "лс",        "личк",  "telegram", "телеграм", "тг",       "whatsapp",  "канал",  "подписа",
      "подписыва", "job",   "vacanc",   "need",     "look",     "for",       "hire",   "we",
      "are",       "the",   "a",        "an",       "to",       "of",        "удален", "удаленк",
      "удаленн",   "remot", "онлайн",   "фриланс",  "freelanc", "дистанцион"};
  return words;
}

// Who is wanted: stems.
const std::unordered_set<std::string_view>& roles() {
  static const std::unordered_set<std::string_view> words{
      "разработчик", "программист",   "верстальщик", "фронтенд",   "бэкенд",      "бекенд",    "тестировщик",
      "админ",       "администратор", "аналитик",    "дизайнер",   "иллюстратор", "художник",  "аниматор",
      "моделлер",    "визуализатор",  "фотограф",    "видеограф",  "монтажер",    "оператор",  "копирайтер",
      "рерайтер",    "редактор",      "корректор",   "автор",      "сценарист",   "журналист", "переводчик",
      "репетитор",   "преподавател",  "маркетолог",  "таргетолог", "директолог",  "рекламщик", "сеошник",
      "менеджер",    "ассистент",     "помощник",    "секретар",   "продюсер",    "проджект",  "продакт",
      "бухгалтер",   "юрист",         "рекрутер",    "инженер",    "архитектор",  "продавец",  "логотип",
      "лендинг",     "сайт",          "бот",         "приложен",   "презентац",   "ролик",     "баннер",
      "стать",       "перевод",       "develop",     "design",     "programm",    "engin",     "illustr",
      "artist",      "anim",          "photograph",  "editor",     "writer",      "copywrit",  "translat",
      "market",      "manag",         "assist",      "analyst",    "tester",      "logo",      "land",
      "websit",      "video",         "present",     "banner",     "articl"};
  return words;
}

// Numbers in words, folded, and what they are in figures.
const std::unordered_map<std::string_view, std::string_view>& numerals() {
  static const std::unordered_map<std::string_view, std::string_view> words{
      {"один", "1"},    {"одна", "1"},    {"одно", "1"},   {"одного", "1"}, {"одной", "1"},  {"два", "2"},
      {"две", "2"},     {"двух", "2"},    {"двое", "2"},   {"три", "3"},    {"трех", "3"},   {"трое", "3"},
      {"четыре", "4"},  {"четырех", "4"}, {"пять", "5"},   {"пяти", "5"},   {"шесть", "6"},  {"шести", "6"},
      {"семь", "7"},    {"семи", "7"},    {"восемь", "8"}, {"восьми", "8"}, {"девять", "9"}, {"девяти", "9"},
      {"десять", "10"}, {"десяти", "10"}, {"one", "1"},    {"two", "2"},    {"three", "3"},  {"four", "4"},
      {"five", "5"},    {"six", "6"},     {"seven", "7"},  {"eight", "8"},  {"nine", "9"},   {"ten", "10"}};
  return words;
}

bool is_thousand(const text::token& one) {
  static constexpr std::string_view words[] = {"к", "k", "т", "тыс", "тысяч", "тысячи", "тысяча"};
  return one.kind == token_kind::word && std::ranges::find(words, one.folded) != std::end(words);
}

// A good mixture of the bits (the finaliser of splitmix64).
std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// Every two neighbours, each pair once, sorted.
std::vector<std::uint64_t> pairs_of(const std::vector<compared_text::word>& words) {
  std::vector<std::uint64_t> out;
  for (std::size_t i = 1; i < words.size(); ++i) {
    out.push_back(mixed(words[i - 1].hash * 31 + words[i].hash));
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

// Telephone numbers are contacts: many digits in a row of numbers.
bool is_phone(const text::token_list& tokens, std::size_t at) {
  const auto joined = [&](std::size_t i) {
    return tokens[i].kind == token_kind::number && tokens[i].line == tokens[at].line;
  };
  std::size_t from = at, to = at + 1, digits = 0;
  while (from > 0 && joined(from - 1)) --from;
  while (to < tokens.size() && joined(to)) ++to;
  for (auto i = from; i < to; ++i) digits += tokens[i].folded.size();
  return digits >= 10;
}

bool has_latin(std::string_view folded) {
  return std::ranges::any_of(folded, [](char c) { return c >= 'a' && c <= 'z'; });
}

// One place where the texts differ: words of the one that stand for words of the other.
struct exchange {
  std::vector<const compared_text::word*> mine, theirs;
};

// The places, by the longest common subsequence.
std::vector<exchange> exchanges_of(const std::vector<compared_text::word>& mine,
                                   const std::vector<compared_text::word>& theirs) {
  const auto width = theirs.size() + 1;
  std::vector<std::uint16_t> longest((mine.size() + 1) * width);
  for (std::size_t i = mine.size(); i-- > 0;) {
    for (std::size_t j = theirs.size(); j-- > 0;) {
      longest[i * width + j] = mine[i].hash == theirs[j].hash
                                   ? static_cast<std::uint16_t>(longest[(i + 1) * width + j + 1] + 1)
                                   : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  std::vector<exchange> out(1);
  const auto close = [&] {
    auto& last = out.back();
    if (last.mine.empty() || last.theirs.empty()) {
      last = {};
    } else {
      out.emplace_back();
    }
  };
  std::size_t i = 0, j = 0;
  while (i < mine.size() || j < theirs.size()) {
    if (i < mine.size() && j < theirs.size() && mine[i].hash == theirs[j].hash) {
      close();
      ++i;
      ++j;
    } else if (j == theirs.size() ||
               (i < mine.size() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      out.back().mine.push_back(&mine[i++]);
    } else {
      out.back().theirs.push_back(&theirs[j++]);
    }
  }
  close();
  out.pop_back();
  return out;
}

bool any_of(const std::vector<const compared_text::word*>& words, bool compared_text::word::* what) {
  return std::ranges::any_of(words, [what](const auto* one) { return one->*what; });
}

std::size_t telling(const std::vector<const compared_text::word*>& words) {
  return static_cast<std::size_t>(
      std::ranges::count_if(words, [](const auto* one) { return !one->filler && !one->number; }));
}

// What stands in place of what makes another vacancy of it: another number, another role in the opening,
// another tool anywhere.
likeness::verdict conflict_of(const std::vector<exchange>& places, bool is_short) {
  for (const auto& [mine, theirs] : places) {
    if (any_of(mine, &compared_text::word::number) && any_of(theirs, &compared_text::word::number)) {
      return likeness::verdict::other_numbers;
    }
    const auto ours = telling(mine), others = telling(theirs);
    if (ours == 0 || others == 0) continue;
    const bool small = ours <= longest_exchange && others <= longest_exchange;
    const auto both = [&](bool compared_text::word::* what) {
      return any_of(mine, what) && any_of(theirs, what);
    };
    using word = compared_text::word;
    if (ours > longest_exchange && others > longest_exchange) return likeness::verdict::other_role;
    if (is_short && ours <= 2 && others <= 2) return likeness::verdict::other_role;
    if (small && (both(&word::title) || both(&word::foreign) || both(&word::role))) {
      return likeness::verdict::other_role;
    }
  }
  return likeness::verdict::repeat;
}

}  // namespace

compared_text::compared_text(const text::token_list& tokens) {
  const auto lines = repeats::lines_of(tokens);
  bool title = true;
  for (const auto& line : lines) {
    if (line.is_hashtags()) continue;
    title = title && line.words <= longest_title;
    for (auto i = line.begin; i < line.end && words_.size() < most_words; ++i) {
      const auto& one = tokens[i];
      if (!repeats::is_word(one)) continue;
      if (one.kind == token_kind::number && is_phone(tokens, i)) continue;
      const auto in_words = numerals().find(one.folded);
      const bool number = one.kind == token_kind::number || in_words != numerals().end();
      word out;
      text::stable_hash hash;
      hash.add(in_words == numerals().end() ? std::string_view(one.stem) : in_words->second);
      // "40 тысяч" and "40к" are 40 000.
      if (number && i + 1 < line.end && is_thousand(tokens[i + 1])) {
        hash.add("000");
        ++i;
      }
      out.hash = hash.value();
      out.number = number;
      out.foreign = !number && has_latin(one.folded);
      out.title = title;
      out.role = roles().contains(one.stem);
      out.filler = !number && (fillers().contains(one.stem) || fillers().contains(one.folded));
      words_.push_back(out);
    }
    title = title && words_.size() <= 3;  // a greeting or "#vacancy" before it is none
  }
}

std::vector<std::int64_t> compared_text::bands() const {
  const auto told = std::ranges::count_if(words_, [](const word& one) { return !one.filler; });
  if (static_cast<std::size_t>(told) < fewest_words) return {};
  constexpr std::size_t values = rows_of_band * number_of_bands;
  std::array<std::uint64_t, values> smallest;
  smallest.fill(std::numeric_limits<std::uint64_t>::max());
  for (const auto pair : pairs_of(words_)) {
    for (std::size_t i = 0; i < values; ++i) {
      smallest[i] = std::min(smallest[i], mixed(pair + 0x9e3779b97f4a7c15 * (i + 1)));
    }
  }
  std::vector<std::int64_t> out;
  for (std::size_t band = 0; band < number_of_bands; ++band) {
    std::uint64_t key = band;
    for (std::size_t row = 0; row < rows_of_band; ++row) {
      key = mixed(key ^ smallest[band * rows_of_band + row]);
    }
    out.push_back(static_cast<std::int64_t>(key));
  }
  return out;
}

likeness compare(const compared_text& one, const compared_text& other, const near_settings& settings) {
  likeness out;
  const auto mine = pairs_of(one.words()), theirs = pairs_of(other.words());
  const auto fewer = std::min(mine.size(), theirs.size());
  if (fewer == 0) return out;
  std::vector<std::uint64_t> common;
  std::ranges::set_intersection(mine, theirs, std::back_inserter(common));
  out.shared = static_cast<double>(common.size()) / static_cast<double>(fewer);
  const auto shorter = std::min(one.words().size(), other.words().size());
  const auto longer = std::max(one.words().size(), other.words().size());
  const bool enough = out.shared >= settings.shared &&
                      static_cast<double>(shorter) >= shortest_of_longest * static_cast<double>(longer);
  if (!enough) return out;
  const auto told = [](const compared_text& text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text.words(), [](const compared_text::word& word) { return !word.filler && !word.number; }));
  };
  const bool is_short = std::min(told(one), told(other)) <= short_text;
  out.what = conflict_of(exchanges_of(one.words(), other.words()), is_short);
  return out;
}

}  // namespace tandem::hunt
