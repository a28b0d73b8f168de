#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <set>

#include "async/crew.hpp"
#include "async/event.hpp"
#include "hunt/delivery/card_rows.hpp"
#include "hunt/delivery/deliveries_sql.hpp"
#include "hunt/delivery/delivery.hpp"
#include "hunt/delivery/hand_out.hpp"
#include "hunt/delivery/pause.hpp"
#include "platform/log/log.hpp"

namespace tandem::hunt {
namespace {

namespace sql = tandem::hunt::sql::deliveries;
using namespace std::chrono_literals;

constexpr auto poll_every = 1s;            // behind the wake-ups: rows of a killed process, rows put off
constexpr std::size_t cards_kept = 2'000;  // per process; a card is a few hundred bytes
constexpr auto give_up_every = 1min;
constexpr auto held_at_most = 24h;  // by a reader's quiet hours
constexpr auto shown_for = 2s;      // a rendered card says its age: "12 s ago"

struct key {
  std::int64_t vacancy = 0, user = 0, slot = 0;
  friend auto operator<=>(const key&, const key&) = default;
};

struct due {
  key id;
  category_id category;
  std::int64_t chat_id = 0;
  std::string language;
  std::int64_t revision = 0;
  bool deferred = false;
  std::string reply_template;
};

// What became of rows, until the next write: one statement for all that ended meanwhile.
struct outcomes {
  std::vector<std::int64_t> vacancies, users, slots, messages, shown, deferred, pauses;
  std::vector<instant> at;

  void add(const key& id) {
    vacancies.push_back(id.vacancy);
    users.push_back(id.user);
    slots.push_back(id.slot);
  }
  bool empty() const { return vacancies.empty(); }
};

class delivery_part final : public async::part {
 public:
  delivery_part(delivery_parts with, delivery_settings settings)
      : with_(std::move(with)),
        settings_(settings),
        log_("delivery"),
        work_(with_.on, log::failures_to(log_)),
        due_bell_(with_.on),
        outcome_bell_(with_.on),
        readers_(settings_) {}

  std::string_view name() const override { return "delivery"; }

  task<> start() override {
    if (work_.runs()) co_return;
    work_.begin();
    // What was under way at the last stop is due still, but for what had ended: that is only to be written.
    for (auto& [bot_id, mine] : lanes_) {
      mine.in_flight.clear();
      mine.asks = false;
      mine.owed = true;
    }
    for (const auto& [bot_id, id] : ended_) lanes_.at(bot_id).in_flight.insert(id);
    work_.keep("fan out", [this] { return fan_out(); });
    work_.keep("find bots", [this] { return find_bots(); });
    work_.keep("write outcomes", [this] { return write_outcomes(); });
    for (auto& [bot_id, mine] : lanes_) keep_courier(bot_id, mine);
  }

  task<> stop() override {
    co_await work_.stop();
    // What was accepted before the stop is written down, so that nobody gets it twice after the restart.
    co_await flush();
  }

  async::health state() const override { return work_.state(); }

 private:
  struct lane {
    explicit lane(const executor& on) : changed(on) {}
    std::set<key> in_flight;
    // What was written while a query for due rows was under way: the query may still show it as due.
    std::set<key> written_meanwhile;
    bool asks = false;  // such a query is under way
    bool owed = true;   // a look that has not been taken, or has failed
    async::event changed;
  };

  // Lane "deliver": rows for everybody, in the same transaction as the acknowledgement.
  task<> fan_out() {
    queue::consumer_options options;
    options.lane = "deliver";
    queue::batch_handler handler = [this](std::span<const queue::message> batch, queue::acknowledger& ack) {
      return fan_out_batch(batch, ack);
    };
    co_await with_.lanes.consume(std::move(options), std::move(handler));
  }

  task<> fan_out_batch(std::span<const queue::message> batch, queue::acknowledger& ack) {
    std::vector<std::int64_t> messages;
    std::vector<vacancy_id> vacancies;
    for (const auto& message : batch) {
      vacancies.emplace_back(
          boost::json::parse(message.body).as_object().at("vacancy_id").to_number<std::int64_t>());
      messages.push_back(message.id);
    }
    const auto tx = co_await with_.db.begin();
    const auto bots = co_await readers_(*tx, std::move(vacancies), with_.time.now());
    const std::span<const std::int64_t> handled = messages;
    co_await ack.done(*tx, handled);
    co_await tx->commit();
    for (const auto bot : bots) wake(bot);
  }

  // A courier for each bot that has something due; at start that is what a killed process left behind.
  task<> find_bots() {
    if (const auto now = with_.time.now(); now - gave_up_at_ >= give_up_every) {
      const auto old = co_await with_.db(sql::give_up_old, now, now - settings_.oldest,
                                         now - settings_.oldest - held_at_most);
      if (!old.empty()) gave_up(old.size());
      gave_up_at_ = now;
    }
    const auto rows = co_await with_.db(sql::bots_with_due, with_.time.now());
    for (int i = 0; i < rows.size(); ++i) wake(rows[i].get<std::int64_t>(0));
    co_await due_bell_.wait_for(poll_every);
  }

  void gave_up(int cards) {
    log_.error("cards are given up", {{"cards", cards}});
    if (with_.observer.given_up) with_.observer.given_up(cards);
  }

  void wake(std::int64_t bot_id) {
    const auto [found, fresh] = lanes_.try_emplace(bot_id, with_.on);
    if (fresh) return keep_courier(bot_id, found->second);
    found->second.changed.ring();
  }

  void keep_courier(std::int64_t bot_id, lane& mine) {
    work_.keep("courier of bot " + std::to_string(bot_id),
               [this, bot_id, &mine] { return courier(bot_id, mine); });
  }

  task<> courier(std::int64_t bot_id, lane& mine) {
    if (!std::exchange(mine.owed, true)) co_await mine.changed.wait();
    co_await send_some(bot_id, mine);
    mine.owed = false;
  }

  // Also by another bot: that one was removed, and what waited for it was given to this one.
  bool is_under_way(const key& id) const {
    return std::ranges::any_of(lanes_, [&](const auto& one) { return one.second.in_flight.contains(id); });
  }

  // Fills the window of what is under way. Woken again when part of it has ended.
  task<> send_some(std::int64_t bot_id, lane& mine) {
    const auto window = static_cast<std::size_t>(settings_.in_flight_per_bot);
    if (!with_.senders(bot_id) || mine.in_flight.size() > window / 2) co_return;
    // What is under way is still due in the database, and comes first there.
    const auto wanted = static_cast<std::int64_t>(window + mine.in_flight.size());
    mine.written_meanwhile.clear();
    mine.asks = true;
    const auto rows = co_await with_.db(sql::due, bot_id, with_.time.now(), wanted);
    mine.asks = false;
    std::vector<due> fresh;
    for (int i = 0; i < rows.size(); ++i) {
      const key id{rows[i].get<std::int64_t>(0), rows[i].get<std::int64_t>(1), rows[i].get<std::int64_t>(2)};
      if (is_under_way(id) || mine.written_meanwhile.contains(id)) continue;
      fresh.push_back({id, rows[i].get<category_id>(3), rows[i].get<std::int64_t>(4),
                       rows[i].get<std::string>(5), rows[i].get<std::int64_t>(6), rows[i].get<bool>(7),
                       rows[i].get<std::string>(8)});
    }
    if (fresh.empty()) co_return;
    co_await know_cards(fresh);
    for (auto& one : fresh) {
      if (mine.in_flight.size() >= window) break;
      const auto card = cards_.find(vacancy_id(one.id.vacancy));
      if (card == cards_.end() || is_under_way(one.id)) continue;
      auto message = rendered(card->second, one);
      mine.in_flight.insert(one.id);
      if (!one.deferred) note_handed(one.id.vacancy, card->second.posted_at);
      const auto shows = digest_of_card(card->second);
      work_.spawn("send", send(bot_id, mine, std::move(one), std::move(message), shows));
    }
  }

  task<> know_cards(const std::vector<due>& rows) {
    std::vector<vacancy_id> missing;
    for (const auto& row : rows) {
      const vacancy_id id(row.id.vacancy);
      const auto known = cards_.find(id);
      if (known != cards_.end() && known->second.revision < row.revision) forget(known);
      if (!cards_.contains(id) && std::ranges::find(missing, id) == missing.end()) missing.push_back(id);
    }
    if (missing.empty()) co_return;
    if (cards_.size() + missing.size() > cards_kept) {
      cards_.clear();
      rendered_.clear();
    }
    auto loaded = co_await load_cards(with_.db, std::move(missing));
    cards_.merge(loaded);
  }

  // It has changed since it was drawn.
  void forget(std::map<vacancy_id, vacancy_card>::iterator known) {
    const auto id = known->first.value;
    std::erase_if(rendered_, [&](const auto& one) { return std::get<0>(one.first) == id; });
    cards_.erase(known);
  }

  telegram::text_message rendered(const vacancy_card& card, const due& row) {
    auto message = row.reply_template.empty() ? shared(card, row) : own(card, row);
    message.chat_id = row.chat_id;
    message.options.urgency = telegram::urgency::broadcast;
    return message;
  }

  // For everybody without a reply of their own.
  telegram::text_message shared(const vacancy_card& card, const due& row) {
    const auto now = with_.time.now();
    const auto which = std::tuple(row.id.vacancy, row.category.value, row.language);
    auto found = rendered_.find(which);
    if (found == rendered_.end() || now - found->second.at > shown_for) {
      shown fresh{now, own(card, row)};
      found = rendered_.insert_or_assign(which, std::move(fresh)).first;
    }
    return found->second.message;
  }

  telegram::text_message own(const vacancy_card& card, const due& row) {
    vacancy_card under = card;
    put_under(under, row.category);
    under.reply_template = row.reply_template;
    return with_.render(under, row.language, with_.time.now());
  }

  void note_handed(std::int64_t vacancy, instant posted) {
    if (!handed_known_.emplace(vacancy, posted).second) return;
    if (handed_known_.size() > cards_kept) handed_known_.erase(handed_known_.begin());  // the oldest
    const auto now = with_.time.now();
    handed_.emplace_back(vacancy, now);
    if (with_.observer.handed) with_.observer.handed(vacancy_id(vacancy), posted, now);
    outcome_bell_.ring();
  }

  task<> send(std::int64_t bot_id, lane& mine, due row, telegram::text_message message, std::int64_t shows) {
    auto* out = with_.senders(bot_id);
    if (!out) {
      mine.in_flight.erase(row.id);
      co_return;
    }
    const auto answer = co_await out->send_message(std::move(message));
    using telegram::refusal;
    if (answer) {
      sent_.add(row.id);
      sent_.messages.push_back(answer->message_id);
      sent_.at.push_back(with_.time.now());
      sent_.shown.push_back(shows);
      sent_.deferred.push_back(row.deferred);
    } else if (answer.error().why == refusal::stopped) {
      mine.in_flight.erase(row.id);  // stays due: whoever delivers next sends it
      co_return;
    } else if (const auto pause = pause_after(answer.error())) {
      put_off_.add(row.id);
      put_off_.pauses.push_back(pause->count());
    } else {
      if (!answer.error().chat_is_closed()) {
        log_.error("a card was refused",
                   {{"bot", bot_id}, {"vacancy", row.id.vacancy}, {"error", answer.error().description}});
      }
      refused_.add(row.id);
    }
    ended_.emplace_back(bot_id, row.id);
    outcome_bell_.ring();
  }

  task<> write_outcomes() {
    if (all_is_written()) co_await outcome_bell_.wait();
    co_await flush();
  }

  bool all_is_written() const {
    return sent_.empty() && refused_.empty() && put_off_.empty() && handed_.empty();
  }

  // Writes what has ended so far. On failure everything is kept for the next try: nothing is sent twice for
  // want of a database.
  task<> flush() {
    while (!all_is_written()) {
      auto sent = std::exchange(sent_, {});
      auto refused = std::exchange(refused_, {});
      auto put_off = std::exchange(put_off_, {});
      auto handed = std::exchange(handed_, {});
      auto ended = std::exchange(ended_, {});
      try {
        co_await write(sent, refused, put_off, handed);
      } catch (...) {
        keep(sent_, sent);
        keep(refused_, refused);
        keep(put_off_, put_off);
        handed_.insert(handed_.begin(), handed.begin(), handed.end());
        ended_.insert(ended_.begin(), ended.begin(), ended.end());
        throw;
      }
      tell(sent);
      for (const auto& [bot_id, id] : ended) {
        auto& mine = lanes_.at(bot_id);
        mine.in_flight.erase(id);
        mine.changed.ring();
        for (auto& [other, lane] : lanes_) {
          if (lane.asks) lane.written_meanwhile.insert(id);
        }
      }
    }
  }

  task<> write(const outcomes& sent, const outcomes& refused, const outcomes& put_off,
               const std::vector<std::pair<std::int64_t, instant>>& handed) {
    if (!handed.empty()) {
      std::vector<std::int64_t> vacancies;
      std::vector<instant> at;
      for (const auto& [vacancy, when] : handed) {
        vacancies.push_back(vacancy);
        at.push_back(when);
      }
      co_await with_.db(sql::mark_handed, vacancies, at);
    }
    if (!sent.empty()) {
      co_await with_.db(sql::mark_sent, sent.vacancies, sent.users, sent.slots, sent.messages, sent.at,
                        sent.shown);
    }
    if (!refused.empty())
      co_await with_.db(sql::mark_refused, refused.vacancies, refused.users, refused.slots);
    if (!put_off.empty()) {
      const auto over = co_await with_.db(sql::put_off, put_off.vacancies, put_off.users, put_off.slots,
                                          put_off.pauses, with_.time.now(), settings_.attempts);
      if (!over.empty()) gave_up(over.size());
    }
  }

  static void keep(outcomes& into, const outcomes& from) {
    const auto append = [](auto& to, const auto& what) { to.insert(to.end(), what.begin(), what.end()); };
    append(into.vacancies, from.vacancies);
    append(into.users, from.users);
    append(into.slots, from.slots);
    append(into.messages, from.messages);
    append(into.at, from.at);
    append(into.shown, from.shown);
    append(into.deferred, from.deferred);
    append(into.pauses, from.pauses);
  }

  void tell(const outcomes& sent) {
    if (!with_.observer.delivered || sent.empty()) return;
    std::map<std::int64_t, std::vector<instant>> by_vacancy;
    for (std::size_t i = 0; i < sent.vacancies.size(); ++i) {
      if (sent.deferred[i] != 0) continue;
      by_vacancy[sent.vacancies[i]].push_back(sent.at[i]);
    }
    for (const auto& [vacancy, readers] : by_vacancy) {
      const auto handed = handed_known_.find(vacancy);
      if (handed == handed_known_.end()) continue;
      with_.observer.delivered(vacancy_id(vacancy), handed->second, readers);
    }
  }

  struct shown {
    instant at;
    telegram::text_message message;
  };

  delivery_parts with_;
  delivery_settings settings_;
  log::logger log_;
  async::crew work_;
  async::event due_bell_, outcome_bell_;
  hand_out readers_;
  std::map<std::int64_t, lane> lanes_;
  std::map<vacancy_id, vacancy_card> cards_;
  std::map<std::tuple<std::int64_t, std::int64_t, std::string>, shown> rendered_;
  std::map<std::int64_t, instant> handed_known_;  // and when it was posted
  outcomes sent_, refused_, put_off_;
  std::vector<std::pair<std::int64_t, instant>> handed_;
  std::vector<std::pair<std::int64_t, key>> ended_;
  instant gave_up_at_{};
};

}  // namespace

std::unique_ptr<async::part> make_delivery(delivery_parts with, delivery_settings settings) {
  return std::make_unique<delivery_part>(std::move(with), settings);
}

}  // namespace tandem::hunt
