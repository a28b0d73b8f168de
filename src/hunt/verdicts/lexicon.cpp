#include "hunt/verdicts/lexicon.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tandem::hunt {
namespace {

using text::token;
using text::token_kind;

// A post is judged by its beginning; what follows the first 200 tokens repeats what was said.
constexpr std::size_t tokens_read = 200;
// The head of a post names the work: so many words, on so many lines (a line of hashtags and a greeting
// included).
constexpr std::size_t head_words = 24;
constexpr std::size_t head_lines = 4;
// After "we look for" the role follows within so many words.
constexpr std::size_t hire_window = 6;
constexpr std::string_view role_prefix = "role:", title_prefix = "title:";
// A profession counts as the title of the post within so many words, or within the hiring window.
constexpr std::size_t title_words = 14;
// "ищу ~ работу": at most so many words between.
constexpr std::size_t widest_gap = 3;
constexpr std::string_view digest_section = "digest", seek_section = "seek";
constexpr std::size_t digest_line_words = 6;

std::string_view trim(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  return text;
}

std::string key(const token& of) { return of.kind == token_kind::hashtag ? "#" + of.stem : of.stem; }

bool counts_as_word(const token& of) {
  return of.kind == token_kind::word || of.kind == token_kind::number || of.kind == token_kind::hashtag;
}

bool is_money_unit(std::string_view stem) {
  static constexpr auto units =
      std::to_array<std::string_view>({"к", "k", "руб", "рубл", "р", "т", "тыс", "тысяч", "usd", "eur", "евр",
                                       "доллар", "rub", "gross", "net"});
  return std::find(units.begin(), units.end(), stem) != units.end();
}

// "Сайт для фотографа", "работа с дизайнером": the next profession is the other side.
bool points_elsewhere(std::string_view word) {
  static constexpr auto prepositions =
      std::to_array<std::string_view>({"для", "с", "со", "у", "от", "о", "об", "под", "на", "в", "к", "по",
                                       "for", "with", "of", "from", "by", "about", "like"});
  return std::find(prepositions.begin(), prepositions.end(), word) != prepositions.end();
}

// A Cyrillic letter takes two bytes. Most words fail here, without the lists below.
bool ends_in_letter(std::string_view word, std::initializer_list<std::string_view> letters) {
  return word.size() >= 8 && std::ranges::find(letters, word.substr(word.size() - 2)) != letters.end();
}

// A verb in the first person, of somebody who tells what he does: "монтирую", "составлю". Russian nouns and
// adjectives with the same endings, and what those say who hire ("ищу", "плачу"), do not count.
bool is_self_verb(std::string_view word) {
  static constexpr auto endings = std::to_array<std::string_view>(
      {"аю", "яю", "ирую", "ею", "лю", "шу", "жу", "чу", "щу", "юсь", "усь", "ню", "рую"});
  static constexpr auto others = std::to_array<std::string_view>(
      {"меню",      "нашу",    "вашу",   "плачу",    "заплачу",     "оплачу",  "доплачу", "думаю",
       "понимаю",   "надеюсь", "спрошу", "неделю",   "задачу",      "встречу", "дачу",    "удачу",
       "передачу",  "долю",    "землю",  "волю",     "продажу",     "кожу",    "крышу",   "душу",
       "прошу",     "пришлю",  "куплю",  "считаю",   "желаю",       "случаю",  "скажу",   "слышу",
       "полагаю",   "помню",   "баню",   "расскажу", "предоставлю", "кухню",   "деревню", "лапшу",
       "статью",    "семью",   "отвечу", "объясню",  "добавлю",     "обсужу",  "покажу",  "сообщу",
       "приглашаю", "набираю", "приму",  "нанимаю",  "жалею",       "сдаюсь"});
  if (!ends_in_letter(word, {"ю", "у", "ь"})) return false;
  const bool ends = std::ranges::any_of(endings, [&](std::string_view end) { return word.ends_with(end); });
  return ends && word.size() >= 8 && std::ranges::find(others, word) == others.end();
}

// "Руководила", "построил": one person tells what was done. Companies do so in the plural, news in both.
bool is_own_past(std::string_view word) {
  static constexpr auto endings =
      std::to_array<std::string_view>({"ала", "ила", "ела", "яла", "ал", "ил", "ел", "ял", "вел", "вела",
                                       "шел", "шла", "ался", "алась", "ился", "илась"});
  static constexpr auto others = std::to_array<std::string_view>(
      {"отдел",  "материал",  "сериал",    "портал",  "канал",      "персонал",     "филиал",   "журнал",
       "идеал",  "профил",    "стил",      "скилл",   "начала",     "сначала",      "канала",   "отдела",
       "дела",   "тела",      "раздел",    "модел",   "сила",       "было",         "был",      "была",
       "предел", "потенциал", "терминал",  "капитал", "функционал", "профессионал", "оригинал", "мобил",
       "файл",   "материала", "персонала", "филиала", "журнала",    "портала",      "сериала",  "мал",
       "зал",    "бал",       "мила",      "правила"});
  if (!ends_in_letter(word, {"л", "а", "я", "ь"})) return false;
  return word.size() >= 8 &&
         std::ranges::any_of(endings, [&](std::string_view end) { return word.ends_with(end); }) &&
         std::ranges::find(others, word) == others.end();
}

// "Перевести", "сделать" as the first word: a task.
bool is_infinitive(std::string_view word) {
  return word.size() >= 8 && (word.ends_with("ть") || word.ends_with("ти") || word.ends_with("чь") ||
                              word.ends_with("ться") || word.ends_with("тись"));
}

bool is_years(std::string_view stem) {
  return stem == "лет" || stem == "год" || stem == "year" || stem == "yrs";
}

// "#DataScientist" and "#data_scientist" become "#Data Scientist": the words count, not how the tag was
// glued.
std::string part_hashtags(std::string_view post) {
  std::string out;
  out.reserve(post.size() + 16);
  bool in_tag = false, after_small = false;
  for (std::size_t i = 0; i < post.size(); ++i) {
    const auto c = static_cast<unsigned char>(post[i]);
    const auto next = i + 1 < post.size() ? static_cast<unsigned char>(post[i + 1]) : 0U;
    const bool small = (c >= 'a' && c <= 'z') || (c == 0xd0 && next >= 0xb0) || (c == 0xd1 && next >= 0x80);
    const bool big = (c >= 'A' && c <= 'Z') || (c == 0xd0 && next >= 0x90 && next <= 0xaf);
    if (c == '#') in_tag = true;
    if (c <= ' ') in_tag = false;
    if (in_tag && big && after_small) out += ' ';
    out += in_tag && c == '_' ? ' ' : post[i];
    if (c >= 0xc0 && next >= 0x80) out += post[++i];  // the second byte of a letter
    after_small = small;
  }
  return out;
}

// "ищу (работу, заказы)" → "ищу работу", "ищу заказы".
void expand(const std::string& phrase, std::vector<std::string>& out) {
  const std::size_t open = phrase.find('('), close = phrase.find(')', open);
  if (close == std::string::npos) return out.push_back(phrase);
  std::string_view alternatives = std::string_view(phrase).substr(open + 1, close - open - 1);
  while (!alternatives.empty()) {
    const std::size_t comma = alternatives.find(',');
    expand(phrase.substr(0, open) + std::string(alternatives.substr(0, comma)) + phrase.substr(close + 1),
           out);
    alternatives.remove_prefix(comma == std::string_view::npos ? alternatives.size() : comma + 1);
  }
}

// "Нужен логотип?" asks the reader whether he wants it; "Нужен логотип, сколько возьмёте?" asks for work.
bool is_rhetorical(std::string_view post, std::size_t at) {
  static constexpr auto genuine = std::to_array<std::string_view>(
      {"сколько", "почем", "почём", "кто", "цена", "стоит", "стоимость", "how much", "who can"});
  constexpr std::size_t longest_question = 160;  // bytes
  const std::string_view rest = post.substr(at, longest_question);
  const std::size_t end = rest.find_first_of("?.!\n");
  if (end == std::string_view::npos || rest[end] != '?') return false;
  const std::string asked = text::fold(rest.substr(0, end));
  return std::ranges::none_of(genuine,
                              [&](std::string_view word) { return asked.find(word) != std::string::npos; });
}

std::string_view bucket(std::size_t count) {
  return count >= 8 ? "8" : count >= 4 ? "4" : count >= 2 ? "2" : "1";
}

}  // namespace

std::expected<lexicon, lexicon_error> lexicon::parse(std::string_view file, text::stemmer& stems) {
  lexicon out;
  std::size_t number = 0;
  bool exact = false;
  while (!file.empty()) {
    const std::size_t end = file.find('\n');
    std::string_view line = trim(file.substr(0, end));
    file.remove_prefix(end == std::string_view::npos ? file.size() : end + 1);
    ++number;
    if (line.empty() || line.front() == ';') continue;
    if (line.front() == '[') {
      if (line.back() != ']' || line.size() < 3)
        return std::unexpected(lexicon_error{number, "a section is written [name]"});
      exact = line[1] == '=';
      out.sections_.emplace_back(line.substr(exact ? 2 : 1, line.size() - (exact ? 3 : 2)));
      continue;
    }
    if (out.sections_.empty())
      return std::unexpected(lexicon_error{number, "a phrase before the first section"});
    while (!line.empty()) {
      const std::size_t bar = line.find('|');
      const std::string_view written = trim(line.substr(0, bar));
      line.remove_prefix(bar == std::string_view::npos ? line.size() : bar + 1);
      std::vector<std::string> expanded;
      expand(std::string(written), expanded);
      for (const std::string& one : expanded) {
        phrase made{
            .words = {}, .section = static_cast<std::uint16_t>(out.sections_.size() - 1), .exact = exact};
        std::string first;
        const std::size_t gap = one.find('~');
        for (const token& word : text::split(one, stems)) {
          if (!counts_as_word(word)) continue;
          if (first.empty()) first = key(word);
          if (word.offset > gap && made.gap_before == 0) made.gap_before = made.words.size();
          made.words.push_back(exact ? word.folded : word.stem);
        }
        if (first.empty())
          return std::unexpected(lexicon_error{number, fmt::format("no word in \"{}\"", one)});
        out.by_first_[first].push_back(std::move(made));
      }
    }
  }
  return out;
}

std::vector<lexicon::hit> lexicon::find(const text::token_list& post) const {
  std::vector<hit> out;
  const auto try_key = [&](const std::string& first, std::size_t at) {
    const auto found = by_first_.find(first);
    if (found == by_first_.end()) return;
    for (const phrase& candidate : found->second) {
      const auto matches = [&](std::size_t from, std::size_t to, std::size_t place) {
        for (std::size_t i = from; i < to; ++i, ++place)
          if (place >= post.size() || !counts_as_word(post[place]) ||
              candidate.words[i] != (candidate.exact ? post[place].folded : post[place].stem))
            return false;
        return true;
      };
      const std::size_t count = candidate.words.size();
      const std::size_t before = candidate.gap_before ? candidate.gap_before : count;
      if (!matches(0, before, at)) continue;
      std::size_t skipped = 0;
      // A preposition ends the gap: in "ищу монтажёра на подработку" it is another who will work.
      if (before < count)
        while (skipped <= widest_gap && !matches(before, count, at + before + skipped)) {
          const std::size_t next = at + before + skipped;
          skipped = next < post.size() && points_elsewhere(post[next].folded) ? widest_gap + 1 : skipped + 1;
        }
      if (skipped <= widest_gap)
        out.push_back(
            {candidate.section, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(count + skipped)});
    }
  };
  for (std::size_t at = 0; at < post.size(); ++at) {
    if (!counts_as_word(post[at])) continue;
    try_key(post[at].stem, at);
    if (post[at].kind == token_kind::hashtag) try_key("#" + post[at].stem, at);
  }
  return out;
}

post_features features(std::string_view post, const lexicon& words, text::stemmer& stems) {
  const std::string parted = part_hashtags(post);
  const text::token_list tokens = text::split(parted, stems, tokens_read);
  const auto& sections = words.sections();
  std::vector<lexicon::hit> hits = words.find(tokens);
  // "Ищет работу", "looking for a role": whoever seeks does not hire, though the words are the same.
  std::vector<lexicon::hit> sought;
  for (const auto& hit : hits)
    if (sections[hit.section] == seek_section) sought.push_back(hit);
  std::size_t rhetorical = 0;
  std::erase_if(hits, [&](const lexicon::hit& hit) {
    const std::string_view name = sections[hit.section];
    if (!name.starts_with("hire") && name != "need") return false;
    const bool inside = std::ranges::any_of(sought, [&](const lexicon::hit& other) {
      return hit.token < other.token + other.length && other.token < hit.token + hit.length;
    });
    const bool asks_reader = !inside && is_rhetorical(parted, tokens[hit.token].offset);
    rhetorical += asks_reader;
    return inside || asks_reader;
  });

  // Which tokens stand in the head: the first lines, and what follows a hiring word.
  std::vector<bool> head(tokens.size(), false), title(tokens.size(), false);
  std::size_t counted = 0, mixed = 0, cyrillic = 0, latin = 0, links = 0, mentions = 0, money = 0, plus = 0,
              questions = 0, exclamations = 0, self_verbs = 0, own_past = 0, own_years = 0;
  bool begins_with_task = false;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const token& one = tokens[i];
    if (counts_as_word(one)) {
      head[i] = counted < head_words && one.line < head_lines;
      title[i] = counted < title_words;
      ++counted;
      const auto first = static_cast<unsigned char>(one.folded.front());
      if (first >= 0xd0) ++cyrillic;
      if (first >= 'a' && first <= 'z') ++latin;
    }
    mixed += one.mixed && one.length > 4;
    links += one.kind == token_kind::link || one.kind == token_kind::email;
    mentions += one.kind == token_kind::mention;
    if (one.kind == token_kind::sign) {
      questions += one.folded == "?";
      exclamations += one.folded == "!";
      money += one.folded == "$" || one.folded == "€" || one.folded == "₽";
      // A plus that stands alone asks for an answer of one character; "middle+" and "+7 900" do not.
      const bool glued = (i > 0 && tokens[i - 1].offset + tokens[i - 1].length == one.offset) ||
                         (i + 1 < tokens.size() && tokens[i + 1].offset == one.offset + one.length &&
                          tokens[i + 1].kind != token_kind::sign);
      const bool opens_line = i == 0 || tokens[i - 1].line != one.line;
      plus += one.folded == "+" && !glued && (!opens_line || tokens.size() == 1);
    }
    if (one.kind == token_kind::word) {
      self_verbs += is_self_verb(one.folded);
      own_past += is_own_past(one.folded);
      if (counted == 1) begins_with_task = is_infinitive(one.folded);
    }
    if (one.kind == token_kind::number && i + 1 < tokens.size() && is_years(tokens[i + 1].stem)) {
      // "Опыт от 3 лет", "1–3 года" asks for it; "опыт 3 года", "7 лет в продажах" has it.
      const bool asked = i > 0 && (tokens[i - 1].folded == "от" || tokens[i - 1].folded == "до" ||
                                   tokens[i - 1].folded == "+" || tokens[i - 1].kind == token_kind::number);
      own_years += !asked;
    }
    money += one.kind == token_kind::number && i + 1 < tokens.size() && is_money_unit(tokens[i + 1].stem);
  }
  for (const auto& hit : hits)
    if (sections[hit.section].starts_with("hire"))
      for (std::size_t i = hit.token; i < std::min(tokens.size(), hit.token + hire_window + 1); ++i)
        if (counts_as_word(tokens[i])) head[i] = title[i] = true;

  // A digest names professions at the beginnings of its lines.
  const auto is_title = [&sections](const lexicon::hit& hit) {
    return sections[hit.section].starts_with(title_prefix);
  };
  std::vector<std::size_t> line_begin(tokens.size());
  for (std::size_t i = 1; i < tokens.size(); ++i)
    line_begin[i] = tokens[i].line == tokens[i - 1].line ? line_begin[i - 1] : i;
  std::vector<std::uint16_t> lines_with_title;
  bool digest = false;
  for (const auto& hit : hits) {
    digest |= sections[hit.section] == digest_section;
    if (is_title(hit) && hit.token - line_begin[hit.token] < digest_line_words &&
        (lines_with_title.empty() || lines_with_title.back() != tokens[hit.token].line))
      lines_with_title.push_back(tokens[hit.token].line);
  }
  if (digest && lines_with_title.size() >= 2)
    for (std::size_t i = 0; i < tokens.size(); ++i)
      if (i - line_begin[i] < digest_line_words) title[i] = true;

  std::vector<std::size_t> all_count(sections.size()), head_count(sections.size());
  for (const auto& hit : hits) {
    if (is_title(hit)) {
      if (!title[hit.token] || (hit.token > 0 && points_elsewhere(tokens[hit.token - 1].folded))) continue;
      // "Системный аналитик" is no "аналитик": the longer name takes the place of those inside.
      const bool inside = std::ranges::any_of(hits, [&](const lexicon::hit& other) {
        return is_title(other) && other.length > hit.length && other.token <= hit.token &&
               other.token + other.length >= hit.token + hit.length;
      });
      if (inside) continue;
    }
    ++all_count[hit.section];
    if (head[hit.token]) ++head_count[hit.section];
  }

  post_features out;
  out.words = counted;
  std::string kind_signals, category_signals;
  std::size_t roles = 0, strongest_head = 0;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const std::string& name = sections[i];
    const bool role = name.starts_with(role_prefix);
    if (role) strongest_head = std::max(strongest_head, head_count[i]);
    if (all_count[i] == 0) continue;
    if (name.starts_with(title_prefix)) {
      out.titles.push_back(name.substr(title_prefix.size()));
      category_signals += fmt::format("{} {} ", name, name);
      continue;
    }
    if (role) {
      ++roles;
      category_signals += fmt::format("{}_{} ", name, bucket(all_count[i]));
      if (head_count[i]) category_signals += fmt::format("h_{}_{} h_{} ", name, bucket(head_count[i]), name);
      continue;
    }
    kind_signals += fmt::format("s_{}_{} ", name, bucket(all_count[i]));
    if (head_count[i]) kind_signals += fmt::format("h_{} ", name);
    if (!out.signals.empty()) out.signals += ' ';
    out.signals += name;
  }
  const auto flag = [&kind_signals](bool is, std::string_view name) {
    if (is) kind_signals.append(name).append(" ");
  };
  if (!out.titles.empty()) kind_signals += out.titles.size() > 2 ? "s_titles " : "s_title ";
  if (roles > 0) kind_signals += strongest_head > 0 ? "h_role " : "s_role ";
  // What is not said weighs as much: an article of two hundred words that asks nobody for anything.
  const auto says = [&](std::initializer_list<std::string_view> names) {
    for (std::size_t i = 0; i < sections.size(); ++i)
      if (all_count[i] > 0 && std::ranges::find(names, sections[i]) != names.end()) return true;
    return false;
  };
  out.offers_work = says({"hire", "hire_exact", "hire_tag", "need", "who", "sections", "respond", "digest"});
  out.offers_self = self_verbs > 0 || says({"seek", "seek_tag", "offer_self"});
  flag(!out.offers_work, "x_no_offer");
  flag(!out.offers_self, "x_no_self");
  const bool terms = money > 0 || says({"conditions", "pay_due"});
  flag(!out.offers_work && !out.offers_self && !terms, "x_no_word_of_work");
  // Somebody tells of himself and asks nobody to do anything: a CV, however it is put. "Если вам нужен
  // дизайнер" asks nobody, and who looks for a position names an internship without offering one.
  out.asks = says({"sections", "respond", "digest", "hire_tag", "who"}) ||
             (!says({"if_needed"}) && (says({"hire_exact", "need"}) || (says({"hire"}) && !says({"seek"}))));
  flag(out.asks, "x_asks");
  flag(!out.asks && (self_verbs > 0 || own_years > 0 || own_past > 0 || rhetorical > 0 ||
                     says({"seek", "seek_tag", "own", "if_needed"})),
       "x_own_doings");
  flag(self_verbs > 0, "x_self_verb");
  flag(self_verbs > 1, "x_self_verbs");
  flag(own_past > 0, "x_past");
  flag(own_years > 0, "x_own_years");
  flag(begins_with_task, "x_task_first");
  flag(rhetorical > 0, "x_rhetorical");
  // How these go together says more than each: a linear model has to be told.
  const auto share = [&](std::size_t count) { return count == 0 ? '0' : count == 1 ? '1' : '2'; };
  kind_signals +=
      fmt::format("p_hire{:d}_seek{:d}_self{}_past{}_title{:d}_years{:d}_task{:d} ", out.offers_work,
                  says({"seek", "seek_tag"}), share(self_verbs + says({"offer_self"})), share(own_past),
                  !out.titles.empty(), own_years > 0, begins_with_task);
  kind_signals += fmt::format("p_hire{:d}_news{:d}_course{:d}_channel{:d}_scam{:d}_sections{:d}_long{:d} ",
                              says({"hire", "hire_exact", "hire_tag", "who"}), says({"news"}),
                              says({"course"}), says({"channel"}), says({"scam", "fast_money"}),
                              says({"sections", "respond"}), counted > 30);
  flag(links > 0, "x_link");
  flag(links > 3, "x_links");
  flag(mentions > 0, "x_mention");
  flag(money > 0, "x_money");
  flag(plus > 0, "x_plus");
  flag(questions > 0, "x_question");
  flag(exclamations > 2, "x_loud");
  flag(mixed > 1, "x_mixed");
  flag(mixed > 4, "x_mixed_much");
  kind_signals += cyrillic >= latin ? "x_ru " : "x_en ";
  static constexpr auto lengths = std::to_array<std::size_t>({4, 9, 16, 30, 60, 120, 240});
  const auto length_class = std::upper_bound(lengths.begin(), lengths.end(), counted) - lengths.begin();
  kind_signals += fmt::format("x_length{} ", length_class);

  // fastText averages over the line: without repeating, three signals would drown in two hundred words.
  const std::size_t times = 1 + std::min<std::size_t>(counted / 60, 3);
  for (std::size_t i = 0; i < times; ++i) out.kind_line += kind_signals;
  for (std::size_t i = 0; i < 1 + times / 3; ++i) out.category_line += category_signals;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const token& one = tokens[i];
    switch (one.kind) {
      case token_kind::word:
      case token_kind::hashtag:
        out.kind_line.append(one.stem).append(" ");
        out.plain_line.append(one.folded).append(" ");
        out.category_line.append(one.stem).append(" ");
        if (head[i])
          for (std::size_t n = 0; n < 2; ++n) out.category_line.append("h_").append(one.stem).append(" ");
        break;
      case token_kind::number:
        out.kind_line += "x_number ";
        out.plain_line += "0 ";
        break;
      case token_kind::mention:
        out.kind_line += "x_mention ";
        out.plain_line += "@ ";
        break;
      case token_kind::link:
        out.kind_line += "x_link ";
        out.plain_line += "/ ";
        break;
      case token_kind::email:
        out.kind_line += "x_email ";
        out.plain_line += "@ ";
        break;
      case token_kind::sign: out.plain_line.append(one.folded).append(" "); break;
    }
  }
  out.kind_line += out.plain_line;
  return out;
}

}  // namespace tandem::hunt
