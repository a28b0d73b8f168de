#include "hunt/sources/source_list.hpp"

#include "hunt/sources/source_name.hpp"

namespace tandem::hunt {
namespace {

struct record {
  std::size_t line = 0;
  std::vector<std::string> cells;
};

std::string trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(" \t\r") - from + 1));
}

// RFC 4180, with ";" beside ","; a quoted cell may hold line breaks.
std::vector<record> records_of(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::vector<record> out;
  record now{1, {}};
  std::string cell;
  bool quoted = false, was_quoted = false;
  std::size_t line = 1;
  const auto end_cell = [&] {
    now.cells.push_back(trimmed(cell));
    cell.clear();
    was_quoted = false;
  };
  const auto end_record = [&] {
    end_cell();
    if (now.cells.size() > 1 || !now.cells.front().empty()) out.push_back(std::move(now));
    now = {line + 1, {}};
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char letter = text[i];
    if (quoted && letter == '"' && i + 1 < text.size() && text[i + 1] == '"') {
      cell += text[++i];
    } else if (letter == '"' && (quoted || (trimmed(cell).empty() && !was_quoted))) {
      quoted = !quoted;
      was_quoted = true;
    } else if (!quoted && (letter == ',' || letter == ';')) {
      end_cell();
    } else if (!quoted && letter == '\n') {
      end_record();
    } else {
      cell += letter;
    }
    line += letter == '\n';
  }
  end_record();
  return out;
}

// In a table a bare word may be anything.
bool says_that_it_is_one(std::string_view cell) {
  return cell.starts_with('@') || cell.contains("t.me/") || cell.contains("telegram.me/") ||
         cell.starts_with("http://") || cell.starts_with("https://");
}

std::string mistake_of(std::string_view written) {
  if (written.contains("t.me/+") || written.contains("t.me/joinchat/")) {
    return "an invite link: only a member can read this chat, see `tandem reader add`";
  }
  return "neither a channel (@name, https://t.me/name) nor the address of a feed (https://…)";
}

}  // namespace

std::vector<listed_source> parse_source_list(std::string_view text) {
  std::vector<listed_source> out;
  bool first = true;
  for (const auto& one : records_of(text)) {
    const bool heading = std::exchange(first, false) && one.cells.size() > 1;
    if (one.cells.front().starts_with('#')) continue;
    std::string written = one.cells.size() == 1 ? one.cells.front() : std::string();
    for (const auto& cell : one.cells) {
      if (written.empty() && says_that_it_is_one(cell)) written = cell;
    }
    if (written.empty() && heading) continue;
    if (written.empty()) written = one.cells.front();
    const bool is_one = parse_source(written) && (one.cells.size() == 1 || says_that_it_is_one(written));
    out.push_back({one.line, written, is_one ? "" : mistake_of(written)});
  }
  return out;
}

}  // namespace tandem::hunt
