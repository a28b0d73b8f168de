#include "sandbox/ascii.hpp"
#include "sandbox/entity_parsing.hpp"
#include "sandbox/links.hpp"

namespace tandem::sandbox::parsing {
namespace {

// "```py\n": where the language ends (== from: there is none) and where the code begins.
struct code_head {
  std::string language;
  std::size_t code = 0;
};

code_head read_code_head(const source& in, std::size_t from) {
  code_head out{{}, from};
  std::size_t end = from;
  while (!is_space(in[end]) && in[end] != '`') ++end;
  if (end != from && end < in.size() && in[end] != '`') {
    out.language = in.part(from, end);
    out.code = end;
  }
  // One new line in front of the code does not belong to it.
  const char first = in[out.code], second = in[out.code + 1];
  if (first == '\n' || first == '\r') {
    out.code += (second == '\n' || second == '\r') && first != second ? 2 : 1;
  }
  return out;
}

class markdown_v2_parser {
 public:
  explicit markdown_v2_parser(std::string_view text) : in_(text) {}

  result run() {
    while (at_ < in_.size()) {
      if (auto error = step(); !error.empty()) return failure(std::move(error));
    }
    if (in_quote_ && !open_.empty() && open_.back().what == opened::quote) close_quote(false);
    if (!open_.empty()) return failure(unclosed());
    sort_entities(out_.entities);
    return formatted{std::move(out_.text), std::move(out_.entities)};
  }

 private:
  enum class opened { bold, italic, underline, strikethrough, spoiler, link, emoji, code, pre, quote };
  struct open_entity {
    opened what{};
    std::string language{};
    int offset = 0;
    std::size_t byte = 0;
    std::size_t text_begin = 0;
  };

  static std::string_view name_of(const open_entity& one) {
    switch (one.what) {
      case opened::bold: return "Bold";
      case opened::italic: return "Italic";
      case opened::underline: return "Underline";
      case opened::strikethrough: return "Strikethrough";
      case opened::spoiler: return "Spoiler";
      case opened::link: return "TextUrl";
      case opened::emoji: return "CustomEmoji";
      case opened::code: return "Code";
      case opened::pre: return one.language.empty() ? "Pre" : "PreCode";
      case opened::quote: return "BlockQuote";
    }
    return "";
  }

  std::string unclosed() const {
    return "Can't find end of " + std::string(name_of(open_.back())) + " entity at byte offset " +
           std::to_string(open_.back().byte);
  }

  void plain(char c) {
    out_.put_byte(c);
    line_start_ = false;
  }

  std::string step() {
    const char c = in_[at_];
    if (c == '\\' && in_[at_ + 1] > 0 && in_[at_ + 1] <= 126) {
      out_.put_byte(in_[at_ + 1]);
      line_start_ = in_[at_ + 1] == '\n';
      at_ += 2;
      return {};
    }
    const bool in_code =
        !open_.empty() && (open_.back().what == opened::code || open_.back().what == opened::pre);
    const std::string_view reserved = in_code ? "`" : "_*[]()~`>#+-=|{}.!\n";
    if (reserved.find(c) == std::string_view::npos) {
      plain(c);
      ++at_;
      return {};
    }
    if (c == '\n') return new_line();
    if (!open_.empty() && ends_here(open_.back().what)) return end();
    if (in_quote_ && quote_ends_here()) return unclosed();
    return begin();
  }

  // "||" at the end of a quote's last line makes it expandable.
  bool quote_ends_here() const {
    if (in_[at_] != '|' || in_[at_ + 1] != '|') return false;
    const std::size_t line_end = at_ + (in_[at_ + 2] == '\r' && in_[at_ + 3] == '\n' ? 3 : 2);
    return in_[line_end] == '\n' ? in_[line_end + 1] != '>' : line_end >= in_.size();
  }

  std::string new_line() {
    out_.put_byte('\n');
    ++at_;
    line_start_ = true;
    if (!in_quote_) return {};
    if (in_[at_] == '>') {
      ++at_;
      return {};
    }
    if (open_.back().what != opened::quote) return unclosed();
    close_quote(false);
    return {};
  }

  bool ends_here(opened what) const {
    const char c = in_[at_], next = in_[at_ + 1];
    switch (what) {
      case opened::bold: return c == '*';
      case opened::italic: return c == '_' && next != '_';
      case opened::underline: return c == '_' && next == '_';
      case opened::strikethrough: return c == '~';
      case opened::spoiler: return c == '|' && next == '|';
      case opened::link:
      case opened::emoji: return c == ']';
      case opened::code: return c == '`';
      case opened::pre: return c == '`' && next == '`' && in_[at_ + 2] == '`';
      case opened::quote: return quote_ends_here();
    }
    return false;
  }

  std::string begin() {
    open_entity one{.offset = out_.utf16, .byte = at_, .text_begin = out_.text.size()};
    const char c = in_[at_], next = in_[at_ + 1];
    std::size_t length = 1;
    if (c == '_') {
      one.what = next == '_' ? opened::underline : opened::italic;
      length = next == '_' ? 2 : 1;
    } else if (c == '*') {
      one.what = opened::bold;
    } else if (c == '~') {
      one.what = opened::strikethrough;
    } else if (c == '|' && next == '|') {
      one.what = opened::spoiler;
      length = 2;
    } else if (c == '[') {
      one.what = opened::link;
    } else if (c == '!' && next == '[') {
      one.what = opened::emoji;
      length = 2;
    } else if (c == '`' && next == '`' && in_[at_ + 2] == '`') {
      auto head = read_code_head(in_, at_ + 3);
      one.what = opened::pre;
      one.language = std::move(head.language);
      length = head.code - at_;
    } else if (c == '`') {
      one.what = opened::code;
    } else if (c == '>' && line_start_) {
      ++at_;
      if (in_quote_) return {};  // a quote in a quote is the same quote
      in_quote_ = true;
      one.what = opened::quote;
      open_.push_back(std::move(one));
      return {};
    } else {
      return std::string("Character '") + c + "' is reserved and must be escaped with the preceding '\\'";
    }
    at_ += length;
    open_.push_back(std::move(one));
    return {};
  }

  // The address behind [text] or ![text]; empty and no move if there is none.
  std::expected<std::optional<std::string>, std::string> read_address() {
    if (in_[at_ + 1] != '(') return std::nullopt;
    at_ += 2;
    const std::size_t begin = at_;
    std::string url;
    while (at_ < in_.size() && in_[at_] != ')') {
      if (in_[at_] == '\\' && in_[at_ + 1] > 0 && in_[at_ + 1] <= 126) ++at_;
      url += in_[at_++];
    }
    if (in_[at_] != ')') {
      return std::unexpected("Can't find end of a URL at byte offset " + std::to_string(begin));
    }
    return url;
  }

  std::string end() {
    const opened what = open_.back().what;
    if (what == opened::quote) {
      at_ += 2;
      if (in_[at_] == '\r') out_.put_byte(in_[at_++]);
      if (at_ < in_.size()) {  // the new line behind it belongs to the quote
        out_.put_byte(in_[at_++]);
        line_start_ = true;
      }
      close_quote(true);
      return {};
    }
    const open_entity one = open_.back();
    const bool empty = out_.utf16 == one.offset;
    if (what == opened::link || what == opened::emoji) {
      auto address = read_address();
      if (!address) return std::move(address).error();
      ++at_;
      open_.pop_back();
      if (what == opened::emoji) return add_special(one, *address);
      const std::string url = *address ? **address : out_.text.substr(one.text_begin);
      if (!empty) add_link(out_, one.offset, url);
      return {};
    }
    at_ += what == opened::underline || what == opened::spoiler ? 2 : what == opened::pre ? 3 : 1;
    open_.pop_back();
    if (empty) return {};
    entity made{.kind = kind_of(what),
                .offset = one.offset,
                .length = out_.utf16 - one.offset,
                .argument = one.language};
    out_.entities.push_back(std::move(made));
    return {};
  }

  static entity_kind kind_of(opened what) {
    switch (what) {
      case opened::bold: return entity_kind::bold;
      case opened::italic: return entity_kind::italic;
      case opened::underline: return entity_kind::underline;
      case opened::strikethrough: return entity_kind::strikethrough;
      case opened::spoiler: return entity_kind::spoiler;
      case opened::code: return entity_kind::code;
      default: return entity_kind::pre;
    }
  }

  // ![text](tg://emoji?id=…) and ![text](tg://time?unix=…&format=…)
  std::string add_special(const open_entity& one, const std::optional<std::string>& address) {
    if (!address) return "The entity must contain a tg://emoji or tg://time URL";
    const std::string link = lower(*address);
    entity made{.offset = one.offset, .length = out_.utf16 - one.offset};
    if (const auto id = tg_parameter(link, "emoji", "id"); is_emoji_id(id)) {
      made.kind = entity_kind::custom_emoji;
      made.argument = id;
    } else {
      made.kind = entity_kind::date_time;
      made.number = date_of(tg_parameter(link, "time", "unix"));
      if (made.number <= 0) return "Invalid tg://emoji or tg://time URL specified";
      const auto format = date_format(tg_parameter(*address, "time", "format"));
      if (!format) return "Invalid date format used";
      made.argument = *format;
    }
    if (made.length > 0) out_.entities.push_back(std::move(made));
    return {};
  }

  void close_quote(bool expandable) {
    const open_entity one = open_.back();
    open_.pop_back();
    in_quote_ = false;
    if (out_.utf16 == one.offset) return;
    out_.entities.push_back(
        {.kind = expandable ? entity_kind::expandable_blockquote : entity_kind::blockquote,
         .offset = one.offset,
         .length = out_.utf16 - one.offset});
  }

  source in_;
  std::size_t at_ = 0;
  output out_;
  std::vector<open_entity> open_;
  bool in_quote_ = false;
  bool line_start_ = true;  // only marks of entities since the line began
};

}  // namespace

result parse_markdown_v2(std::string_view text) { return markdown_v2_parser(text).run(); }

// The old Markdown: no nesting, no end in sight is an error, everything else is text.
result parse_markdown(std::string_view text) {
  const source in(text);
  output out;
  std::size_t at = 0;
  while (at < in.size()) {
    const char c = in[at];
    if (c == '\\' && (in[at + 1] == '_' || in[at + 1] == '*' || in[at + 1] == '`' || in[at + 1] == '[')) {
      out.put_byte(in[at + 1]);
      at += 2;
      continue;
    }
    if (c != '_' && c != '*' && c != '`' && c != '[') {
      out.put_byte(c);
      ++at;
      continue;
    }
    const std::size_t begin = at++;
    const bool pre = c == '`' && in[at] == '`' && in[at + 1] == '`';
    entity one{.offset = out.utf16};
    if (pre) {
      auto head = read_code_head(in, at + 2);
      one.argument = std::move(head.language);
      at = head.code;
    }
    const std::size_t text_begin = out.text.size();
    const auto ends = [&] {
      if (c == '[') return in[at] == ']';
      return in[at] == c && (!pre || (in[at + 1] == '`' && in[at + 2] == '`'));
    };
    while (at < in.size() && !ends()) out.put_byte(in[at++]);
    if (at >= in.size()) {
      return failure("Can't find end of the entity starting at byte offset " + std::to_string(begin));
    }
    at += pre ? 3 : 1;
    one.length = out.utf16 - one.offset;
    if (one.length == 0) continue;
    if (c == '[') {
      std::string url;
      if (in[at] == '(') {
        ++at;
        while (at < in.size() && in[at] != ')') url += in[at++];
        ++at;
      } else {
        url = out.text.substr(text_begin);
      }
      add_link(out, one.offset, url);
      continue;
    }
    one.kind = c == '_'   ? entity_kind::italic
               : c == '*' ? entity_kind::bold
               : pre      ? entity_kind::pre
                          : entity_kind::code;
    out.entities.push_back(std::move(one));
  }
  sort_entities(out.entities);
  return formatted{std::move(out.text), std::move(out.entities)};
}

}  // namespace tandem::sandbox::parsing
