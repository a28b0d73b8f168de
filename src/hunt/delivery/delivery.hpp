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
  int attempts = 10;  // of a delivery that the server does not take, over about an hour; then refused
};

// The ways out: the sender of a bot in this process, nothing while it does not run here.
using outlet = std::function<telegram::sender*(std::int64_t bot_id)>;

// The message that shows a card in a language; chat_id and options are filled in by the delivery.
using render_card =
    std::function<telegram::text_message(const vacancy_card&, std::string_view language, instant now)>;

// Told when the first reader's message of a vacancy is handed to the sender, and as readers get it: how many
// at once, and the latest of them when. `posted` is when the post was published.
struct delivery_observer {
  std::function<void(vacancy_id, instant posted, instant at)> handed;
  std::function<void(vacancy_id, instant posted, int readers, instant at)> delivered;
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

// Cards and what readers do with them.
class cards {
 public:
  virtual ~cards() = default;
  // The card as this reader sees it; nothing if they never got it.
  virtual task<std::optional<vacancy_card>> find(pg::session& in, user_id reader, vacancy_id what) = 0;
  virtual task<std::optional<vacancy_reason>> reason(pg::session& in, vacancy_id what) = 0;
  virtual task<> save(pg::session& in, user_id reader, vacancy_id what, bool saved) = 0;
  virtual task<std::vector<vacancy_card>> saved(pg::session& in, user_id reader, int offset, int limit) = 0;
  virtual task<std::int64_t> saved_count(pg::session& in, user_id reader) = 0;
  // Nothing of this author comes any more; what is due is withdrawn. False if the author is unknown.
  virtual task<bool> hide_author(pg::session& in, user_id reader, vacancy_id what, bool hidden) = 0;
  // Reasons: not_vacancy, wrong_category, scam, closed. Repeating replaces the reason; undo takes it back.
  virtual task<> report(pg::session& in, user_id reader, vacancy_id what, std::string_view reason) = 0;
  virtual task<> take_back_report(pg::session& in, user_id reader, vacancy_id what) = 0;
};
std::unique_ptr<cards> make_cards(const clock& time);

}  // namespace tandem::hunt
