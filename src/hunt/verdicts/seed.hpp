// The seed set (models/hunt/seed): posts that we wrote ourselves as a grammar, expanded the same way at every
// build.
//
// A seed file holds
//   ; a comment
//   [name]                      one alternative a line, until the next section
//   @ kind categories… xN       a post (one or many lines) that is expanded N times
// kind: vacancy cv ad spam scam other. categories: slugs, "none", or "*": N times for each category.
// In texts: {name} a random alternative; {name:list} some of them with commas; {name:bullets} some as a list;
// {any.name} from a random category; (a|b|) one of these. The sections of category_SLUG.txt belong to that
// category; an alternative may end in "=> slug slug" when the work needs other categories than its file says.
#pragma once
#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::hunt {

struct labelled_post {
  std::string kind;
  std::vector<std::string>
      categories;  // slugs; "none" alone if the work fits none; empty for kinds without work
  std::string text;
};

struct seed_error {
  std::string file;
  std::size_t line = 0;
  std::string what;
};

// Which part of the grammar to use: all of it, or (to choose thresholds and to measure) a fifth of the posts
// and alternatives apart from the rest.
enum class seed_part : std::uint8_t { all, train, held_out };

class seed_set {
 public:
  // Adds one file; `name` decides whether its sections belong to a category (category_SLUG.txt).
  std::expected<void, seed_error> add(std::string_view name, std::string_view content);

  // Expands the grammar: the same seed and part give the same posts on every machine. An unknown {name} is an
  // error.
  std::expected<std::vector<labelled_post>, seed_error> expand(seed_part part, std::uint64_t seed) const;

 private:
  struct alternatives {
    std::vector<std::string> all, train, held_out;
    const std::vector<std::string>& of(seed_part part) const;
  };
  struct post_template {
    std::string file, kind, text;
    std::size_t line = 0, times = 1;
    std::vector<std::string> categories;
  };
  class expansion;

  std::map<std::string, alternatives, std::less<>> slots_;  // "name", or "slug.name" of a category
  std::vector<std::string> categories_;                     // slugs of the files seen, "none" among them
  std::vector<post_template> templates_;
};

}  // namespace tandem::hunt
