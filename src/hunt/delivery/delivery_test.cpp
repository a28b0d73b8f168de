#include "hunt/delivery/delivery.hpp"

#include "async/event.hpp"
#include "async/within.hpp"
#include "hunt/delivery/times.hpp"
#include "hunt/town_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;

// Shows the title and the category, so that a test sees what was sent under which.
telegram::text_message plainly(const vacancy_card& card, std::string_view language, instant) {
  telegram::text_message out;
  out.text = card.title + " " + std::to_string(card.category.value) + " " + std::string(language);
  return out;
}

// A pool on a busy machine: the second look for what is due reads before the first card is marked as sent,
// and its answer arrives after that has been told.
class late_answer_pool final : public pg::pool {
 public:
  late_answer_pool(pg::pool& inner, const executor& on, async::event& told)
      : inner_(inner), told_(told), looked_(on), arrived_(on) {}
  task<pg::result> run(const pg::statement& what, pg::params with) override {
    if (what.name == "deliveries.mark_sent" && !std::exchange(held_, true)) co_await looked_.wait();
    auto out = co_await inner_.run(what, std::move(with));
    if (what.name == "deliveries.due" && ++looks_ == 2) {
      looked_.ring();
      co_await told_.wait();
      arrived_.ring();
    }
    co_return out;
  }
  task<> arrived() { return arrived_.wait(); }
  task<std::unique_ptr<pg::transaction>> begin() override { return inner_.begin(); }
  task<> in_transaction(std::function<task<>(pg::transaction&)> work) override {
    return inner_.in_transaction(std::move(work));
  }
  void listen(std::string channel, std::function<void(std::string_view)> heard) override {
    inner_.listen(std::move(channel), std::move(heard));
  }
  task<> close() override { return inner_.close(); }

 private:
  pg::pool& inner_;
  async::event& told_;
  async::event looked_, arrived_;
  int looks_ = 0;
  bool held_ = false;
};

struct Delivery : testing::Test, town {
  async::event delivered_bell{io.on()};
  int delivered_count = 0;
  std::int64_t given_up = 0;
  std::vector<vacancy_id> handed;
  delivery_settings settings;
  std::unique_ptr<async::part> part;

  ~Delivery() override { stop(); }
  void begin() { begin_on(*pool); }
  void begin_on(pg::pool& db) {
    delivery_observer observer{[this](vacancy_id what, instant, instant) { handed.push_back(what); },
                               [this](vacancy_id, instant, std::span<const instant> readers) {
                                 delivered_count += static_cast<int>(readers.size());
                                 delivered_bell.ring();
                               },
                               [this](std::int64_t messages) { given_up += messages; }};
    delivery_parts with{io.on(), db, *lanes, time, senders(), plainly, std::move(observer)};
    part = make_delivery(std::move(with), settings);
    run(part->start());
  }
  void stop() {
    if (part) run(part->stop());
    part.reset();
  }
  void wait_for(int readers) { run(wait(readers)); }
  task<> wait(int readers) {
    while (delivered_count < readers) {
      if (!co_await delivered_bell.wait_for(20s)) throw std::runtime_error("the cards did not come");
    }
  }
  task<> until_on_the_way(std::int64_t bot) {
    for (int i = 0; i < 1'000'000 && bots[bot].calls.empty(); ++i) co_await async::yield();
  }
  // What a bot sent, "chat: text", in the order of sending.
  std::vector<std::string> sent_by(std::int64_t bot) {
    std::vector<std::string> out;
    for (const auto& one : bots[bot].of("sendMessage")) {
      out.push_back(std::to_string(one.options.chat_id) + ": " + one.text("text"));
    }
    return out;
  }
  using texts = std::vector<std::string>;
};

}  // namespace

TEST_F(Delivery, AVacancyReachesThoseWhoWantItAndMayHaveIt) {
  reader_of(1, design);
  reader_of(2, development);
  const auto paused = reader_of(3, design);
  run(subscribers->pause(*pool, paused.id, true));
  const auto late = reader_of(4, design);
  ask("UPDATE hunt.readers SET right_until = '2026-11-22T11:59Z' WHERE user_id = " +
      std::to_string(late.id.value));
  const auto gone = reader_of(5, design);
  run(subscribers->blocked(*pool, gone.id, main_bot));
  const auto hides = reader_of(6, design);
  const auto earlier = vacancy("Earlier", {{design, 0.9}}, "@spammer");
  delivered(earlier, hides, design);
  EXPECT_TRUE(run(vacancies->hide_author(*pool, hides.id, earlier, true)));
  begin();
  publish(vacancy("Landing", {{design, 0.9}}, "@spammer"));
  publish(vacancy("Logo", {{design, 0.8}}, "@anna"));
  wait_for(3);
  auto all = sent_by(main_bot);
  std::ranges::sort(all);
  EXPECT_EQ(all, (texts{"101: Landing 3 en", "101: Logo 3 en", "106: Logo 3 en"}));
  EXPECT_EQ(handed.size(), 2u);
  EXPECT_EQ(ask("SELECT string_agg(DISTINCT state, ',') FROM hunt.deliveries"), "sent");
  EXPECT_EQ(
      ask("SELECT count(*) FROM hunt.vacancies WHERE handed_at IS NOT NULL AND first_reader_at IS NOT NULL "
          "AND last_reader_at IS NOT NULL"),
      "2");
}

TEST_F(Delivery, OneOfSeveralCategoriesComesOnceInTheMostConfidentStarted) {
  assign(1, "development");
  const auto who = reader_of(1, design);
  choose(who, development);  // its bot is not started
  const auto both = reader_of(2, design);
  choose(both, development);
  start(both, 1);
  begin();
  publish(vacancy("Site", {{development, 0.9}, {design, 0.6}}));
  wait_for(2);
  EXPECT_EQ(sent_by(main_bot), texts{"101: Site 3 en"});
  EXPECT_EQ(sent_by(1), texts{"102: Site 1 en"});
}

TEST_F(Delivery, InEachCategoryIsASetting) {
  const auto who = reader_of(1, design);
  choose(who, development);
  settings.in_each_category = true;
  begin();
  publish(vacancy("Site", {{development, 0.9}, {design, 0.6}}));
  wait_for(2);
  auto all = sent_by(main_bot);
  std::ranges::sort(all);
  EXPECT_EQ(all, (texts{"101: Site 1 en", "101: Site 3 en"}));
}

TEST_F(Delivery, AVacancyPublishedTwiceComesOnce) {
  reader_of(1, design);
  begin();
  const auto what = vacancy("Landing", {{design, 0.9}});
  publish(what);
  publish(what);
  wait_for(1);
  publish(vacancy("Logo", {{design, 0.9}}));  // behind both
  wait_for(2);
  EXPECT_EQ(sent_by(main_bot).size(), 2u);
}

TEST_F(Delivery, AnAnswerThatIsOlderThanTheNewsSendsNothingTwice) {
  reader_of(1, design);
  late_answer_pool slow(*pool, io.on(), delivered_bell);
  begin_on(slow);
  publish(vacancy("Landing", {{design, 0.9}}));
  run(slow.arrived());
  publish(vacancy("Logo", {{design, 0.9}}));
  wait_for(2);
  stop();
  EXPECT_EQ(sent_by(main_bot), (texts{"101: Landing 3 en", "101: Logo 3 en"}));
}

TEST_F(Delivery, WhatAKilledProcessLeftBehindIsSentAtTheNextStart) {
  const auto who = reader_of(1, design);
  const auto what = vacancy("Landing", {{design, 0.9}});
  delivered(what, who, design);
  ask("UPDATE hunt.deliveries SET state = 'due', message_id = NULL, sent_at = NULL");
  begin();
  wait_for(1);
  EXPECT_EQ(sent_by(main_bot), texts{"101: Landing 3 en"});
  stop();
  begin();
  publish(vacancy("Logo", {{design, 0.9}}));
  wait_for(2);
  EXPECT_EQ(sent_by(main_bot), (texts{"101: Landing 3 en", "101: Logo 3 en"}));
}

TEST_F(Delivery, AnAcceptedCardIsWrittenDownEvenWhenTheStopComesAtOnce) {
  reader_of(1, design);
  begin();
  publish(vacancy("Landing", {{design, 0.9}}));
  wait_for(1);
  stop();
  EXPECT_EQ(ask("SELECT state || ' ' || message_id FROM hunt.deliveries"), "sent 1");
}

TEST_F(Delivery, APersonWhoBlockedTheBotIsRefusedAndTheOthersGetTheirs) {
  reader_of(1, design);
  reader_of(2, design);
  bots[main_bot].refusals = {telegram::refusal::blocked};
  begin();
  publish(vacancy("Landing", {{design, 0.9}}));
  wait_for(1);
  EXPECT_EQ(ask("SELECT string_agg(state, ',' ORDER BY state) FROM hunt.deliveries"), "refused,sent");
}

TEST_F(Delivery, WhatTheServerDoesNotTakeNowComesLater) {
  reader_of(1, design);
  reader_of(2, design);
  bots[main_bot].refusals = {telegram::refusal::server};
  begin();
  publish(vacancy("Landing", {{design, 0.9}}));
  wait_for(1);
  stop();
  EXPECT_EQ(ask("SELECT string_agg(state || ' ' || attempts, ', ' ORDER BY state) FROM hunt.deliveries"),
            "due 1, sent 0");
  time.advance(2s);
  begin();
  wait_for(2);
  EXPECT_EQ(ask("SELECT string_agg(DISTINCT state, ',') FROM hunt.deliveries"), "sent");
}

TEST_F(Delivery, WhenTheAttemptsAreUsedUpItIsRefused) {
  reader_of(1, design);
  reader_of(2, design);
  settings.attempts = 1;
  bots[main_bot].refusals = {telegram::refusal::server};
  begin();
  publish(vacancy("Landing", {{design, 0.9}}));
  wait_for(1);
  stop();
  EXPECT_EQ(ask("SELECT string_agg(state || ' ' || attempts, ', ' ORDER BY state) FROM hunt.deliveries"),
            "refused 1, sent 0");
  EXPECT_EQ(given_up, 1);
}

TEST_F(Delivery, AFloodWaitARevokedTokenAndALostConnectionAreWaitedForAndAreNoAttempts) {
  for (int i = 1; i <= 4; ++i) reader_of(i, design);
  settings.attempts = 1;
  bots[main_bot].refusals = {telegram::refusal::flood, telegram::refusal::unauthorized,
                             telegram::refusal::unreachable};
  bots[main_bot].flood_wait = 10'072s;
  begin();
  publish(vacancy("Landing", {{design, 0.9}}));
  wait_for(1);
  stop();
  EXPECT_EQ(
      ask("SELECT string_agg(attempts || ' in ' || extract(epoch FROM due_at - '2026-11-22T12:00Z')::int, "
          "', ' ORDER BY due_at) FROM hunt.deliveries WHERE state = 'due'"),
      "0 in 30, 0 in 300, 0 in 10072");
  EXPECT_EQ(given_up, 0);
  time.advance(10'072s);
  begin();
  wait_for(4);
  EXPECT_EQ(ask("SELECT string_agg(DISTINCT state, ',') FROM hunt.deliveries"), "sent");
}

TEST_F(Delivery, WhatWaitedForItsBotUntilItWasOldIsGivenUp) {
  const auto anna = reader_of(1, design), boris = reader_of(2, design);
  const auto old = vacancy("Old", {{design, 0.9}});
  delivered(old, anna, design, 9);  // of a bot that does not run here
  delivered(old, boris, design, 9);
  ask("UPDATE hunt.deliveries SET state = 'due', message_id = NULL, sent_at = NULL, "
      "deferred = user_id = " +
      std::to_string(boris.id.value));
  time.advance(25h);
  begin();
  publish(vacancy("Logo", {{design, 0.9}}));
  wait_for(2);
  EXPECT_EQ(ask("SELECT string_agg(state, ',' ORDER BY user_id) FROM hunt.deliveries WHERE bot_id = 9"),
            "refused,due")
      << "what the quiet hours held back was due later";
  EXPECT_EQ(given_up, 1);
}

TEST_F(Delivery, ACardThatIsOnItsWayIsNotSentAgainByTheBotThatItIsGivenTo) {
  assign(1, "design");
  const auto who = reader_of(1, design);
  start(who, 1);
  choose(who, development);
  async::event hold(io.on());
  bots[1].hold_sends = &hold;
  begin();
  publish(vacancy("Landing", {{design, 0.9}}));
  run(until_on_the_way(1));
  ask("UPDATE hunt.deliveries SET bot_id = 7000");
  publish(vacancy("Site", {{development, 0.9}}));
  wait_for(1);
  hold.ring();
  wait_for(2);
  EXPECT_EQ(sent_by(main_bot), texts{"101: Site 1 en"});
  EXPECT_EQ(sent_by(1), texts{"101: Landing 3 en"});
}

TEST_F(Delivery, ReadersAreServedInAnotherOrderEachTime) {
  for (int i = 1; i <= 8; ++i) reader_of(i, design);
  ask("UPDATE hunt.readers SET turn = user_id / 10.0");
  begin();
  publish(vacancy("One", {{design, 0.9}}));
  wait_for(8);
  publish(vacancy("Two", {{design, 0.9}}));
  wait_for(16);
  const auto all = bots[main_bot].of("sendMessage");
  std::vector<std::int64_t> first, second;
  for (int i = 0; i < 16; ++i) (i < 8 ? first : second).push_back(all[i].options.chat_id);
  EXPECT_NE(first.front(), second.front());
  EXPECT_NE(first, second);
}

TEST_F(Delivery, AWithdrawnVacancyIsNotHandedOut) {
  reader_of(1, design);
  const auto what = vacancy("Fraud", {{design, 0.9}});
  ask("UPDATE hunt.vacancies SET state = 'withdrawn'");
  begin();
  publish(what);
  publish(vacancy("Logo", {{design, 0.9}}));
  wait_for(1);
  EXPECT_EQ(sent_by(main_bot), texts{"101: Logo 3 en"});
}

TEST_F(Delivery, ASlowWayNamesItsSlowestStage) {
  const auto slow = [&] { return run(find_slow_way(*pool, time.now() - 10min, time.now(), 60s)); };
  const auto who = reader_of(1, design);
  const auto what = vacancy("Landing", {{design, 0.9}});
  EXPECT_FALSE(slow()) << "nobody wanted it: nothing is late";
  delivered(what, who, design);
  ask("UPDATE hunt.deliveries SET state = 'due'");
  EXPECT_FALSE(slow());
  time.advance(90s);
  ASSERT_TRUE(slow());
  EXPECT_EQ(slow()->slowest, stage::handing_over);
  EXPECT_EQ(slow()->worst, 90s);
  ask("UPDATE hunt.vacancies SET handed_at = judged_at + interval '1 s'");
  EXPECT_EQ(slow()->slowest, stage::sending);
  ask("UPDATE hunt.deliveries SET state = 'sent'");
  ask("UPDATE hunt.vacancies SET last_reader_at = judged_at + interval '2 s'");
  EXPECT_FALSE(slow()) << "all readers had it in time";
  ask("UPDATE hunt.vacancies SET posted_at = posted_at - interval '100 s'");
  ASSERT_TRUE(slow());
  EXPECT_EQ(slow()->slowest, stage::reading);
  EXPECT_EQ(slow()->vacancies, 1);
  ask("UPDATE hunt.vacancies SET posted_at = '2025-01-01'");
  EXPECT_FALSE(slow()) << "older than the source's entry: fetched, not late";
}

}  // namespace tandem::hunt
