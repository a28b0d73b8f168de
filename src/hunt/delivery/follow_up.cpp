#include "async/crew.hpp"
#include "async/event.hpp"
#include "async/within.hpp"
#include "hunt/delivery/card_rows.hpp"
#include "hunt/delivery/delivery.hpp"
#include "hunt/delivery/follow_up_sql.hpp"
#include "hunt/delivery/pause.hpp"
#include "platform/log/log.hpp"

namespace tandem::hunt {
namespace {

namespace sql = tandem::hunt::sql::follow_up;
using namespace std::chrono_literals;

// Of one bot, so that a new card waits behind a handful of edits at most.
constexpr std::size_t at_once = 8;
constexpr int batch = 200;
constexpr int list_attempts = 14;  // as delivery_settings::attempts
// A list that could not be sent for so long is old news.
constexpr auto list_waits = 24h;
// Lists that are due soon go along with those that are due.
constexpr auto along = 10min;
// How long cards of a changed vacancy may still be on their way, with an old face: the sender's patience and
// some.
constexpr auto on_the_way_for = 150s;
constexpr auto look_again_after = 5s;
// Older cards are far up in everybody's chat.
constexpr auto recent = 24h * 3;

bool is_for_later(const telegram::api_error& error) {
  return error.why == telegram::refusal::stopped || pause_after(error);
}

// A message that shows what its vacancy was.
struct sent_card {
  std::int64_t user = 0, slot = 0, bot_id = 0;
  vacancy_card card;
  telegram::text_message shows;
  std::int64_t message_id = 0;
};

class follow_up_part final : public follow_up {
 public:
  follow_up_part(follow_up_parts with, std::chrono::milliseconds poll)
      : with_(std::move(with)),
        poll_(poll),
        log_("delivery"),
        work_(with_.on, log::failures_to(log_)),
        ended_(with_.on) {}

  std::string_view name() const override { return "follow-up"; }
  task<> start() override {
    if (std::exchange(running_, true)) co_return;
    work_.begin();
    if (poll_ > 0ms) work_.keep("follow up", [this] { return look_and_rest(); });
  }
  task<> stop() override {
    running_ = false;
    co_await work_.stop();
  }
  async::health state() const override { return work_.state(); }

  task<> run_due() override {
    work_.begin();  // by hand it needs no start
    co_await with_.db(sql::drop_unwanted_cards, with_.time.now());
    co_await with_.db(sql::drop_unwanted_titles, with_.time.now());
    while (co_await gather_some()) {
    }
    mute_.clear();
    const auto old = co_await with_.db(sql::give_up_old_lists, with_.time.now() - list_waits);
    if (!old.empty()) gave_up(old.size());
    while (co_await send_lists()) {
    }
    co_await follow_cards();
  }

 private:
  task<> look_and_rest() {
    co_await run_due();
    co_await async::sleep_for(poll_);
  }

  // True: there may be more.
  task<bool> gather_some() {
    const auto now = with_.time.now();
    const auto made = co_await with_.db(sql::gather, now, now + along, batch);
    co_return made.size() == batch;
  }

  // Lets at most `at_once` run at a time: what() is started when there is room.
  task<> room() {
    while (running_now_ >= at_once) co_await ended_.wait();
  }
  task<> all_ended() {
    while (running_now_ > 0) co_await ended_.wait();
  }
  // Counts a task for as long as it lives.
  struct counted {
    follow_up_part& of;
    explicit counted(follow_up_part& part) : of(part) { ++of.running_now_; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;
    ~counted() {
      --of.running_now_;
      of.ended_.ring();
    }
  };

  task<bool> send_lists() {
    const auto rows = co_await with_.db(sql::due_lists, with_.time.now(), batch, mute_);
    for (int i = 0; i < rows.size(); ++i) {
      const auto bot_id = rows[i].get<std::int64_t>(2);
      if (is_mute(bot_id)) continue;
      list_place from;
      from.which = list_place::kind::delivered;
      from.list_id = rows[i].get<std::int64_t>(0);
      auto page = co_await cards_->page(with_.db, rows[i].get<user_id>(1), from);
      if (page.cards.empty()) {  // all of it is gone
        co_await with_.db(sql::list_refused, from.list_id);
        continue;
      }
      auto message =
          with_.render_many(page, rows[i].get<std::string>(4), rows[i].get<std::string>(5), with_.time.now());
      message.chat_id = rows[i].get<std::int64_t>(3);
      message.options.urgency = telegram::urgency::broadcast;
      co_await room();
      work_.spawn("send a list",
                  send_list(from.list_id, bot_id, std::move(message), std::make_unique<counted>(*this)));
    }
    co_await all_ended();
    co_return rows.size() == batch;
  }

  task<> send_list(std::int64_t list, std::int64_t bot_id, telegram::text_message message,
                   std::unique_ptr<counted> alive) {
    auto* out = with_.senders(bot_id);
    if (!out) co_return;
    const auto answer = co_await out->send_message(std::move(message));
    if (answer) {
      // Until it is written: nobody gets a list twice for want of a database.
      std::function<task<>()> write = [this, list, id = answer->message_id] { return sent(list, id); };
      co_await async::insist(std::move(write), {});
    } else if (answer.error().why == telegram::refusal::stopped) {
      mute_.push_back(bot_id);
      co_return;
    } else if (const auto pause = pause_after(answer.error())) {
      const auto now = with_.time.now();
      const auto over = co_await with_.db(sql::list_put_off, list, now, pause->count(), list_attempts);
      if (over.front().get<bool>(0)) gave_up(1);
    } else {
      co_await with_.db(sql::list_refused, list);
    }
    alive.reset();
  }

  void gave_up(int lists) {
    log_.error("lists are given up", {{"lists", lists}});
    if (with_.given_up) with_.given_up(lists);
  }

  // A bot that does not run, here and now, is left out of this look.
  bool is_mute(std::int64_t bot_id) {
    if (with_.senders(bot_id)) return false;
    if (std::ranges::find(mute_, bot_id) == mute_.end()) mute_.push_back(bot_id);
    return true;
  }

  task<> sent(std::int64_t list, std::int64_t message) {
    co_await with_.db(sql::list_sent, list, message, with_.time.now());
  }

  task<> follow_cards() {
    const auto now = with_.time.now();
    const auto changed = co_await with_.db(sql::changed, now, batch);
    for (int i = 0; i < changed.size(); ++i) {
      const auto what = changed[i].get<vacancy_id>(0);
      const auto asked = changed[i].get<std::int64_t>(1);
      co_await with_.db(sql::withhold, what);
      const bool done = co_await follow(what);
      if (done && now - changed[i].get<instant>(2) > on_the_way_for) {
        co_await with_.db(sql::follow_ended, what, asked);
      } else {
        co_await with_.db(sql::look_again, what, asked, now + look_again_after);
      }
    }
  }

  // True: every message shows the vacancy as it is now.
  task<bool> follow(vacancy_id what) {
    std::vector<vacancy_id> one{what};
    const auto loaded = co_await load_cards(with_.db, std::move(one));
    const auto found = loaded.find(what);
    if (found == loaded.end()) co_return true;
    const auto shows = digest_of_card(found->second);
    for (;;) {
      const auto rows =
          co_await with_.db(sql::outdated, what, shows, with_.time.now() - recent, batch, mute_);
      if (rows.empty()) co_return mute_.empty();
      failed_ = 0;
      for (int i = 0; i < rows.size(); ++i) {
        auto sent = to_sent(rows[i], found->second);
        if (is_mute(sent.bot_id)) continue;
        co_await room();
        ++failed_;  // until it has succeeded
        work_.spawn("edit a card", edit(what, std::move(sent), shows, std::make_unique<counted>(*this)));
      }
      co_await all_ended();
      if (failed_ > 0) co_return false;
      if (rows.size() < batch) co_return mute_.empty();
    }
  }

  sent_card to_sent(const pg::result::row& row, const vacancy_card& shared) const {
    sent_card out;
    out.user = row.get<std::int64_t>(0);
    out.slot = row.get<std::int64_t>(1);
    out.bot_id = row.get<std::int64_t>(3);
    out.message_id = row.get<std::int64_t>(5);
    auto card = shared;
    put_under(card, row.get<category_id>(2));
    card.reply_template = row.get<std::string>(8);
    card.saved = row.get<bool>(9);
    card.reported = row.get<std::optional<std::string>>(10);
    card.replied_at = row.get<std::optional<instant>>(11);
    out.shows = with_.render(card, row.get<std::string>(6), with_.time.now());
    out.shows.chat_id = row.get<std::int64_t>(4);
    return out;
  }

  task<> edit(vacancy_id what, sent_card sent, std::int64_t shows, std::unique_ptr<counted> alive) {
    auto* out = with_.senders(sent.bot_id);
    if (!out) co_return;
    telegram::text_edit change;
    change.chat_id = sent.shows.chat_id;
    change.message_id = sent.message_id;
    change.text = std::move(sent.shows.text);
    change.link_preview = sent.shows.link_preview;
    if (auto* keys = std::get_if<telegram::inline_keyboard_markup>(&sent.shows.markup)) change.markup = *keys;
    change.urgency = telegram::urgency::broadcast;
    const auto answer = co_await out->edit_message_text(std::move(change));
    if (!answer && is_for_later(answer.error())) co_return;
    // Refused for good: the message is gone, or the person has left; nothing more can be done about it.
    co_await with_.db(sql::now_shows, what, sent.user, sent.slot, shows);
    --failed_;
    alive.reset();
  }

  follow_up_parts with_;
  std::chrono::milliseconds poll_;
  log::logger log_;
  std::unique_ptr<cards> cards_ = make_cards(with_.time);
  async::crew work_;
  async::event ended_;
  std::size_t running_now_ = 0;
  int failed_ = 0;                  // edits of this batch that are not done
  std::vector<std::int64_t> mute_;  // bots that this look leaves out
  bool running_ = false;
};

}  // namespace

std::unique_ptr<follow_up> make_follow_up(follow_up_parts with, std::chrono::milliseconds poll) {
  return std::make_unique<follow_up_part>(std::move(with), poll);
}

}  // namespace tandem::hunt
