#include "hunt/verdicts/classify_stream.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <istream>
#include <ostream>
#include <string>

namespace tandem::hunt {
namespace {

namespace json = boost::json;

// Longer than any post with its markup; what is more is no post.
constexpr std::size_t longest_line = std::size_t{4} << 20;

// The answer to one line, or what is wrong with the line.
std::expected<std::string, std::string> answer(const std::string& line, classifier& judge) {
  if (line.size() > longest_line) return std::unexpected("the line is longer than 4 MB");
  json::error_code wrong;
  const json::value parsed = json::parse(line, wrong);
  if (wrong) return std::unexpected("not JSON: " + wrong.message());
  const auto* post = parsed.if_object();
  if (!post) return std::unexpected("not a JSON object");
  const auto* id = post->if_contains("id");
  if (!id) return std::unexpected("\"id\" is missing");
  const auto* text = post->if_contains("text");
  if (!text || !text->is_string()) return std::unexpected("\"text\" is missing or not a string");

  const verdict made = judge.judge(text->get_string());
  std::string categories;
  for (const auto& one : made.categories)
    categories += fmt::format("{}\"{}\"", categories.empty() ? "" : ",", slug(one.which));
  // Written by hand: Boost.JSON would print the confidence as 8.77E-1.
  return fmt::format(R"({{"id":{},"kind":"{}","categories":[{}],"confidence":{:.3g},"scam":{}}})",
                     json::serialize(*id), name(made.kind), categories, made.confidence, made.scam);
}

}  // namespace

int classify_stream(std::istream& in, std::ostream& out, classifier& judge) {
  int status = 0;
  std::string line;
  while (std::getline(in, line)) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    const auto made = answer(line, judge);
    if (made) {
      out << *made << '\n';
    } else {
      json::object failed;
      failed["id"] = nullptr;
      failed["error"] = made.error();
      out << json::serialize(failed) << '\n';
      status = 1;
    }
    if (in.rdbuf()->in_avail() <= 0) out.flush();
  }
  out.flush();
  return out ? status : 1;
}

}  // namespace tandem::hunt
