#include "hunt/vacancies/post_judge.hpp"

#include "hunt/posts/lanes.hpp"
#include "hunt/way_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;
using kind = post_event::kind;

struct PostJudge : testing::Test, way {
  std::unique_ptr<async::part> part;
  source from;

  PostJudge() {
    from = add("jobs");
    judge_parts with{db.io.on(), *db.pool, *lanes, judge, time, figures, &steps};
    part = make_post_judge(with);
    run(part->start());
  }
  ~PostJudge() override { run(part->stop()); }

  // Takes the posts in and waits until as many verdicts have come as passed.
  void way_through(std::vector<channel_post> posts) {
    const auto before = steps.count(kind::judged);
    const auto out = take(from, std::move(posts));
    run(steps.until(kind::judged, before + out.passed));
  }
  std::string deliveries() { return ask("SELECT count(*) FROM platform.messages WHERE lane = 'deliver'"); }
};

TEST_F(PostJudge, AVacancyIsPublishedWithWhatItsCardShows) {
  time.advance(3s);
  way_through({post(1, "нужен дизайн и код\nЛендинг для кофейни\nБюджет 25 000 ₽\n@anna")});
  EXPECT_EQ(
      ask("SELECT concat_ws('|', title, essence, budget, state, judged_at - seen_at) FROM hunt.vacancies"),
      "нужен дизайн и код|Лендинг для кофейни. Бюджет 25 000 ₽|25 000 ₽|live|00:00:00");
  EXPECT_EQ(
      ask("SELECT string_agg(slug || ' ' || round(confidence::numeric, 1), ', ' ORDER BY confidence DESC) "
          "FROM hunt.vacancy_categories JOIN hunt.categories USING (category_id)"),
      "design 0.8, development 0.6");
  EXPECT_EQ(ask("SELECT body FROM platform.messages WHERE lane = 'deliver'"), "{\"vacancy_id\":1}");
  EXPECT_EQ(ask("SELECT count(*) FROM platform.messages WHERE lane = 'judge'"), "0");
  EXPECT_EQ(ask("SELECT concat_ws('|', kind, categories, engine, scam) FROM hunt.verdicts"),
            "vacancy|{design,development}|words 1|f");
  EXPECT_EQ(ask("SELECT state FROM hunt.posts"), "judged");
  EXPECT_EQ(steps.last(kind::published).vacancy, vacancy_id(1));
}

TEST_F(PostJudge, WhatIsNoVacancyIsJudgedAndNotPublished) {
  way_through({post(1, "привет всем")});
  EXPECT_EQ(ask("SELECT kind FROM hunt.verdicts"), "none");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.vacancies"), "0");
  EXPECT_EQ(deliveries(), "0");
}

TEST_F(PostJudge, AMessageThatComesTwiceChangesNothing) {
  way_through({post(1, "нужен дизайн")});
  const auto again = [&](pg::transaction& tx) -> task<> {
    const std::vector<queue::publication> twice{to_publication({post_id(1), 1}),
                                                to_publication({post_id(1), 1})};
    co_await lanes->publish(tx, twice);
  };
  run(db.pool->in_transaction(again));
  way_through({post(2, "нужен код")});  // comes behind them
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.vacancies"), "2");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.verdicts"), "2");
  EXPECT_EQ(deliveries(), "2");
}

TEST_F(PostJudge, AMessageThatMakesNoSenseDoesNotHoldUpTheOthers) {
  const auto nonsense = [&](pg::transaction& tx) -> task<> {
    queue::publication odd = to_publication({post_id(77), 1});
    queue::publication broken = odd;
    broken.body = "{\"post_id\":\"x\"}";
    const std::vector<queue::publication> both{odd, broken};
    co_await lanes->publish(tx, both);
  };
  run(db.pool->in_transaction(nonsense));
  way_through({post(2, "нужен код")});
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.vacancies"), "1");
}

TEST_F(PostJudge, AnEditedVacancyIsRevisedAndNotPublishedAgain) {
  way_through({post(1, "нужен дизайн")});
  way_through({post(1, "нужен код, 5000 ₽")});
  EXPECT_EQ(ask("SELECT concat_ws('|', vacancy_id, title, budget, state) FROM hunt.vacancies"),
            "1|нужен код, 5000 ₽|5000 ₽|live");
  EXPECT_EQ(ask("SELECT string_agg(slug, ',') FROM hunt.vacancy_categories JOIN hunt.categories USING "
                "(category_id)"),
            "development");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.verdicts"), "2");
  EXPECT_EQ(deliveries(), "1");
}

TEST_F(PostJudge, AnEditCanWithdrawAVacancyAndBringItBack) {
  way_through({post(1, "нужен дизайн")});
  way_through({post(1, "уже нашли")});
  EXPECT_EQ(ask("SELECT state FROM hunt.vacancies"), "withdrawn");
  EXPECT_EQ(steps.last(kind::withdrawn).vacancy, vacancy_id(1));
  way_through({post(1, "снова нужен дизайн")});
  EXPECT_EQ(ask("SELECT concat_ws('|', state, title, withdrawn_by_edit) FROM hunt.vacancies"),
            "live|снова нужен дизайн|f");
  EXPECT_EQ(deliveries(), "2") << "those who have it are left alone by the delivery, the others get it";
}

TEST_F(PostJudge, AnEditThatSaysItIsTakenClosesTheVacancyAndANewPostThatDoesIsNoNews) {
  way_through({post(1, "нужен дизайн"), post(2, "Закрыто. нужен код")});
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.vacancies WHERE NOT closed"), "2");
  way_through({post(1, "ЗАКРЫТО! нужен дизайн")});
  EXPECT_EQ(ask("SELECT state || ' ' || closed FROM hunt.vacancies WHERE vacancy_id = 1"), "withdrawn true");
  way_through({post(1, "нужен дизайн, и скоро")});
  EXPECT_EQ(ask("SELECT state || ' ' || closed FROM hunt.vacancies WHERE vacancy_id = 1"), "live false");
}

TEST_F(PostJudge, AnEditCanMakeAVacancy) {
  way_through({post(1, "дизайн")});
  way_through({post(1, "нужен дизайн")});
  EXPECT_EQ(deliveries(), "1");
}

TEST_F(PostJudge, WhatTheOperatorWithdrewStaysWithdrawn) {
  way_through({post(1, "нужен дизайн")});
  ask("UPDATE hunt.vacancies SET state = 'withdrawn'");
  way_through({post(1, "нужен дизайн срочно")});
  EXPECT_EQ(ask("SELECT state FROM hunt.vacancies"), "withdrawn");
  EXPECT_EQ(deliveries(), "1");
}

TEST_F(PostJudge, ACategoryThatIsSwitchedOffGetsNothing) {
  ask("UPDATE hunt.categories SET active = false WHERE slug = 'design'");
  way_through({post(1, "нужен дизайн и код")});
  EXPECT_EQ(ask("SELECT string_agg(slug, ',') FROM hunt.vacancy_categories JOIN hunt.categories USING "
                "(category_id)"),
            "development");
}

TEST_F(PostJudge, ManyPostsGoThroughInBatches) {
  std::vector<channel_post> posts;
  for (int i = 1; i <= 450; ++i) posts.push_back(post(i, "нужен код номер " + std::to_string(i)));
  way_through(posts);
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.vacancies"), "450");
  EXPECT_EQ(deliveries(), "450");
}

TEST_F(PostJudge, TheTimesOfTheWayAreCounted) {
  way_through({post(1, "нужен дизайн")});
  const auto all = figures.summaries();
  const auto seen = std::ranges::find(all, "tandem_post_seen_seconds", &metrics::summary::name);
  ASSERT_NE(seen, all.end());
  EXPECT_EQ(seen->count, 1u);
  EXPECT_GT(seen->p50, 2.0) << "it was posted five seconds ago";
}

}  // namespace
}  // namespace tandem::hunt
