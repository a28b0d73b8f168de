#include "hunt/vacancies/digest.hpp"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

namespace tandem::hunt {
namespace {

using std::string_view;
using text::token_kind;

constexpr std::size_t title_length = 90, essence_length = 160, budget_length = 60;
constexpr string_view ellipsis = "…";

bool is_one_of(string_view word, std::initializer_list<string_view> all) {
  return std::ranges::find(all, word) != all.end();
}
bool starts_with_one_of(string_view word, std::initializer_list<string_view> all) {
  return std::ranges::any_of(all, [&](string_view start) { return word.starts_with(start); });
}

UChar32 character_at(string_view text, std::size_t& at) {
  UChar32 c = 0;
  auto index = static_cast<std::int32_t>(at);
  U8_NEXT(reinterpret_cast<const std::uint8_t*>(text.data()), index, static_cast<std::int32_t>(text.size()),
          c);
  at = static_cast<std::size_t>(index);
  return c;
}

// White space, also of the kinds that telephones write, becomes one space; none at the ends.
std::string squeezed(string_view text) {
  std::string out;
  out.reserve(text.size());
  bool space = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto from = at;
    const UChar32 c = character_at(text, at);
    if (c < 0 || u_isUWhiteSpace(c) || c == 0x200B || c == 0x2060 || c == 0xFEFF || u_iscntrl(c)) {
      space = !out.empty();
      continue;
    }
    if (std::exchange(space, false)) out += ' ';
    out += text.substr(from, at - from);
  }
  return out;
}

// The first `limit` characters, cut behind a word where there is one in the last third.
std::string shortened(string_view text, std::size_t limit) {
  std::size_t at = 0, characters = 0, last_space = 0;
  while (at < text.size() && characters < limit) {
    if (text[at] == ' ' && characters > limit * 2 / 3) last_space = at;
    character_at(text, at);
    ++characters;
  }
  if (at >= text.size()) return std::string(text);
  text = text.substr(0, text[at] == ' ' || last_space == 0 ? at : last_space);
  while (!text.empty() && string_view(" ,;:-").contains(text.back())) text.remove_suffix(1);
  return std::string(text).append(ellipsis);
}

// Without bullets, emoji, stars and the like in front, and without stars and the like behind.
string_view undecorated(string_view line) {
  std::size_t at = 0;
  while (at < line.size()) {
    const auto from = at;
    const UChar32 c = character_at(line, at);
    if (c > 0 && (u_isalnum(c) || c == '#' || c == '@' || c == '$' || c == 0x20AC || c == 0x20BD ||
                  c == 0xAB || c == '"' || c == '(' || c == '+')) {
      line.remove_prefix(from);
      break;
    }
    if (at >= line.size()) return {};
  }
  while (!line.empty() && string_view(" *_~-|").contains(line.back())) line.remove_suffix(1);
  return line;
}

// Hashtags at the ends say nothing that the category does not.
std::string without_outer_hashtags(string_view line) {
  while (line.starts_with('#')) {
    const auto end = line.find(' ');
    line = end == string_view::npos ? string_view() : undecorated(line.substr(end + 1));
  }
  while (true) {
    const auto last = line.rfind(' ');
    if (last == string_view::npos || last + 1 >= line.size() || line[last + 1] != '#') break;
    line = line.substr(0, last);
    while (line.ends_with(' ')) line.remove_suffix(1);
  }
  return std::string(line);
}

struct text_line {
  std::string text;       // squeezed, undecorated, without outer hashtags
  std::string first;      // its first word, folded
  std::size_t label = 0;  // bytes of "Label: " in front, 0 if there is none
  bool address_only = false;
};

// "Вакансия: дизайнер", "Position - designer": up to three words, a colon or a spaced dash, and something
// behind it.
std::size_t label_length(string_view line) {
  std::size_t words = 1;
  for (std::size_t at = 0; at < line.size();) {
    const auto from = at;
    const UChar32 c = character_at(line, at);
    if (c == ':' && !line.substr(at).starts_with("//")) {
      while (at < line.size() && line[at] == ' ') ++at;
      return at < line.size() ? at : 0;
    }
    if (c == ' ') {
      const auto rest = line.substr(at);
      for (const string_view dash : {"- ", "– ", "— "}) {
        if (rest.starts_with(dash)) return at + dash.size();
      }
      if (++words > 3) return 0;
    } else if (c == '.' || c == ',' || c == '!' || c == '?' || c == '/' || from > 60) {
      return 0;
    }
  }
  return 0;
}

bool is_address(string_view word) {
  return word.starts_with('@') || word.contains("://") || word.contains("t.me/") ||
         (word.contains('@') && word.contains('.'));
}

std::vector<text_line> lines_of(string_view text) {
  std::vector<text_line> out;
  while (!text.empty() && out.size() < 60) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto clean = squeezed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    text_line line;
    line.text = without_outer_hashtags(undecorated(clean));
    if (line.text.empty()) continue;
    const string_view all = line.text;
    line.first = text::fold(all.substr(0, all.find_first_of(" ,.!?:")));
    line.label = label_length(all);
    std::size_t words = 0, addresses = 0;
    for (std::size_t at = 0; at < all.size();) {
      const auto stop = std::min(all.find(' ', at), all.size());
      ++words;
      addresses += is_address(all.substr(at, stop - at));
      at = stop + 1;
    }
    line.address_only = addresses > 0 && words <= addresses + 3;
    out.push_back(std::move(line));
  }
  return out;
}

// The lines that name the job, those that tell its conditions (no title), and greetings, by their first word,
// folded.
bool names_the_job(const text_line& line) {
  return line.label != 0 &&
         starts_with_one_of(line.first,
                            {"вакансия", "должност", "позици", "рол", "кого", "специал", "position", "role",
                             "title", "job", "vacancy", "проект", "задач", "заказ", "project"});
}
bool tells_conditions(const text_line& line) {
  return line.label != 0 &&
         starts_with_one_of(
             line.first,
             {"формат",   "локац",   "город",      "место",  "компани", "занятост", "вилк",      "зарплат",
              "зп",       "з/п",     "оплат",      "бюджет", "график",  "уровен",   "опыт",      "стек",
              "услови",   "контакт", "отклик",     "писать", "пишите",  "срок",     "направлен", "location",
              "city",     "company", "format",     "salary", "budget",  "stack",    "level",     "contact",
              "deadline", "rate",    "employment", "type",   "ссылк",   "источник", "дата",      "id"});
}
bool greets(string_view first_word) {
  return is_one_of(first_word,
                   {"привет", "приветствую", "здравствуйте", "добрый", "доброго", "доброе", "добрыи", "всем",
                    "коллеги", "друзья", "ребята", "hi", "hello", "hey", "dear", "guys", "good"});
}

// Behind "Всем привет!", if the line begins like that; npos if the greeting is all of it.
std::size_t greeting_length(const text_line& line) {
  if (!greets(line.first)) return 0;
  const auto end = line.text.find_first_of("!.,?:)");
  if (end == std::string::npos) return line.text.size() < 60 ? std::string::npos : 0;
  if (end > 60) return 0;
  const auto next = line.text.find_first_not_of("!.,?:) ", end);
  if (next == std::string::npos) return next;
  // "Добрый день, коллеги! Ищем …": the greeting goes on.
  text_line rest;
  rest.text = line.text.substr(next);
  rest.first = text::fold(string_view(rest.text).substr(0, rest.text.find_first_of(" ,.!?:")));
  const auto more = greeting_length(rest);
  return more == std::string::npos ? more : next + more;
}

// The end of the first sentence, if it is a good title.
std::size_t sentence_length(string_view text) {
  for (std::size_t at = text.find_first_of(".!?"); at != string_view::npos;
       at = text.find_first_of(".!?", at + 1)) {
    if (at + 1 < text.size() && text[at + 1] != ' ') continue;
    if (at >= 12) return at + 1;
  }
  return text.size();
}

void append_sentence(std::string& out, string_view more) {
  if (more.empty()) return;
  if (!out.empty()) {
    const bool ended = string_view(".!?:;,").contains(out.back()) || out.ends_with(ellipsis);
    out += ended ? " " : ". ";
  }
  out += more;
}

struct title_choice {
  std::size_t line = 0;
  std::size_t from = 0;  // byte in that line
};

title_choice choose_title(const std::vector<text_line>& lines) {
  for (std::size_t i = 0; i < lines.size() && i < 8; ++i) {
    if (names_the_job(lines[i])) return {i, lines[i].label};
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    if (tells_conditions(line) || line.address_only) continue;
    const auto from = greeting_length(line);
    if (from == std::string::npos || line.text.size() - from < 4) continue;
    // A lone word with a colon ("Вакансия:") is a heading of what follows.
    if (line.text.ends_with(':') && i + 1 < lines.size() && !line.text.contains(' ')) continue;
    return {i, from};
  }
  return {0, 0};
}

// --- money ---

bool is_currency(const text::token& t) {
  if (t.kind == token_kind::sign) return is_one_of(t.folded, {"$", "€", "₽"});
  if (t.kind != token_kind::word) return false;
  return starts_with_one_of(t.folded, {"руб", "дол", "евро", "тенге", "грн", "гривен"}) ||
         is_one_of(t.folded,
                   {"р", "p", "rub", "rur", "usd", "eur", "usdt", "euro", "kzt", "byn", "uah", "gbp", "тг"});
}
bool is_thousand(const text::token& t) {
  return t.kind == token_kind::word && (is_one_of(t.folded, {"к", "k", "т", "т.р", "тр", "млн", "m"}) ||
                                        starts_with_one_of(t.folded, {"тыс", "милл"}));
}
bool is_pay_word(const text::token& t) {
  return t.kind == token_kind::word &&
         (is_one_of(t.folded, {"зп", "rate", "fee", "price", "pay", "оклад", "чек"}) ||
          starts_with_one_of(t.folded, {"зарплат", "вилк", "оплат", "бюджет", "гонорар", "ставк", "доход",
                                        "salar", "budget", "payment", "compensat", "стоимост", "цен",
                                        "вознагражд", "плачу", "платим", "плата"}));
}
// Words that belong to the sum behind it: "в месяц", "на руки", "за пост", "per hour", "gross".
bool goes_on(const text::token& t) {
  return t.kind == token_kind::word &&
         is_one_of(t.folded, {"в",        "на",     "за",    "до",     "per",    "a",       "an",
                              "net",      "gross",  "руки",  "час",    "мес",    "месяц",   "день",
                              "неделю",   "год",    "смену", "проект", "штуку",  "шт",      "пост",
                              "статью",   "ролик",  "видео", "минуту", "макет",  "экран",   "слово",
                              "символов", "знаков", "hour",  "month",  "day",    "week",    "year",
                              "project",  "h",      "hr",    "mo",     "вычета", "налогов", "hourly"});
}
bool is_glue(const text::token& t) {
  return t.kind == token_kind::word && is_one_of(t.folded, {"в", "на", "за", "до", "per", "a", "an"});
}
bool opens_sum(const text::token& t) {
  return t.kind == token_kind::word &&
         is_one_of(t.folded, {"от", "до", "from", "up", "to", "около", "about"});
}

// "5к" and "100k" come as one word if the figure has one digit.
double figure_of(const text::token& t, bool& thousand) {
  thousand = false;
  if (t.kind != token_kind::number && t.kind != token_kind::word) return 0;
  double value = 0;
  std::size_t at = 0;
  while (at < t.folded.size() && t.folded[at] >= '0' && t.folded[at] <= '9')
    value = value * 10 + (t.folded[at++] - '0');
  if (at == 0) return 0;
  const string_view tail = string_view(t.folded).substr(at);
  thousand = tail == "к" || tail == "k";
  return tail.empty() || thousand ? value : 0;
}

struct money {
  std::size_t first = 0, last = 0;  // tokens
  bool certain = false;             // a currency, or a pay word in front of a sum that is no trifle
};

class money_finder {
 public:
  money_finder(string_view text, const text::token_list& words) : text_(text), words_(words) {}

  std::string best() const {
    std::optional<money> by_currency;
    bool pay_line = false;
    std::size_t line = SIZE_MAX;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      if (words_[i].line != line) pay_line = false, line = words_[i].line;
      pay_line = pay_line || is_pay_word(words_[i]) || is_short_pay(i);
      const auto sum = sum_at(i, pay_line);
      if (!sum) continue;
      if (pay_line && sum->certain) return written(*sum);
      if (sum->certain && !by_currency) by_currency = sum;
      i = sum->last;
    }
    return by_currency ? written(*by_currency) : agreed();
  }

 private:
  string_view between(std::size_t i) const {
    const auto end = words_[i].offset + words_[i].length;
    return text_.substr(end, words_[i + 1].offset - end);
  }
  bool joined(std::size_t i) const {
    return i + 1 < words_.size() && words_[i + 1].line == words_[i].line && between(i).size() <= 8 &&
           between(i).find_first_of(";!?()") == string_view::npos;
  }
  // "з/п"
  bool is_short_pay(std::size_t i) const {
    return words_[i].folded == "з" && joined(i) && between(i) == "/" && words_[i + 1].folded.starts_with("п");
  }

  std::optional<money> sum_at(std::size_t start, bool pay_line) const {
    std::size_t i = start;
    bool currency = false, thousand = false, figure = false;
    double largest = 0;
    std::size_t last = start;
    while (i < words_.size()) {
      const auto& word = words_[i];
      bool attached = false;
      if (const double value = figure_of(word, attached); value > 0) {
        figure = true;
        thousand = thousand || attached;
        largest = std::max(largest, value);
        last = i;
      } else if (is_currency(word)) {
        currency = true;
        if (figure) last = i;
      } else if (figure && is_thousand(word)) {
        thousand = true;
        last = i;
      } else if (!(opens_sum(word) || (word.kind == token_kind::sign && word.folded == "+"))) {
        break;
      } else if (figure && !number_follows(i)) {
        break;
      }
      if (!joined(i)) break;
      ++i;
    }
    if (!figure || words_[start].kind == token_kind::link) return std::nullopt;
    const bool is_phone = words_[start].folded == "+" && !currency;
    // Percents and years of experience stand on the same lines.
    const bool other_unit = last + 1 < words_.size() && words_[last + 1].folded == "%" && joined(last);
    if (is_phone || other_unit) return std::nullopt;
    const bool sensible =
        thousand || (largest >= 1000 && largest < 1e9);  // not years of experience, not a phone
    money found{start, last, currency || (pay_line && sensible)};
    if (found.certain) found.last = end_of(last);
    return found;
  }

  bool number_follows(std::size_t i) const {
    bool attached = false;
    for (std::size_t next = i + 1; next < words_.size() && next <= i + 2 && joined(next - 1); ++next) {
      if (figure_of(words_[next], attached) > 0) return true;
      if (!is_currency(words_[next]) && !opens_sum(words_[next])) return false;
    }
    return false;
  }

  // Behind the sum: "/час", "в месяц", "на руки".
  std::size_t end_of(std::size_t last) const {
    auto end = last;
    for (std::size_t i = last; joined(i) && i < last + 4; ++i) {
      const auto gap = squeezed(between(i));
      if (!(gap.empty() || gap == "/" || gap == ".") || !goes_on(words_[i + 1])) break;
      if (gap == "." && i != last) break;
      if (!is_glue(words_[i + 1])) end = i + 1;
    }
    return end;
  }

  std::string written(const money& sum) const {
    const auto from = words_[sum.first].offset;
    const auto& last = words_[sum.last];
    return shortened(squeezed(text_.substr(from, last.offset + last.length - from)), budget_length);
  }

  // "Бюджет: обсуждается": what a line about pay says instead of a sum.
  std::string agreed() const {
    for (std::size_t i = 0; i + 1 < words_.size(); ++i) {
      const bool short_pay = is_short_pay(i);
      if (!is_pay_word(words_[i]) && !short_pay) continue;
      const auto& label = words_[short_pay ? i + 1 : i];
      const auto rest = text_.substr(label.offset + label.length);
      const auto line = squeezed(rest.substr(0, rest.find('\n')));
      if (!line.starts_with(':')) continue;
      const auto value = squeezed(string_view(line).substr(1));
      const auto word = text::fold(value);
      const bool speaks =
          starts_with_one_of(word, {"по договор", "договор", "обсужд", "по результат", "в процессе",
                                    "negotiable", "discuss", "по итогам", "открыт", "сдельн", "к обсужд"});
      if (speaks) return shortened(value, budget_length);
    }
    return {};
  }

  string_view text_;
  const text::token_list& words_;
};

}  // namespace

std::string budget_of(string_view text, text::stemmer& stems) {
  const auto words = text::split(text, stems, 1024);
  return money_finder(text, words).best();
}

digest digest_of(string_view text, text::stemmer& stems) {
  digest out;
  out.budget = budget_of(text, stems);
  const auto lines = lines_of(text);
  if (lines.empty()) {
    out.title = shortened(squeezed(text), title_length);
    return out;
  }
  const auto chosen = choose_title(lines);
  const auto line = string_view(lines[chosen.line].text).substr(chosen.from);
  const auto sentence = sentence_length(line);
  auto title = line.substr(0, sentence);
  out.title = shortened(title, title_length);
  std::string rest;
  if (out.title.size() < title.size()) {
    rest = line.substr(out.title.size() - (out.title.ends_with(ellipsis) ? ellipsis.size() : 0));
    rest = rest.substr(std::min(rest.find_first_not_of(" ,;:-"), rest.size()));
  } else {
    rest = squeezed(line.substr(title.size()));
    while (!out.title.empty() && string_view(".:;,").contains(out.title.back())) out.title.pop_back();
  }
  std::string essence;
  if (chosen.line > 0 && chosen.from > 0) {
    // The lines in front of "Вакансия: …" are part of the story.
    for (std::size_t i = 0; i < chosen.line; ++i) {
      if (!lines[i].address_only && greeting_length(lines[i]) == 0) append_sentence(essence, lines[i].text);
    }
  }
  append_sentence(essence, rest);
  for (auto i = chosen.line + 1; i < lines.size() && essence.size() < essence_length * 4; ++i) {
    if (lines[i].address_only) continue;
    if (!out.budget.empty() && lines[i].label != 0 &&
        lines[i].text.size() < lines[i].label + out.budget.size() + 8 && lines[i].text.contains(out.budget)) {
      continue;  // the card shows it already
    }
    append_sentence(essence, lines[i].text);
  }
  out.essence = shortened(essence, essence_length);
  return out;
}

}  // namespace tandem::hunt
