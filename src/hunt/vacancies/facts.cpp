#include "hunt/vacancies/facts.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "hunt/vacancies/digest.hpp"

namespace tandem::hunt {
namespace {

using std::string_view;
using text::token_kind;

constexpr std::size_t quote_length = 120;  // bytes of a deadline
constexpr double largest_sum = 1e12;       // major units; more is a serial number
constexpr double thousand = 1e3, million = 1e6;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_one_of(string_view word, std::initializer_list<string_view> all) {
  return std::ranges::find(all, word) != all.end();
}
bool starts_with_one_of(string_view word, std::initializer_list<string_view> all) {
  return std::ranges::any_of(all, [&](string_view start) { return word.starts_with(start); });
}

// The bytes of a space at `at`, 0 if there is none: plain, no-break, narrow, thin.
std::size_t space_at(string_view text, std::size_t at) {
  const auto rest = text.substr(at);
  if (rest.starts_with(' ') || rest.starts_with('\t')) return 1;
  if (rest.starts_with("\xC2\xA0")) return 2;
  if (rest.starts_with("\xE2\x80\xAF") || rest.starts_with("\xE2\x80\x89")) return 3;
  return 0;
}

std::size_t digits_at(string_view text, std::size_t at) {
  std::size_t length = 0;
  while (at + length < text.size() && is_digit(text[at + length])) ++length;
  return length;
}

// The letters at `at`, folded: "тыс", "k", "usd".
struct letters {
  std::string folded;
  std::size_t length = 0;
};
letters letters_at(string_view text, std::size_t at) {
  std::size_t length = 0;
  while (at + length < text.size()) {
    const auto c = static_cast<unsigned char>(text[at + length]);
    const bool latin = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    // Cyrillic: D0 80 … D3 BF
    const bool cyrillic = c >= 0xD0 && c <= 0xD3 && at + length + 1 < text.size() &&
                          (static_cast<unsigned char>(text[at + length + 1]) & 0xC0U) == 0x80U;
    if (!latin && !cyrillic) break;
    length += cyrillic ? 2 : 1;
  }
  return {text::fold(text.substr(at, length)), length};
}

double multiplier(string_view word) {
  if (is_one_of(word, {"к", "k", "т", "тр", "тыр"}) || starts_with_one_of(word, {"тыс", "thous"}))
    return thousand;
  if (is_one_of(word, {"млн", "mln", "лям"}) || starts_with_one_of(word, {"миллион", "million"}))
    return million;
  return 0;
}

struct figure {
  double value = 0;
  double times = 1;  // of the word behind it
  std::size_t end = 0;
  bool sensible = false;  // no serial number
};

// "150 000", "1,5 млн", "300.000", "5к". No figure starts inside a word, and none is read out of a longer
// chain of digits and dots: a date, a phone, a version.
figure figure_at(string_view text, std::size_t at) {
  figure out;
  const auto length = digits_at(text, at);
  for (std::size_t i = 0; i < length; ++i) out.value = out.value * 10 + (text[at + i] - '0');
  out.end = at + length;
  if (length <= 3) {
    for (;;) {
      const auto space = space_at(text, out.end);
      const bool mark = out.end < text.size() && string_view(".,'").contains(text[out.end]);
      const std::size_t gap = space > 0 ? space : mark ? 1 : 0;
      if (gap == 0 || digits_at(text, out.end + gap) != 3) break;
      for (std::size_t i = 0; i < 3; ++i) out.value = out.value * 10 + (text[out.end + gap + i] - '0');
      out.end += gap + 3;
    }
  }
  if (out.end < text.size() && string_view(".,").contains(text[out.end])) {
    const auto decimals = digits_at(text, out.end + 1);
    if (decimals == 1 || decimals == 2) {
      double part = 0;
      for (std::size_t i = 0; i < decimals; ++i) part = part * 10 + (text[out.end + 1 + i] - '0');
      out.value += part / std::pow(10, decimals);
      out.end += 1 + decimals;
    }
  }
  std::size_t behind = out.end;
  while (const auto space = space_at(text, behind)) behind += space;
  const auto word = letters_at(text, behind);
  if (const double times = multiplier(word.folded); times > 0) {
    out.times = times;
    out.end = behind + word.length;
    if (text.substr(out.end).starts_with(".р") || text.substr(out.end).starts_with(". р")) out.end += 1;
  }
  out.sensible = out.value * out.times < largest_sum;
  return out;
}

std::int64_t minor(double major) { return std::llround(major * 100); }

string_view currency_of_sign(string_view rest) {
  if (rest.starts_with("₽")) return "RUB";
  if (rest.starts_with("$")) return "USD";
  if (rest.starts_with("€")) return "EUR";
  if (rest.starts_with("₴")) return "UAH";
  if (rest.starts_with("₸")) return "KZT";
  if (rest.starts_with("£")) return "GBP";
  return {};
}
string_view currency_of_word(string_view word) {
  if (is_one_of(word, {"р", "p", "rub", "rur", "тр"}) || word.starts_with("руб")) return "RUB";
  if (is_one_of(word, {"usd", "usdt", "бакс", "баксов"}) || word.starts_with("дол")) return "USD";
  if (is_one_of(word, {"eur", "euro", "euros"}) || word.starts_with("евро")) return "EUR";
  if (is_one_of(word, {"kzt", "тг"}) || word.starts_with("тенге")) return "KZT";
  if (is_one_of(word, {"uah", "грн"}) || word.starts_with("гривен")) return "UAH";
  if (word == "byn") return "BYN";
  if (word == "gbp") return "GBP";
  return {};
}

string_view unit_of_word(string_view word) {
  if (is_one_of(word, {"час", "часа", "часов", "ч", "hour", "hours", "h", "hr", "hourly", "hrs"}))
    return "hour";
  if (is_one_of(word, {"день", "смену", "смена", "сутки", "day", "shift", "daily"})) return "day";
  if (is_one_of(word, {"неделю", "нед", "week", "weekly"})) return "week";
  if (is_one_of(word, {"мес", "месяц", "month", "mo", "monthly"})) return "month";
  if (is_one_of(word, {"год", "year", "annum", "yr"})) return "year";
  if (is_one_of(word, {"проект", "project", "заказ", "сайт", "лендинг", "лого", "логотип", "бот"}))
    return "project";
  if (is_one_of(word, {"пост",   "статью",   "ролик",  "видео",  "макет",    "экран",  "штуку",    "шт",
                       "слово",  "символов", "знаков", "минуту", "страницу", "баннер", "карточку", "текст",
                       "post",   "article",  "video",  "word",   "page",     "piece",  "minute",   "item",
                       "сторис", "рилс",     "reels",  "отзыв",  "занятие",  "урок",   "лид"}))
    return "piece";
  return {};
}

std::string quoted(string_view text) {
  if (text.size() > quote_length) {
    text = text.substr(0, quote_length);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0U) == 0x80U) text.remove_suffix(1);
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0U) text.remove_suffix(1);
    text = text.substr(0, std::min(text.rfind(' '), text.size()));
  }
  return std::string(text);
}

class reading {
 public:
  reading(string_view text, const text::token_list& words) : text_(text), words_(words) {}

  std::optional<bool> remote() const {
    std::optional<bool> out;
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const string_view word = words_[i].folded;
      if (starts_with_one_of(word, {"удален", "remote", "дистанцион"})) {
        const bool denied = i > 0 && words_[i - 1].line == words_[i].line &&
                            is_one_of(words_[i - 1].folded, {"не", "без", "no", "not", "non"});
        if (!denied) return true;
        out = false;
      } else if (starts_with_one_of(word, {"офис", "office", "onsite", "гибрид", "hybrid"})) {
        // "full of office work", "Microsoft Office" say nothing: only a place counts.
        const bool place = word.starts_with("onsite") || word.starts_with("гибрид") ||
                           word.starts_with("hybrid") ||
                           (i > 0 && is_one_of(words_[i - 1].folded, {"в", "in", "the", "наш", "our"}));
        if (place) out = false;
      }
    }
    return out;
  }

  std::string employment() const {
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const string_view word = words_[i].folded;
      const string_view next = i + 1 < words_.size() ? string_view(words_[i + 1].folded) : string_view();
      if (starts_with_one_of(word, {"стажир", "стажер", "internship"}) || word == "intern")
        return "internship";
      if (starts_with_one_of(word, {"волонт", "volunteer"})) return "volunteer";
      if (starts_with_one_of(word, {"фуллтайм", "фултайм", "fulltime"}) ||
          (is_one_of(word, {"full", "фул", "фулл"}) && is_one_of(next, {"time", "тайм"})) ||
          (is_one_of(word, {"полная", "полный", "полную"}) &&
           starts_with_one_of(next, {"занятост", "рабоч", "день"})))
        return "full";
      if (starts_with_one_of(word, {"подработ", "парттайм", "parttime", "неполн"}) ||
          (is_one_of(word, {"part", "парт"}) && is_one_of(next, {"time", "тайм"})) ||
          (word.starts_with("частичн") && starts_with_one_of(next, {"занятост", "загруз"})))
        return "part";
      if ((word.starts_with("проектн") &&
           starts_with_one_of(next, {"занятост", "работ", "загруз", "основ"})) ||
          (word.starts_with("разов") && starts_with_one_of(next, {"задач", "заказ", "работ", "проект"})) ||
          (word == "project" && is_one_of(next, {"based"})) ||
          (word == "one" && is_one_of(next, {"time", "off"})))
        return "project";
      if (is_one_of(word, {"гпх", "b2b"}) || word.starts_with("самозанят") ||
          (word == "contract" && is_one_of(next, {"basis", "position", "role", "job"})))
        return "contract";
    }
    return {};
  }

  // "Дедлайн: 25 ноября", "Срок - 3 дня", "Deadline: Friday".
  std::string deadline() const {
    for (std::size_t i = 0; i + 1 < words_.size(); ++i) {
      const string_view word = words_[i].folded;
      const bool first_of_line = i == 0 || words_[i - 1].line != words_[i].line;
      const bool named = is_one_of(word, {"дедлайн", "deadline", "дедлаин"});
      const bool term = first_of_line && is_one_of(word, {"срок", "сроки"});
      if ((!named && !term) || words_[i + 1].line != words_[i].line) continue;
      // "Срок выполнения: …", "сроки сдачи - …"; "Срок договора" is another matter.
      auto from = words_[i].offset + words_[i].length;
      if (starts_with_one_of(words_[i + 1].folded,
                             {"выполн", "сдач", "исполн", "работ", "реализ", "подач"}) &&
          i + 2 < words_.size() && words_[i + 2].line == words_[i].line)
        from = words_[i + 1].offset + words_[i + 1].length;
      else if (term && !separated(from))
        continue;
      auto rest = text_.substr(from);
      rest = rest.substr(0, rest.find('\n'));
      const auto begin = rest.find_first_not_of(" :\t-");
      if (begin == string_view::npos) continue;
      rest = rest.substr(begin);
      for (const string_view dash : {"– ", "— "})
        if (rest.starts_with(dash)) rest = rest.substr(dash.size());
      auto end = rest.find_first_of(";!?");
      for (auto stop = rest.find(". "); stop != string_view::npos && stop < end;
           stop = rest.find(". ", stop + 1))
        if (stop > 0 && !is_digit(rest[stop - 1])) end = stop;
      rest = rest.substr(0, end);
      while (!rest.empty() && string_view(" .,*_").contains(rest.back())) rest.remove_suffix(1);
      if (!rest.empty()) return quoted(rest);
    }
    return {};
  }

  // "Город: Казань", "Локация: Москва", "г. Омск", "Location: Berlin".
  std::string city() const {
    for (std::size_t i = 0; i + 1 < words_.size(); ++i) {
      const string_view word = words_[i].folded;
      const auto& next = words_[i + 1];
      if (next.line != words_[i].line || next.kind != token_kind::word || !capital(next)) continue;
      const auto gap = text_.substr(words_[i].offset + words_[i].length,
                                    next.offset - words_[i].offset - words_[i].length);
      const bool label = is_one_of(word, {"город", "локация", "location", "city"}) && gap.contains(':');
      const bool short_label = word == "г" && gap.starts_with('.');
      if (!label && !short_label) continue;
      if (starts_with_one_of(next.folded, {"удален", "remote", "люб", "any", "весь", "world", "дистан"}))
        continue;
      // "Нижний Новгород", "Санкт-Петербург", "New York"
      auto end = next.offset + next.length;
      if (i + 2 < words_.size() && words_[i + 2].line == next.line && capital(words_[i + 2]) &&
          words_[i + 2].kind == token_kind::word && words_[i + 2].offset - end == 1 &&
          (text_[end] == ' ' || text_[end] == '-'))
        end = words_[i + 2].offset + words_[i + 2].length;
      return std::string(text_.substr(next.offset, end - next.offset));
    }
    return {};
  }

  // A salary is by the month where nothing else is said; a single order's fee is not.
  bool speaks_of_salary() const {
    return std::ranges::any_of(words_, [](const text::token& word) {
      return starts_with_one_of(word.folded, {"зарплат", "вилк", "оклад", "salary"}) ||
             is_one_of(word.folded, {"зп"});
    });
  }

 private:
  bool capital(const text::token& word) const {
    const auto written = text_.substr(word.offset, word.length);
    if (written.size() < 2) return false;
    const auto first = static_cast<unsigned char>(written[0]),
               second = static_cast<unsigned char>(written[1]);
    return (first >= 'A' && first <= 'Z') || (first == 0xD0 && second >= 0x90 && second <= 0xAF) ||
           (first == 0xD0 && second == 0x81);
  }
  // Something of ":-–—" stands behind a label.
  bool separated(std::size_t at) const {
    const auto rest = text_.substr(at);
    return rest.starts_with(':') || rest.starts_with(" -") || rest.starts_with(" –") ||
           rest.starts_with(" —");
  }

  string_view text_;
  const text::token_list& words_;
};

}  // namespace

pay pay_of(string_view written) {
  pay out;
  std::vector<figure> sums;
  bool from = false, up_to = false, plus = false, counted = false;
  for (std::size_t at = 0; at < written.size();) {
    const auto sign = currency_of_sign(written.substr(at));
    if (!sign.empty()) {
      if (out.currency.empty()) out.currency = sign;
      at += static_cast<unsigned char>(written[at]) < 0x80   ? 1
            : static_cast<unsigned char>(written[at]) < 0xE0 ? 2
                                                             : 3;
      continue;
    }
    if (is_digit(written[at])) {
      const auto sum = figure_at(written, at);
      at = sum.end;
      if (sum.sensible && !counted && sums.size() < 2) {
        sums.push_back(sum);
        plus = written.substr(at).starts_with('+');
      }
      continue;
    }
    const auto word = letters_at(written, at);
    if (word.length > 0) {
      at += word.length;
      if (const auto money = currency_of_word(word.folded); !money.empty() && out.currency.empty()) {
        out.currency = money;
      } else if (!sums.empty()) {
        if (const auto unit = unit_of_word(word.folded); !unit.empty() && out.per.empty()) out.per = unit;
        if (is_one_of(word.folded, {"за", "per", "в", "a"}))
          counted = true;  // "за 1000 знаков", "a 3 minute video"
      }
      if (sums.size() < 2 && is_one_of(word.folded, {"от", "from"})) from = from || sums.empty();
      if (sums.size() < 2 && is_one_of(word.folded, {"до", "to"})) up_to = true;
      continue;
    }
    if (written[at] == '/') counted = counted || !sums.empty();
    ++at;
  }
  if (sums.empty()) return {};
  // "230-270К", "от 100 до 150к": the word behind the last figure is the first one's too.
  if (sums.size() == 2 && sums[0].times == 1 && sums[1].times > 1 && sums[0].value < sums[1].times &&
      sums[0].value <= sums[1].value)
    sums[0].times = sums[1].times;
  const auto amount = [](const figure& one) { return minor(one.value * one.times); };
  const auto first = amount(sums[0]);
  if (sums.size() == 2 && amount(sums[1]) >= first) {
    out.min = first;
    out.max = amount(sums[1]);
  } else {
    if (!up_to || from) out.min = first;
    if (!from && !plus) out.max = first;
  }
  return out;
}

std::vector<std::int64_t> sums_in(string_view text) {
  std::vector<std::int64_t> out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at])) continue;
    const auto one = figure_at(text, at);
    for (const double times : {1.0, thousand, million, one.times}) {
      if (one.value * times < largest_sum) out.push_back(minor(one.value * times));
    }
    at = one.end - 1;
  }
  std::ranges::sort(out);
  const auto repeated = std::ranges::unique(out);
  out.erase(repeated.begin(), repeated.end());
  return out;
}

vacancy_facts facts_of(string_view text, string_view budget, text::stemmer& stems) {
  const auto words = text::split(text, stems, 1024);
  const reading post(text, words);
  vacancy_facts out;
  out.pay = pay_of(budget);
  if (out.pay.per.empty() && (out.pay.min || out.pay.max) && post.speaks_of_salary()) out.pay.per = "month";
  out.deadline = post.deadline();
  out.remote = post.remote();
  out.city = post.city();
  out.employment = post.employment();
  return out;
}

}  // namespace tandem::hunt
