#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hunt/bot/view.hpp"
#include "hunt/delivery/cards.hpp"
#include "hunt/delivery/times.hpp"
#include "hunt/readers/filters.hpp"
#include "hunt/reports/reports.hpp"

// Hunt's screens: what is known in, text and buttons out. Pure, so that they are compared with golden files.
// Rules: at most three buttons a row, the main one first, "back" the last of all; every text lies in
// locales/.
namespace tandem::hunt::bot {

// What a person is told about whom to turn to.
struct operator_details {
  std::string name;                          // who answers for the data; may be empty
  std::string contact;                       // @username, address or link; may be empty
  int journal_days = 90;                     // how long presses are kept
  int refused_days = 7, accepted_days = 60;  // and the texts of posts
  int deliveries_days = 90;                  // and what a person got
  bool learns = false;                       // the local judge, from what people say is no vacancy
};

struct welcome_facts {
  day_counts day;
  std::optional<category_count> busiest;  // the category with most vacancies of the last day
  int trial_days = 2;
};
screen welcome(const view& to, const welcome_facts& facts);
screen how_it_works(const view& to);

struct offered_category {
  category_count what;
  bool chosen = false;
};
screen choose_categories(const view& to, const std::vector<offered_category>& offered);

// Who brings a category: its bot, or this one while `username` is empty.
struct bringer {
  category_id category;
  std::string username;  // without @
  bool started = false;
};
struct reading_right {
  std::optional<instant> until;
};
screen ready(const view& to, const std::vector<bringer>& by, const reading_right& right);

struct menu_facts {
  std::vector<category_id> chosen;
  reading_right right;
  bool paused = false;
  std::int64_t saved = 0, replied = 0;
  reading_filter filter;  // the one for all
};
screen menu(const view& to, const menu_facts& facts);

struct settings_facts {
  bool has_reply = false;
  std::int64_t hidden = 0;
};
screen settings(const view& to, const settings_facts& facts);

// Saved vacancies, those responded to, and lists that were delivered.
screen card_list(const view& to, const card_page& page);

struct hidden_page {
  std::vector<hidden_author> authors;  // at most hidden_per_page
  std::int64_t offset = 0, total = 0;
};
inline constexpr int hidden_per_page = 6;
screen hidden_list(const view& to, const hidden_page& page);
// "@anna", "+79991234567", "Anna (channel)": an author's key as a person reads it.
std::string say_author(std::string_view author_key);

// For every_category or one of them.
struct filter_facts {
  category_id scope;
  reading_filter filter;
  bool own = true;           // false: this category goes by the filter for all
  std::int64_t special = 0;  // categories with a filter of their own
};
screen my_filters(const view& to, const filter_facts& facts);
enum class filter_field : std::uint8_t { words, minus, budget, quiet, when };
// Asks for one of them; `hint` says what was wrong with the last answer, as a key of hunt.filter_hint with
// what was typed.
struct wrong_answer {
  std::string_view hint;
  std::string typed;
};
screen ask_filter(const view& to, const filter_facts& facts, filter_field what,
                  const std::optional<wrong_answer>& wrong = {});
// The categories that a person chose; a mark for those with something of their own.
screen filter_scopes(const view& to, const std::vector<category_id>& chosen,
                     const std::vector<category_id>& own);

inline constexpr std::size_t longest_reply = 300;  // code points
struct reply_facts {
  category_id scope;
  std::string text;  // of this scope; empty: none
};
screen my_reply(const view& to, const reply_facts& facts);
screen ask_reply(const view& to, const reply_facts& facts, const std::optional<wrong_answer>& wrong = {});
screen reply_scopes(const view& to, const std::vector<category_id>& chosen);
// The text that the respond button writes about a vacancy.
std::string reply_to(std::string_view reply_template, const vacancy_card& card);

screen choose_language(const view& to);
// What the person typed and what it may mean: nothing typed asks, one meaning is not asked about.
screen choose_zone(const view& to, std::string_view typed, const std::vector<std::string>& meanings);
screen help(const view& to, const operator_details& details);
screen privacy(const view& to, const operator_details& details);
screen terms(const view& to, const operator_details& details);
screen plan(const view& to, const reading_right& right);
screen pay_support(const view& to, const operator_details& details);
screen ask_deletion(const view& to);
screen deleted(const view& to);

// The answer to a message that nobody understands: what there is to do.
screen not_understood(const view& to);

// A category bot's greeting, and its answer to anything else. The link may be empty.
screen category_welcome(const view& to, category_id category, const reading_right& right,
                        std::string_view main_bot);
screen category_retired(const view& to, std::string_view main_bot);
screen only_vacancies_here(const view& to, std::string_view main_bot);

// The vacancy's card. A card that was opened from a list goes back there.
using list_offset = std::optional<list_place>;
std::string card_text(const view& to, const vacancy_card& card);
screen vacancy(const view& to, const vacancy_card& card, list_offset opened_from = {});
screen ask_what_is_wrong(const view& to, const vacancy_card& card, list_offset opened_from = {});
screen ask_complaint(const view& to, const vacancy_card& card, list_offset opened_from = {});
// With every channel where it was seen, if there are several or their contacts are.
screen more_about(const view& to, const vacancy_card& card, const seen_places& places,
                  list_offset opened_from = {});
// How to respond where a button cannot do it: an e-mail, a phone, or nothing but the post.
screen how_to_respond(const view& to, const vacancy_card& card, list_offset opened_from = {});
screen why(const view& to, const vacancy_card& card, const vacancy_reason& reason,
           list_offset opened_from = {});

// News.
screen reminder(const view& to, const std::vector<bringer>& waiting);
// The category moved to a bot of its own. `to_start`: the person has to start it.
screen moved(const view& to, const bringer& by, bool to_start);
screen trial_ended(const view& to);

// The operator's line of the day.
struct day_facts {
  day_total day;
  stage_times times;
};
screen day_line(const view& to, const day_facts& facts);

// The operator's chat.
screen report_card(const view& to, const reported_vacancy& what);
enum class question { withdraw, ban };
screen confirm(const view& to, const reported_vacancy& what, question about);
screen pick_category(const view& to, const reported_vacancy& what);
screen outcome(const view& to, const report_outcome& what);

}  // namespace tandem::hunt::bot
