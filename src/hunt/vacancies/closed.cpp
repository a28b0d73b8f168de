#include "hunt/vacancies/closed.hpp"

#include "hunt/rules/rules.hpp"

namespace tandem::hunt {
namespace {

// Exact forms: "закрыть задачу" and "закрытый чат" say nothing.
constexpr std::string_view closing_words =
    R"(+ =закрыто | =закрыта | =закрыт | =закрыли | =неактуально | =неактуальна | "не актуально" | "уже не актуально" )"
    R"(| #закрыто | #неактуально | #closed | "исполнитель найден" | "исполнителя нашли" | "нашли исполнителя" )"
    R"(| "исполнитель выбран" | "специалист найден" | "специалиста нашли" | "человек найден" | "кандидат найден" )"
    R"(| "спасибо за отклики" | "набор завершён" | "больше не ищем" | =closed | "position filled" | "no longer available" )"
    R"(| "no longer actual" | "found a person")";
constexpr std::size_t longest_line = 120;  // bytes; a longer one tells a story

std::string_view line_at_the_end(std::string_view text, bool first) {
  constexpr std::string_view space = " \t\r\n";
  const auto from = text.find_first_not_of(space);
  if (from == std::string_view::npos) return {};
  text = text.substr(from, text.find_last_not_of(space) + 1 - from);
  return first ? text.substr(0, text.find('\n')) : text.substr(text.rfind('\n') + 1);
}

}  // namespace

bool says_closed(std::string_view text, text::stemmer& stems) {
  static const auto words = rule_set::parse(closing_words);
  for (const bool first : {true, false}) {
    auto line = line_at_the_end(text, first);
    // "ЗАКРЫТО! Нужен дизайнер: …": what is said first, or last, of a long line.
    if (line.size() > longest_line) {
      const auto stop = first ? line.find_first_of(".!:|") : line.find_last_of(".!:|", line.size() - 2);
      if (stop == std::string_view::npos) continue;
      line = first ? line.substr(0, stop) : line.substr(stop + 1);
      if (line.size() > longest_line) continue;
    }
    if (!line.empty() && words->evaluate(line, stems).passed) return true;
  }
  return false;
}

}  // namespace tandem::hunt
