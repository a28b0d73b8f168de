#pragma once
#include <optional>
#include <string>
#include <vector>

#include "hunt/categories.hpp"
#include "hunt/readers/sums.hpp"

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
  std::int64_t revision = 1;  // changes whenever the card may have
  bool withdrawn = false;
  bool closed = false;                  // withdrawn because its author says that it is taken
  std::string reply_template;           // what the reader's respond button writes; empty: nothing
  std::optional<instant> replied_at;    // by this reader
  bool saved = false;                   // by this reader
  std::optional<std::string> reported;  // by this reader: the reason, while no decision has been made
  bool author_hidden = false;           // by this reader
};

// A channel where a vacancy was seen, and whom it says to write to there.
struct seen_place {
  std::string source_title, post_url, contact_url;  // post_url: empty for what has no page
};

// The first of the places, the earliest first, and how many there are.
struct seen_places {
  std::vector<seen_place> first;
  std::int64_t total = 0;
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
  // What of the reader's own filter let it pass.
  std::string own_word;
  std::optional<sum> own_budget;
};

// Tells whether two cards look the same to everybody, whatever their readers did with them.
std::int64_t digest_of_card(const vacancy_card& card);

// Which list a card was opened from, and at which place it goes back there.
struct list_place {
  enum class kind : std::uint8_t { saved, replied, delivered } which = kind::saved;
  std::int64_t offset = 0;
  std::int64_t list_id = 0;  // of kind delivered
  friend bool operator==(const list_place&, const list_place&) = default;
};

// A page of a list: at most `cards_per_page` of `total`, from `from.offset` on.
struct card_page {
  std::vector<vacancy_card> cards;
  list_place from;
  std::int64_t total = 0;
};
inline constexpr int cards_per_page = 5;

}  // namespace tandem::hunt
