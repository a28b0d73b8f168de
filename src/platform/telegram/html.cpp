#include "platform/telegram/html.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "platform/telegram/utf8.hpp"

namespace tandem::telegram {

namespace {

bool is_letter(char letter) { return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z'); }

// One step through the HTML: a tag, or something that shows as one character.
struct token {
  enum class kind { character, opening, closing };
  kind what = kind::character;
  std::string_view raw;
  std::string_view name;  // of a tag
  std::string shown;      // of a character, UTF-8
};

// The character that an entity stands for: the four named ones and numbers, as Telegram decodes them.
std::optional<std::string> decoded(std::string_view entity) {
  constexpr std::array<std::pair<std::string_view, char>, 4> named = {
      {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}}};
  for (const auto& [name, letter] : named) {
    if (entity == name) return std::string(1, letter);
  }
  if (!entity.starts_with("&#") || entity.size() < 4) return std::nullopt;
  auto digits = entity.substr(2, entity.size() - 3);
  const bool hex = digits.front() == 'x' || digits.front() == 'X';
  if (hex) digits.remove_prefix(1);
  char32_t point = 0;
  for (const char digit : digits) {
    const int value = digit >= '0' && digit <= '9'                       ? digit - '0'
                      : hex && is_letter(digit) && (digit | 0x20) <= 'f' ? (digit | 0x20) - 'a' + 10
                                                                         : -1;
    if (value < 0) return std::nullopt;
    point = point * (hex ? 16 : 10) + static_cast<char32_t>(value);
    if (point > 0x10ffff) return std::nullopt;
  }
  if (digits.empty() || point == 0 || (point >= 0xd800 && point < 0xe000)) return std::nullopt;
  std::string out;
  append_utf8(out, point);
  return out;
}

std::vector<token> tokens_of(std::string_view html) {
  std::vector<token> out;
  while (!html.empty()) {
    token next;
    const bool closing = html.starts_with("</");
    const std::size_t name_at = closing ? 2 : 1;
    if (html.front() == '<' && html.size() > name_at && is_letter(html[name_at])) {
      // A ">" inside a quoted attribute does not end the tag.
      char quote = 0;
      std::size_t end = name_at;
      for (; end < html.size() && (quote || html[end] != '>'); ++end) {
        if (quote ? html[end] == quote : html[end] == '"' || html[end] == '\'') quote = quote ? 0 : html[end];
      }
      next.raw = html.substr(0, std::min(end + 1, html.size()));
      auto name_end = name_at;
      while (name_end < next.raw.size() && (is_letter(next.raw[name_end]) || next.raw[name_end] == '-'))
        ++name_end;
      next.name = next.raw.substr(name_at, name_end - name_at);
      next.what = closing ? token::kind::closing : token::kind::opening;
    } else {
      const auto end = html.front() == '&' ? html.substr(0, 12).find(';') : std::string_view::npos;
      auto entity = end == std::string_view::npos ? std::nullopt : decoded(html.substr(0, end + 1));
      next.raw = html.substr(0, entity ? end + 1 : std::max<std::size_t>(1, sequence_length(html)));
      next.shown = entity ? std::move(*entity) : std::string(next.raw);
    }
    html.remove_prefix(next.raw.size());
    out.push_back(std::move(next));
  }
  return out;
}

bool is_space(const token& one) {
  return one.what == token::kind::character && (one.shown == " " || one.shown == "\n" || one.shown == "\t");
}

// How good a place it is to begin a new piece in front of `at`; 0 is the middle of a word.
int rank_of_cut(const std::vector<token>& all, std::size_t begin, std::size_t at) {
  const auto before = [&](std::size_t back) -> std::string_view {
    return at >= begin + back && all[at - back].what == token::kind::character ? all[at - back].shown
                                                                               : std::string_view();
  };
  const auto last = before(1);
  if (last == "\n") return before(2) == "\n" ? 4 : 3;
  if (last != " " && last != "\t") return 0;
  const auto end = before(2);
  return end == "." || end == "!" || end == "?" || end == "…" ? 2 : 1;
}

// The best place for a cut in [begin, limit_at]: the best rank in the second half, else the last of any rank.
std::size_t cut_place(const std::vector<token>& all, std::size_t begin, std::size_t limit_at) {
  std::size_t found = limit_at;
  int best = 0;
  for (auto at = limit_at; at > begin; --at) {
    const int rank = rank_of_cut(all, begin, at);
    if (rank <= best) continue;
    if (best > 0 && at < begin + (limit_at - begin) / 2) break;
    best = rank;
    found = at;
  }
  return found;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const auto length = sequence_length(text);
    switch (text.front()) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += length ? text.substr(0, length) : std::string_view("\xEF\xBF\xBD");
    }
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return out;
}

std::string bold(std::string_view text) { return "<b>" + escape(text) + "</b>"; }
std::string italic(std::string_view text) { return "<i>" + escape(text) + "</i>"; }
std::string strike_html(std::string_view html) { return "<s>" + std::string(html) + "</s>"; }
std::string link(std::string_view text, std::string_view url) {
  return "<a href=\"" + escape(url) + "\">" + escape(text) + "</a>";
}

std::string plain_text(std::string_view html) {
  std::string out;
  for (const auto& one : tokens_of(html)) out += one.shown;
  return out;
}

std::size_t code_points(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(
      utf8, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0) != 0x80; }));
}

std::size_t utf16_units(std::string_view utf8) {
  const auto beyond = [](char byte) { return static_cast<unsigned char>(byte) >= 0xf0; };
  return code_points(utf8) + static_cast<std::size_t>(std::ranges::count_if(utf8, beyond));
}

std::vector<std::string> split(std::string_view html, std::size_t limit) {
  const auto all = tokens_of(html);
  std::vector<std::string> out;
  std::vector<const token*> open;  // tags that the next piece begins with
  std::size_t begin = 0;
  while (begin < all.size()) {
    while (begin < all.size() && is_space(all[begin])) ++begin;  // spaces at a cut belong to neither side
    std::size_t shown = 0, end = begin;
    while (end < all.size() && (all[end].what != token::kind::character || shown < limit)) {
      shown += all[end].what == token::kind::character;
      ++end;
    }
    if (end < all.size()) {
      while (all[end - 1].what == token::kind::opening) --end;
      end = cut_place(all, begin, end);
    }

    std::string piece;
    bool visible = false;
    for (const auto* tag : open) piece += tag->raw;
    for (auto at = begin; at < end; ++at) {
      const auto& one = all[at];
      if (one.what == token::kind::opening) open.push_back(&one);
      if (one.what == token::kind::closing && !open.empty()) open.pop_back();
      visible = visible || (one.what == token::kind::character && !is_space(one));
      piece += one.raw;
    }
    while (!piece.empty() && (piece.back() == ' ' || piece.back() == '\n')) piece.pop_back();
    for (auto tag = open.rbegin(); tag != open.rend(); ++tag)
      piece.append("</").append((*tag)->name).append(">");
    if (visible) out.push_back(std::move(piece));
    begin = end;
  }
  return out;
}

std::string shorten(std::string_view html, std::size_t limit, std::string_view ending) {
  auto whole = split(html, limit);
  if (whole.size() <= 1) return whole.empty() ? std::string() : std::move(whole.front());
  const auto kept = code_points(plain_text(ending));
  auto pieces = split(html, limit > kept ? limit - kept : 1);
  return pieces.front() + std::string(ending);
}

}  // namespace tandem::telegram
