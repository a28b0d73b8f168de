#pragma once
#include <optional>
#include <string>
#include <vector>

#include "hunt/categories.hpp"

namespace tandem::hunt {

// Everything that a vacancy's card shows, for one reader.
struct vacancy_card {
  vacancy_id id;
  category_id category;           // the one it came under
  std::vector<category_id> also;  // the others, most confident first
  std::string title, essence, budget;
  std::string source_title, post_url;
  std::string contact_url;  // empty: nobody to respond to but the post
  std::string author_key;
  int other_sources = 0;  // "also in N channels"
  instant posted_at;
  bool withdrawn = false;
  bool saved = false;                   // by this reader
  std::optional<std::string> reported;  // by this reader: the reason, while no decision has been made
  bool author_hidden = false;           // by this reader
};

// Why a reader got a vacancy.
struct vacancy_reason {
  std::string source_title, rule;  // what the source's filter passed it by
  struct judged {
    category_id category;
    double confidence = 0;
  };
  std::vector<judged> categories;
  std::string engine;  // which model decided
};

}  // namespace tandem::hunt
