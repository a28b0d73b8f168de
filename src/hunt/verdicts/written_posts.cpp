#include "hunt/verdicts/written_posts.hpp"

#include <array>
#include <boost/json.hpp>

#include "hunt/verdicts/categories.hpp"

namespace tandem::hunt {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> kinds{"vacancy", "cv", "ad", "spam", "other"};

std::expected<labelled_post, std::string> read_post(std::string_view line) {
  boost::system::error_code failure;
  const auto value = json::parse(line, failure);
  if (failure || !value.is_object()) return std::unexpected("this is no JSON object");
  const auto& fields = value.as_object();
  const auto* text = fields.if_contains("text");
  const auto* kind = fields.if_contains("kind");
  if (!text || !text->is_string() || !kind || !kind->is_string())
    return std::unexpected("text or kind is missing");
  labelled_post post;
  post.text = text->as_string();
  post.kind = kind->as_string();
  if (std::ranges::find(kinds, post.kind) == kinds.end()) return std::unexpected("unknown kind " + post.kind);
  const auto* scam = fields.if_contains("scam");
  if (post.kind == "spam" && scam && scam->is_bool() && scam->as_bool()) post.kind = "scam";
  if (post.kind != "vacancy" && post.kind != "cv") return post;
  if (const auto* categories = fields.if_contains("categories"); categories && categories->is_array()) {
    for (const auto& one : categories->as_array()) {
      if (!one.is_string() || !category_from_slug(one.as_string()))
        return std::unexpected("unknown category");
      post.categories.emplace_back(one.as_string());
    }
  }
  if (post.categories.empty()) post.categories.emplace_back("none");
  return post;
}

}  // namespace

std::expected<std::vector<labelled_post>, seed_error> read_written_posts(std::string_view file,
                                                                         std::string_view content) {
  std::vector<labelled_post> posts;
  for (std::size_t line = 1; !content.empty(); ++line) {
    const auto end = content.find('\n');
    const auto one = content.substr(0, end);
    content = end == std::string_view::npos ? std::string_view() : content.substr(end + 1);
    if (one.empty()) continue;
    auto post = read_post(one);
    if (!post) return std::unexpected(seed_error{std::string(file), line, post.error()});
    posts.push_back(std::move(*post));
  }
  return posts;
}

}  // namespace tandem::hunt
