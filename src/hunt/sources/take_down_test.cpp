// What a take-down leaves to the channels where a vacancy stands, too.
#include "async/scope.hpp"
#include "hunt/way_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;
using kind = post_event::kind;

const std::string order =
    "нужен дизайн презентаций\n\nСтудия готовит доклады для конференций, каждую неделю несколько колод.\n"
    "Что делать: собирать слайды по сетке, рисовать схемы, готовить файл к показу.\nОплата 60 000 ₽ в "
    "месяц.\n";

struct TakeDown : testing::Test, way {
  std::unique_ptr<async::part> part =
      make_post_judge({db.io.on(), *db.pool, *lanes, judge, time, figures, &steps});
  ~TakeDown() override { run(part->stop()); }

  channel_post copy(std::string_view beginning, std::string_view contact, std::chrono::minutes after = 0min) {
    auto out = post(1, std::string(beginning) + order + std::string(contact));
    out.posted_at = time.now() - 1h + after;
    return out;
  }
  void judge_all() {
    const auto waiting = std::stoi(ask("SELECT count(*) FROM hunt.posts WHERE state = 'waiting'"));
    const auto before = steps.count(kind::judged);
    run(part->start());
    run(steps.until(kind::judged, before + waiting));
  }
  take_down_report take_down(const source& what) { return run(channels->take_down(what.id)).value(); }
  std::string card() {
    return ask(
        "SELECT concat_ws('|', v.state, v.title, p.url, p.contact_url) FROM hunt.vacancies v JOIN hunt.posts "
        "p "
        "USING (post_id)");
  }
};

TEST_F(TakeDown, TheEarliestCopyBecomesThePostOfTheVacancy) {
  const auto first = add("jobs"), late = add("late_jobs"), early = add("early_jobs");
  take(first, {copy("", "Писать @anna")});
  judge_all();
  take(late, {copy("Дизайнеру!\n", "Писать @late", 30min)});
  take(early, {copy("Для дизайнеров\n", "Писать @early", 10min)});
  ASSERT_EQ(ask("SELECT count(*) FROM hunt.posts WHERE repeat_of = 1"), "2");
  ask("DELETE FROM hunt.card_updates");
  const auto report = take_down(first);
  EXPECT_EQ(report.moved, 1);
  EXPECT_EQ(report.vacancies, 0);
  EXPECT_EQ(report.posts, 1);
  EXPECT_EQ(card(), "live|Для дизайнеров|https://t.me/early_jobs/1|https://t.me/early");
  EXPECT_EQ(ask("SELECT budget || budget_max FROM hunt.vacancies"), "60 000 ₽ в месяц6000000");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.card_updates"), "1") << "the cards follow";
  EXPECT_EQ(ask("SELECT string_agg(post_id || state || coalesce(repeat_of, 0), ' ' ORDER BY post_id) FROM "
                "hunt.posts"),
            "1repeat3 2repeat3 3judged0");
  EXPECT_EQ(ask("SELECT kind FROM hunt.verdicts WHERE post_id = 3"), "vacancy");
  take(add("latest_jobs"), {copy("", "Писать @latest", 40min)});
  EXPECT_EQ(ask("SELECT state || repeat_of FROM hunt.posts WHERE post_id = 4"), "repeat3");
  const auto again = take_down(early);
  EXPECT_EQ(again.moved, 1);
  EXPECT_EQ(card(), "live|Дизайнеру!|https://t.me/late_jobs/1|https://t.me/late");
}

TEST_F(TakeDown, AnHeirWithoutAContactBorrowsOneButNotOfTheSource) {
  const auto first = add("jobs"), early = add("early_jobs"), late = add("late_jobs");
  take(first, {copy("", "Писать @anna")});
  judge_all();
  take(early, {copy("", "Подробности в посте", 10min)});
  take_down(first);
  EXPECT_EQ(ask("SELECT contact_url FROM hunt.posts WHERE post_id = 2"), "");
  take(late, {copy("", "Писать @late", 30min)});
  EXPECT_EQ(ask("SELECT contact_url FROM hunt.posts WHERE post_id = 2"), "https://t.me/late");
}

TEST_F(TakeDown, APostThatWaitsForItsVerdictIsJudgedByItsHeirsText) {
  const auto first = add("jobs"), second = add("more_jobs");
  take(first, {copy("", "Писать @anna")});
  take(second, {copy("Срочно!\n", "Писать @oleg", 10min)});
  EXPECT_EQ(take_down(first).moved, 0);
  judge_all();
  EXPECT_EQ(card(), "live|Срочно!|https://t.me/more_jobs/1|https://t.me/oleg");
}

TEST_F(TakeDown, WhatStandsNowhereElseIsWithdrawnAndNobodysOriginal) {
  const auto first = add("jobs"), second = add("more_jobs"), third = add("third_jobs");
  take(first, {copy("", "Писать @anna")});
  judge_all();
  take(third, {copy("", "Писать @third", 10min)});
  ask("UPDATE hunt.posts SET text = '' WHERE post_id = 2");
  const auto report = take_down(first);
  EXPECT_EQ(report.moved, 0);
  EXPECT_EQ(report.vacancies, 1) << "a copy whose text was erased cannot inherit";
  EXPECT_EQ(ask("SELECT state || title || essence FROM hunt.vacancies"), "withdrawn—");
  const auto out = take(second, {copy("", "Писать @oleg", 20min)});
  EXPECT_EQ(out.passed, 1) << "the first of its kind now";
}

TEST_F(TakeDown, WhatTheOperatorWithdrewStaysWithdrawnAndSaysNothingOfTheSource) {
  const auto first = add("jobs"), second = add("more_jobs");
  take(first, {copy("", "Писать @anna")});
  judge_all();
  take(second, {copy("", "Писать @oleg", 10min)});
  ask("UPDATE hunt.vacancies SET state = 'withdrawn'");
  EXPECT_EQ(take_down(first).moved, 0);
  EXPECT_EQ(card(), "withdrawn|—|https://t.me/more_jobs/1|https://t.me/oleg");
}

TEST_F(TakeDown, RepeatsThatArriveAtThatMomentFindTheHeirOrBecomeTheFirst) {
  for (int round = 0; round < 12; ++round) {
    const auto number = std::to_string(round);
    const auto text = "Заказ " + number + ". " + order;
    const auto first = add("first" + number);
    auto original = post(1, text);
    original.posted_at = time.now() - 2h;
    take(first, {original});
    std::vector<source> others;
    for (int i = 0; i < 5; ++i) others.push_back(add("other" + number + "_" + std::to_string(i)));
    if (round % 2) take(others[0], {post(1, text + "Писать @heir")});
    std::string failure;
    async::scope together(db.io.on(),
                          [&](std::string_view, std::exception_ptr why) { failure = async::text_of(why); });
    const auto take_one = [&](int i) -> task<> {
      const std::vector<channel_post> posts{post(2, text)};
      page_of_posts page;
      page.posts = posts;
      page.seen_up_to = 2;
      co_await way_in->take(others[static_cast<std::size_t>(i)], page);
    };
    const auto end_it = [&]() -> task<> {
      for (int i = 0; i < round; ++i) co_await async::yield();
      co_await channels->take_down(first.id);
    };
    for (int i = 0; i < 3; ++i) together.spawn("source", take_one(i));
    together.spawn("take-down", end_it());
    for (int i = 3; i < 5; ++i) together.spawn("source", take_one(i));
    run(together.join());
    EXPECT_EQ(failure, "");
    const auto of_round = " FROM hunt.posts p JOIN hunt.sources s USING (source_id) WHERE (s.name = 'first" +
                          number + "' OR s.name LIKE 'other" + number + "\\_%')";
    EXPECT_EQ(ask("SELECT count(*) FILTER (WHERE p.state = 'waiting' AND s.state = 'active') || ' ' || "
                  "count(*) FILTER (WHERE p.state = 'waiting')" +
                  of_round),
              "1 1")
        << "round " << round;
    EXPECT_EQ(
        ask("SELECT count(*)" + of_round +
            " AND p.state = 'repeat' AND s.state = 'active' AND NOT EXISTS (SELECT FROM hunt.posts o WHERE "
            "o.post_id = p.repeat_of AND o.state = 'waiting')"),
        "0")
        << "round " << round;
  }
}

}  // namespace
}  // namespace tandem::hunt
