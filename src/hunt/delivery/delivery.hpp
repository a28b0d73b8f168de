#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "async/part.hpp"
#include "hunt/delivery/cards.hpp"
#include "platform/pg/pg.hpp"
#include "platform/queue/queue.hpp"
#include "platform/telegram/sender.hpp"

namespace tandem::hunt {

struct delivery_settings {
  // A vacancy of several categories comes once, in the most confident one that the person has started; true:
  // in each of them.
  bool in_each_category = false;
  // Handed to the sender at once, per bot. Most of them wait there for their turn and are still due in the
  // database, so that a kill neither loses nor doubles them; what is on the wire is bounded by the sender.
  int in_flight_per_bot = 1'000;
  // Of a delivery that the server does not take (5xx, no answer), over about an hour; then refused. A flood
  // wait, a revoked token or no connection is no attempt: those are waited for.
  int attempts = 14;
  // A vacancy that is handed out later than this after its publication comes in a list, never as a card …
  std::chrono::minutes fresh{60};
  // … and not at all after this: a back-fill is there to be searched, not to be read. What waits for a bot
  // that cannot send is given up then, too.
  std::chrono::hours oldest{24};
  // What old vacancies wait for others of their kind, so that one message comes and not ten.
  std::chrono::minutes gathers_for{3};
  // What a unit of a currency is worth, all in the same measure: "USD" 90, "RUB" 1. Empty: only sums of one
  // currency are compared.
  std::vector<std::pair<std::string, double>> worth;
};

// The ways out: the sender of a bot in this process, nothing while it does not run here.
using outlet = std::function<telegram::sender*(std::int64_t bot_id)>;

// The message that shows a card in a language; chat_id and options are filled in by the delivery.
using render_card =
    std::function<telegram::text_message(const vacancy_card&, std::string_view language, instant now)>;

// Told when the first reader's message of a vacancy is handed to the sender, and as readers get it: when each
// of them got it, never empty. `posted` is when the post was published.
struct delivery_observer {
  std::function<void(vacancy_id, instant posted, instant at)> handed;
  std::function<void(vacancy_id, instant posted, std::span<const instant> readers)> delivered;
  // So many cards or lists are given up for good: the server did not take them.
  std::function<void(std::int64_t messages)> given_up = {};
};

// Turns published vacancies into one delivery row per person (lane "deliver") and sends the rows that are
// due, bot by bot, in an order of readers that rotates from vacancy to vacancy. A row is marked in the same
// moment as its message is known to be accepted; whatever is killed, a person gets a vacancy once, but for
// what was in flight at the kill. One process at a time may deliver for a bot: run it under a lead.
struct delivery_parts {
  executor on;
  pg::pool& db;
  queue::queue& lanes;
  const clock& time;
  outlet senders;
  render_card render;
  delivery_observer observer;
};
std::unique_ptr<async::part> make_delivery(delivery_parts with, delivery_settings settings);

// A list in its reader's language and zone; chat_id and options are filled in.
using render_list = std::function<telegram::text_message(const card_page&, std::string_view language,
                                                         std::string_view zone, instant now)>;

// What goes on behind new cards: sent ones follow their vacancy (edited, struck out, brought back), and what
// waited for its hour or came too late is put together into lists. All of it lies in the database, so that a
// kill loses nothing; an edit or a list that was on the wire at a kill may come again. Run it beside the
// delivery, under the same lead.
struct follow_up_parts {
  executor on;
  pg::pool& db;
  const clock& time;
  outlet senders;
  render_card render;
  render_list render_many;
  std::function<void(std::int64_t messages)> given_up = {};  // as delivery_observer::given_up
};
class follow_up : public async::part {
 public:
  // What is due now: once, and waits for it. What the part does by itself every second.
  virtual task<> run_due() = 0;
};
// poll 0: nothing runs by itself.
std::unique_ptr<follow_up> make_follow_up(follow_up_parts with,
                                          std::chrono::milliseconds poll = std::chrono::milliseconds(1'000));

// Cards and what readers do with them.
class cards {
 public:
  virtual ~cards() = default;
  // The card as this reader sees it; nothing if they never got it.
  virtual task<std::optional<vacancy_card>> find(pg::session& in, user_id reader, vacancy_id what) = 0;
  // `reader`: whose filter is named, too.
  virtual task<std::optional<vacancy_reason>> reason(pg::session& in, user_id reader, vacancy_id what) = 0;
  // Where the vacancy was seen, its own post among them; at most ten.
  virtual task<seen_places> places(pg::session& in, vacancy_id what) = 0;
  virtual task<> save(pg::session& in, user_id reader, vacancy_id what, bool saved) = 0;
  virtual task<std::int64_t> saved_count(pg::session& in, user_id reader) = 0;
  // The person says that they have responded.
  virtual task<> mark_replied(pg::session& in, user_id reader, vacancy_id what, bool replied) = 0;
  virtual task<std::int64_t> replied_count(pg::session& in, user_id reader) = 0;
  // A page of one of the reader's lists; past its end the last one. A list of somebody else is empty.
  virtual task<card_page> page(pg::session& in, user_id reader, list_place from) = 0;
  // Nothing of this author comes any more; what is due is withdrawn. False if the author is unknown.
  virtual task<bool> hide_author(pg::session& in, user_id reader, vacancy_id what, bool hidden) = 0;
  // Reasons: not_vacancy, wrong_category, scam, closed. Repeating replaces the reason; undo takes it back.
  virtual task<> report(pg::session& in, user_id reader, vacancy_id what, std::string_view reason) = 0;
  virtual task<> take_back_report(pg::session& in, user_id reader, vacancy_id what) = 0;
};
std::unique_ptr<cards> make_cards(const clock& time);

}  // namespace tandem::hunt
