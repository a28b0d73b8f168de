// Delivery and follow-up over the loss of the lead, of the database and of a loop.
#include "async/event.hpp"
#include "async/part_for_test.hpp"
#include "async/within.hpp"
#include "hunt/delivery/delivery.hpp"
#include "hunt/town_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;
using texts = std::vector<std::string>;

telegram::text_message titled(const vacancy_card& card, std::string_view, instant) {
  telegram::text_message out;
  out.text = card.title;
  return out;
}

telegram::text_message counted(const card_page& page, std::string_view, std::string_view, instant) {
  telegram::text_message out;
  out.text = "a list of " + std::to_string(page.total);
  return out;
}

// Refuses the statements that it is told to.
class faulty_pool final : public pg::pool {
 public:
  explicit faulty_pool(pg::pool& inner) : inner_(inner) {}
  std::function<void(std::string_view statement)> fault;  // throws

  task<pg::result> run(const pg::statement& what, pg::params with) override {
    if (fault) fault(what.name);
    co_return co_await inner_.run(what, std::move(with));
  }
  task<std::unique_ptr<pg::transaction>> begin() override { return inner_.begin(); }
  task<> in_transaction(std::function<task<>(pg::transaction&)> work) override {
    return inner_.in_transaction(std::move(work));
  }
  void listen(std::string channel, std::function<void(std::string_view)> heard) override {
    inner_.listen(std::move(channel), std::move(heard));
  }
  task<> close() override { co_return; }

 private:
  pg::pool& inner_;
};

struct Restart : testing::Test, town {
  faulty_pool db{*pool};
  std::unique_ptr<async::part> part = make_delivery(parts(), {});
  std::unique_ptr<follow_up> behind =
      make_follow_up({io.on(), db, time, senders(), titled, counted, {}}, 10ms);

  delivery_parts parts() { return {io.on(), db, *lanes, time, senders(), titled, {}}; }

  ~Restart() override {
    db.fault = nullptr;
    run(part->stop());
    run(behind->stop());
  }

  texts sent() {
    texts out;
    for (const auto& one : bots[main_bot].of("sendMessage")) out.push_back(one.text("text"));
    return out;
  }
  void until(const std::function<bool()>& enough) { run(async::within(20s, wait(enough))); }
  task<> wait(std::function<bool()> enough) {
    while (!enough()) co_await async::yield();
  }
  // Until the database gives this answer.
  void until_is(std::string_view question, const std::string& answer) {
    until_asked(question, answer, std::chrono::steady_clock::now() + 20s);
  }
  void until_asked(std::string_view question, const std::string& answer,
                   std::chrono::steady_clock::time_point latest) {
    while (ask(question) != answer) {
      if (std::chrono::steady_clock::now() < latest) continue;
      FAIL() << question << " gives " << ask(question);
    }
  }
  static std::function<void(std::string_view)> refuses(std::string name, std::function<void()> failure) {
    return [name = std::move(name), failure = std::move(failure)](std::string_view statement) {
      if (statement == name) failure();
    };
  }
  static void away() { throw pg::unavailable("the database is away", ""); }
  static constexpr std::string_view states =
      "SELECT string_agg(state, ' ' ORDER BY vacancy_id) FROM hunt.deliveries";
};

}  // namespace

TEST_F(Restart, DeliveryWorksAfterEachStart) {
  reader_of(1, design);
  async::expect_to_work_after_each_start(io, *part, [this](int start) {
    publish(vacancy("Card " + std::to_string(start), {{design, 0.9}}));
    until([&] { return std::ssize(sent()) == start; });
  });
  EXPECT_EQ(sent(), (texts{"Card 1", "Card 2", "Card 3"}));
  EXPECT_EQ(ask(states), "sent sent sent");
}

TEST_F(Restart, FollowUpWorksAfterEachStart) {
  const auto anna = reader_of(1, design);
  const auto what = vacancy("Landing", {{design, 0.9}});
  delivered(what, anna, design);
  async::expect_to_work_after_each_start(io, *behind, [&](int start) {
    ask("UPDATE hunt.vacancies SET title = 'Title " + std::to_string(start) + "'");
    ask("UPDATE hunt.card_updates SET next_at = '2026-11-22T11:00Z'");
    until([&] { return std::ssize(bots[main_bot].of("editMessageText")) == start; });
  });
}

TEST_F(Restart, WhatWasSentAndCouldNotBeWrittenIsWrittenAfterTheNextStartAndNotSentAgain) {
  reader_of(1, design);
  run(part->start());
  db.fault = refuses("deliveries.mark_sent", away);
  publish(vacancy("Landing", {{design, 0.9}}));
  until([&] { return sent().size() == 1 && !part->state().ready; });
  EXPECT_EQ(part->state().detail, "write outcomes: the database is away");
  EXPECT_THROW(run(part->stop()), pg::unavailable) << "the lead is lost while the database is away";
  db.fault = nullptr;
  run(part->start());
  publish(vacancy("Logo", {{design, 0.9}}));
  until_is(states, "sent sent");
  EXPECT_EQ(sent(), (texts{"Landing", "Logo"}));
}

TEST_F(Restart, ALoopThatFailsForWhateverReasonIsShownAndGoesOn) {
  reader_of(1, design);
  run(part->start());
  for (const auto* statement : {"deliveries.mark_sent", "deliveries.due", "deliveries.bots_with_due"}) {
    SCOPED_TRACE(statement);
    bool failed = false;
    db.fault = refuses(statement, [&] {
      if (!std::exchange(failed, true)) throw pg::conflict("deadlock detected", "40P01");
    });
    const auto before = sent().size();
    publish(vacancy("Card", {{design, 0.9}}));
    until([&] { return failed && !part->state().ready; });
    until([&] { return sent().size() == before + 1 && part->state().ready; });
  }
  until_is(states, "sent sent sent");
}

TEST_F(Restart, AListIsNotSentTwiceForWantOfTheDatabase) {
  const auto anna = reader_of(1, design);
  delivered(vacancy("Landing", {{design, 0.9}}), anna, design);
  ask("UPDATE hunt.deliveries SET state = 'gathered', message_id = NULL, sent_at = NULL, due_at = "
      "'2026-11-22T11:00Z'");
  int refused = 0;
  db.fault = refuses("follow_up.list_sent", [&] {
    if (++refused < 3) away();
  });
  run(behind->start());
  until_is("SELECT string_agg(state, ' ') FROM hunt.lists", "sent");
  EXPECT_EQ(sent(), texts{"a list of 1"});
  EXPECT_EQ(refused, 3);
}

}  // namespace tandem::hunt
