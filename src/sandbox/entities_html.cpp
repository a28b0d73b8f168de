#include "sandbox/ascii.hpp"
#include "sandbox/entity_parsing.hpp"

namespace tandem::sandbox::parsing {
namespace {

struct open_tag {
  std::string name;
  std::string argument;
  std::string format;  // of tg-time
  int offset = 0;
  std::size_t text_begin = 0;
};

std::string at_byte(std::size_t position) { return " at byte offset " + std::to_string(position); }

bool is_supported(std::string_view tag) {
  for (const std::string_view known :
       {"a", "b", "strong", "i", "em", "s", "strike", "del", "u", "ins", "tg-spoiler", "tg-emoji", "tg-time",
        "span", "pre", "code", "blockquote"}) {
    if (tag == known) return true;
  }
  return false;
}

class html_parser {
 public:
  explicit html_parser(std::string_view text) : in_(text) {}

  result run() {
    while (at_ < in_.size()) {
      if (in_[at_] == '&') {
        if (const std::uint32_t code = decode_reference(at_)) {
          out_.put_code_point(code);
          continue;
        }
      }
      if (in_[at_] != '<') {
        out_.put_byte(in_[at_++]);
        continue;
      }
      const std::size_t begin = at_++;
      auto error = in_[at_] == '/' ? end_tag(begin) : start_tag(begin);
      if (!error.empty()) return failure(std::move(error));
    }
    if (!open_.empty()) {
      return failure("Can't find end tag corresponding to start tag \"" + open_.back().name + '"');
    }
    if (!is_utf8(out_.text)) {
      return failure(
          "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched "
          "surrogate code units");
    }
    for (auto& one : out_.entities) {
      if (one.kind == entity_kind::code) one.argument.clear();
    }
    sort_entities(out_.entities);
    return formatted{std::move(out_.text), std::move(out_.entities)};
  }

 private:
  // &lt; &gt; &amp; &quot; and numbers, the semicolon may be missing. Moves `at` behind it; 0 and no move if
  // it is something else.
  std::uint32_t decode_reference(std::size_t& at) const {
    std::size_t end = at + 1;
    std::uint32_t code = 0;
    if (in_[end] == '#') {
      ++end;
      const bool hexadecimal = in_[end] == 'x';
      if (hexadecimal) ++end;
      while (hexadecimal ? is_hex(in_[end]) : is_digit(in_[end])) {
        code = code * (hexadecimal ? 16 : 10) + static_cast<std::uint32_t>(hex_value(in_[end++]));
      }
      if (code == 0 || code >= 0x10ffff || end - at >= 10) return 0;
    } else {
      while (is_alpha(in_[end])) ++end;
      const auto name = in_.part(at + 1, end);
      code = name == "lt" ? '<' : name == "gt" ? '>' : name == "amp" ? '&' : name == "quot" ? '"' : 0;
      if (code == 0) return 0;
    }
    at = in_[end] == ';' ? end + 1 : end;
    return code;
  }

  void skip_spaces() {
    while (at_ < in_.size() && is_space(in_[at_])) ++at_;
  }

  // These return the error text, "" when all is well.
  std::string start_tag(std::size_t begin) {
    while (!is_space(in_[at_]) && in_[at_] != '>') ++at_;
    if (at_ >= in_.size()) return "Unclosed start tag" + at_byte(begin);
    open_tag tag;
    tag.name = lower(in_.part(begin + 1, at_));
    if (!is_supported(tag.name)) return "Unsupported start tag \"" + tag.name + '"' + at_byte(begin);

    while (in_[at_] != '>') {
      skip_spaces();
      if (in_[at_] == '>') break;
      if (auto error = attribute(tag, begin); !error.empty()) return error;
    }
    ++at_;
    if (tag.name == "span" && tag.argument != "spoiler") {
      return "Tag \"span\" must have class \"tg-spoiler\"" + at_byte(begin);
    }
    tag.offset = out_.utf16;
    tag.text_begin = out_.text.size();
    open_.push_back(std::move(tag));
    return {};
  }

  std::string attribute(open_tag& tag, std::size_t begin) {
    const std::string unclosed = "Unclosed start tag \"" + tag.name + '"' + at_byte(begin);
    const std::size_t name_begin = at_;
    while (!is_space(in_[at_]) && in_[at_] != '=' && in_[at_] != '>' && in_[at_] != '/' && in_[at_] != '"' &&
           in_[at_] != '\'') {
      ++at_;
    }
    const auto name = in_.part(name_begin, at_);
    if (name.empty()) return "Empty attribute name in the tag \"" + tag.name + '"' + at_byte(begin);
    skip_spaces();
    if (in_[at_] != '=') {
      if (at_ >= in_.size()) return unclosed;
      keep(tag, name, "1", true);
      return {};
    }
    ++at_;
    skip_spaces();
    if (at_ >= in_.size()) return unclosed;

    std::string value;
    if (in_[at_] != '\'' && in_[at_] != '"') {
      const std::size_t token_begin = at_;
      while (is_alnum(in_[at_]) || in_[at_] == '.' || in_[at_] == '-') ++at_;
      value = lower(in_.part(token_begin, at_));
      if (!is_space(in_[at_]) && in_[at_] != '>')
        return "Unexpected end of name token" + at_byte(token_begin);
    } else {
      const char quote = in_[at_++];
      while (at_ < in_.size() && in_[at_] != quote) {
        if (in_[at_] == '&') {
          if (const std::uint32_t code = decode_reference(at_)) {
            append_utf8(value, code);
            continue;
          }
        }
        value += in_[at_++];
      }
      if (in_[at_] == quote) ++at_;
    }
    if (at_ >= in_.size()) return "Unclosed start tag" + at_byte(begin);
    keep(tag, name, value, false);
    return {};
  }

  static void keep(open_tag& tag, std::string_view name, std::string_view value, bool bare) {
    if (tag.name == "blockquote" && name == "expandable") tag.argument = "1";
    if (bare) return;
    if (tag.name == "a" && name == "href") tag.argument = value;
    if (tag.name == "code" && name == "class" && value.starts_with("language-"))
      tag.argument = value.substr(9);
    if (tag.name == "span" && name == "class" && value.starts_with("tg-")) tag.argument = value.substr(3);
    if (tag.name == "tg-emoji" && name == "emoji-id") tag.argument = value;
    if (tag.name == "tg-time" && name == "unix") tag.argument = value;
    if (tag.name == "tg-time" && name == "format") tag.format = value;
  }

  std::string end_tag(std::size_t begin) {
    if (open_.empty()) return "Unexpected end tag" + at_byte(begin);
    while (!is_space(in_[at_]) && in_[at_] != '>') ++at_;
    const std::string name = lower(in_.part(begin + 2, at_));
    skip_spaces();
    if (in_[at_] != '>') return "Unclosed end tag" + at_byte(begin);
    ++at_;
    const open_tag tag = std::move(open_.back());
    open_.pop_back();
    if (!name.empty() && name != tag.name) {
      return "Unmatched end tag" + at_byte(begin) + ", expected \"</" + tag.name + ">\", found \"</" + name +
             ">\"";
    }
    if (out_.utf16 == tag.offset) return {};
    return add(tag);
  }

  std::string add(const open_tag& tag) {
    const std::string& name = tag.name;
    entity one{.offset = tag.offset, .length = out_.utf16 - tag.offset};
    entity* last = out_.entities.empty() ? nullptr : &out_.entities.back();
    const bool same_span = last && last->offset == one.offset && last->length == one.length;
    if (name == "a") {
      add_link(out_, tag.offset, tag.argument.empty() ? out_.text.substr(tag.text_begin) : tag.argument);
      return {};
    }
    if (name == "pre") {
      if (same_span && last->kind == entity_kind::code && !last->argument.empty()) {
        last->kind = entity_kind::pre;
        return {};
      }
      one.kind = entity_kind::pre;
    } else if (name == "code") {
      if (same_span && last->kind == entity_kind::pre && last->argument.empty() && !tag.argument.empty()) {
        last->argument = tag.argument;
        return {};
      }
      one.kind = entity_kind::code;
      one.argument = tag.argument;
    } else if (name == "tg-emoji") {
      if (!is_emoji_id(tag.argument)) return "Invalid custom emoji identifier specified";
      one.kind = entity_kind::custom_emoji;
      one.argument = tag.argument;
    } else if (name == "tg-time") {
      one.number = date_of(tag.argument);
      const auto format = date_format(tag.format);
      if (!format) return "Invalid date format used";
      if (one.number <= 0) return {};
      one.kind = entity_kind::date_time;
      one.argument = *format;
    } else if (name == "blockquote") {
      one.kind = tag.argument.empty() ? entity_kind::blockquote : entity_kind::expandable_blockquote;
    } else if (name == "i" || name == "em") {
      one.kind = entity_kind::italic;
    } else if (name == "b" || name == "strong") {
      one.kind = entity_kind::bold;
    } else if (name == "u" || name == "ins") {
      one.kind = entity_kind::underline;
    } else if (name == "s" || name == "strike" || name == "del") {
      one.kind = entity_kind::strikethrough;
    } else {
      one.kind = entity_kind::spoiler;
    }
    out_.entities.push_back(std::move(one));
    return {};
  }

  source in_;
  std::size_t at_ = 0;
  output out_;
  std::vector<open_tag> open_;
};

}  // namespace

result parse_html(std::string_view text) { return html_parser(text).run(); }

}  // namespace tandem::sandbox::parsing
