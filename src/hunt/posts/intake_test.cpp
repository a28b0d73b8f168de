#include "hunt/posts/intake.hpp"

#include "async/scope.hpp"
#include "hunt/way_for_test.hpp"

namespace tandem::hunt {
namespace {

using namespace std::chrono_literals;
using kind = post_event::kind;

struct Intake : testing::Test, way {
  std::string messages() { return ask("SELECT count(*) FROM platform.messages WHERE lane = 'judge'"); }
};

TEST_F(Intake, APostThatPassesIsStoredAndWaitsForTheJudge) {
  const auto from = add("jobs", "+ #вакансия\n- #резюме");
  const auto out = take(from, {post(7, "#вакансия нужен дизайнер, пишите @anna")});
  EXPECT_EQ(out.added, 1);
  EXPECT_EQ(out.passed, 1);
  EXPECT_EQ(
      ask("SELECT concat_ws('|', state, reason, author_key, contact_url, url, revision) FROM hunt.posts"),
      "waiting|+ #вакансия|@anna|https://t.me/anna|https://t.me/jobs/7|1");
  EXPECT_EQ(ask("SELECT kind || body FROM platform.messages"),
            "post_accepted.v1{\"post_id\":1,\"revision\":1}");
  EXPECT_EQ(
      ask("SELECT concat_ws('|', last_message_id, last_read_at IS NOT NULL, last_post_at = now() - now() + "
          "(SELECT posted_at FROM hunt.posts)) FROM hunt.sources"),
      "7|t|t");
}

TEST_F(Intake, ADroppedPostIsKeptWithTheRuleThatDroppedIt) {
  const auto from = add("jobs", "+ #вакансия\n- #резюме");
  const auto out = take(from, {post(7, "#вакансия #резюме"), post(8, "просто разговор"), post(9, "")});
  EXPECT_EQ(out.dropped, 3);
  EXPECT_EQ(ask("SELECT string_agg(reason, '|' ORDER BY message_id) FROM hunt.posts WHERE state = 'dropped'"),
            "- #резюме|+ #вакансия|no_text");
  EXPECT_EQ(messages(), "0");
}

TEST_F(Intake, TakingAPageAgainDoesNothing) {
  const auto from = add("jobs");
  const std::vector<channel_post> page{post(1, "нужен дизайн"), post(2, "нужен код")};
  take(from, page);
  const auto again = take(from, page);
  EXPECT_EQ(again.added + again.edited, 0);
  EXPECT_EQ(messages(), "2");
}

TEST_F(Intake, TheSameTextInAnotherChannelIsARepeatOfTheFirst) {
  const auto one = add("jobs"), two = add("more_jobs"), three = add("other");
  take(one, {post(1, "Нужен дизайнер, 5000 ₽")});
  const auto out = take(two, {post(9, "нужен ДИЗАЙНЕР! 5000 ₽ 🔥"), post(10, "Нужен повар")});
  take(three, {post(4, "Нужен дизайнер 5000 ₽")});
  EXPECT_EQ(out.repeats, 1);
  EXPECT_EQ(out.passed, 1);
  EXPECT_EQ(ask("SELECT count(DISTINCT source_id) FROM hunt.posts WHERE repeat_of = 1"), "2");
  EXPECT_EQ(messages(), "2");
  EXPECT_EQ(steps.last(kind::repeat).original, post_id(1));
}

TEST_F(Intake, ARepeatOnTheSamePageKnowsItsOriginal) {
  const auto from = add("jobs");
  take(from, {post(1, "Нужен дизайнер"), post(2, "нужен дизайнер"), post(3, "нужен дизайнер!")});
  EXPECT_EQ(ask("SELECT string_agg(repeat_of::text, ',' ORDER BY message_id) FROM hunt.posts WHERE state = "
                "'repeat'"),
            "1,1");
  EXPECT_EQ(messages(), "1");
}

TEST_F(Intake, AfterTheWindowTheSameTextIsNews) {
  const auto from = add("jobs");
  take(from, {post(1, "Нужен дизайнер")});
  time.advance(24h * 15);
  EXPECT_EQ(take(from, {post(2, "Нужен дизайнер")}).passed, 1);
}

TEST_F(Intake, WhatARuleDroppedIsNobodysOriginal) {
  const auto strict = add("strict", "+ #вакансия"), open = add("open");
  take(strict, {post(1, "Нужен дизайнер")});
  EXPECT_EQ(take(open, {post(1, "Нужен дизайнер")}).passed, 1);
}

TEST_F(Intake, OldPostsGoTheSameWayWithTheirOwnTime) {
  const auto from = add("jobs");
  auto old = post(1, "Нужен дизайнер");
  old.posted_at = time.now() - 24h * 400;
  auto future = post(2, "Нужен повар");
  future.posted_at = time.now() + 24h * 365;
  EXPECT_EQ(take(from, {old, future}).passed, 2);
  EXPECT_EQ(ask("SELECT seen_at - posted_at FROM hunt.posts WHERE message_id = 1"), "400 days");
  EXPECT_EQ(ask("SELECT posted_at = seen_at FROM hunt.posts WHERE message_id = 2"), "t")
      << "nothing is from the future";
}

TEST_F(Intake, ABannedAuthorIsDropped) {
  const auto from = add("jobs");
  ask("INSERT INTO hunt.banned_authors VALUES ('@anna', now())");
  EXPECT_EQ(
      take(from, {post(1, "Нужен дизайнер, пишите @Anna"), post(2, "Нужен дизайнер, пишите @olga")}).passed,
      1);
  EXPECT_EQ(ask("SELECT reason FROM hunt.posts WHERE message_id = 1"), "banned_author");
}

TEST_F(Intake, AnEditIsANewRevisionThatIsJudgedAgain) {
  const auto from = add("jobs");
  take(from, {post(1, "нужен дизайн")});
  time.advance(1min);
  const auto out = take(from, {post(1, "нужен код, @anna")});
  EXPECT_EQ(out.edited, 1);
  EXPECT_EQ(
      ask("SELECT concat_ws('|', revision, state, text, author_key, edited_at - seen_at) FROM hunt.posts"),
      "2|waiting|нужен код, @anna|@anna|00:01:00");
  EXPECT_EQ(ask("SELECT body FROM platform.messages ORDER BY message_id DESC"),
            "{\"post_id\":1,\"revision\":2}");
  EXPECT_EQ(steps.last(kind::edited).detail, "нужен код, @anna");
}

TEST_F(Intake, AnEditThatTheRulesForbidWithdrawsTheVacancy) {
  const auto from = add("jobs", "- закрыто");
  take(from, {post(1, "нужен дизайн")});
  ask("INSERT INTO hunt.vacancies (post_id, title, essence, posted_at, seen_at, judged_at) "
      "VALUES (1, 'x', 'y', now(), now(), now())");
  ask("UPDATE hunt.posts SET state = 'judged'");
  take(from, {post(1, "ЗАКРЫТО. нужен дизайн")});
  EXPECT_EQ(ask("SELECT concat_ws('|', p.state, v.state, v.withdrawn_by_edit) FROM hunt.posts p JOIN "
                "hunt.vacancies v "
                "USING (post_id)"),
            "dropped|withdrawn|t");
  EXPECT_EQ(steps.last(kind::withdrawn).vacancy, vacancy_id(1));
}

TEST_F(Intake, ADroppedPostThatIsEditedIntoAVacancyPasses) {
  const auto from = add("jobs", "+ #вакансия");
  take(from, {post(1, "нужен дизайн")});
  const auto out = take(from, {post(1, "#вакансия нужен дизайн")});
  EXPECT_EQ(out.edited, 1);
  EXPECT_EQ(out.passed, 1);
}

TEST_F(Intake, ARepeatStaysOneUntilItsTextSaysSomethingElse) {
  const auto from = add("jobs");
  take(from, {post(1, "нужен дизайн"), post(2, "нужен дизайн")});
  auto same = post(2, "нужен дизайн");
  same.links = {{"https://x.example/", "x"}};
  EXPECT_EQ(take(from, {same}).repeats, 1);
  EXPECT_EQ(ask("SELECT repeat_of FROM hunt.posts WHERE message_id = 2"), "1");
  EXPECT_EQ(take(from, {post(2, "нужен повар")}).passed, 1);
  EXPECT_EQ(ask("SELECT repeat_of IS NULL FROM hunt.posts WHERE message_id = 2"), "t");
}

TEST_F(Intake, APostBelowTheMarkThatNobodyKnowsIsLeftAlone) {
  const auto from = add("jobs");
  EXPECT_EQ(take(from, {post(3, "нужен дизайн"), post(9, "нужен код")}, 5).added, 1);
  EXPECT_EQ(ask("SELECT message_id FROM hunt.posts"), "9");
}

TEST_F(Intake, PicturesWithoutWordsAreNoRepeatsOfEachOther) {
  const auto from = add("jobs");
  const auto out = take(from, {post(1, "🔥🔥"), post(2, "🔥")});
  EXPECT_EQ(out.repeats, 0);
  EXPECT_EQ(out.passed, 2);
}

const std::string long_post =
    "Ищем дизайнера презентаций\n\nСтудия готовит доклады для конференций, каждую неделю несколько колод.\n"
    "Что делать: собирать слайды по нашей сетке, рисовать схемы, готовить файл к показу.\n"
    "Важно: аккуратность, понимание типографики, портфолио с презентациями.\nОплата 60 000 ₽ в месяц.";

TEST_F(Intake, ANearRepeatInAnotherChannelIsARepeat) {
  const auto one = add("jobs"), two = add("more_jobs");
  take(one, {post(1, long_post)});
  const auto out =
      take(two, {post(5, "🔥 Вакансия дня\n\n" + long_post + "\nСтарт сразу, созвон в понедельник."),
                 post(6,
                      "Нужен переводчик на выставку мебели, три дня на стенде, одежда деловая, "
                      "опыт переговоров обязателен")});
  EXPECT_EQ(out.repeats, 1);
  EXPECT_EQ(out.passed, 1);
  EXPECT_EQ(ask("SELECT repeat_of FROM hunt.posts WHERE message_id = 5"), "1");
  EXPECT_EQ(messages(), "2");
}

TEST_F(Intake, AnotherRoleInTheSameWordsIsNoRepeat) {
  auto other = long_post;
  other.replace(other.find("дизайнера"), std::string("дизайнера").size(), "редактора");
  EXPECT_EQ(take(add("jobs"), {post(1, long_post), post(2, other)}).passed, 2);
}

TEST_F(Intake, NearRepeatsOnOnePageKnowTheirOriginal) {
  const auto out = take(add("jobs"), {post(1, long_post), post(2, long_post + "\nЖдём откликов до среды")});
  EXPECT_EQ(out.repeats, 1);
  EXPECT_EQ(ask("SELECT repeat_of FROM hunt.posts WHERE message_id = 2"), "1");
}

TEST_F(Intake, ARepeatLendsItsContactToAnOriginalWithoutOne) {
  take(add("jobs"), {post(1, long_post)});
  EXPECT_EQ(ask("SELECT contact_url FROM hunt.posts WHERE post_id = 1"), "");
  take(add("more_jobs"), {post(1, long_post + "\nПисать @marina_slides")});
  EXPECT_EQ(ask("SELECT contact_url || ' ' || author_key FROM hunt.posts WHERE post_id = 1"),
            "https://t.me/marina_slides @marina_slides");
}

TEST_F(Intake, AnEarlierPostThatIsSeenLaterTakesThePlaceOfTheOriginal) {
  const auto one = add("jobs"), two = add("slow_jobs"), three = add("more_jobs");
  take(one, {post(1, long_post)});
  take(three, {post(1, long_post)});
  ask("UPDATE hunt.posts SET state = 'judged' WHERE post_id = 1");
  ask("INSERT INTO hunt.vacancies (post_id, title, essence, posted_at, seen_at, judged_at) "
      "VALUES (1, 'x', 'y', now(), now(), now())");
  ask("INSERT INTO hunt.verdicts (post_id, revision, at, kind, categories, confidences, confidence, scam, "
      "engine) "
      "VALUES (1, 1, now(), 'vacancy', '{design}', '{0.9}', 0.9, false, 'local 1')");
  auto earlier = post(7, long_post + "\nПисать @marina_slides");
  earlier.posted_at = time.now() - 2h;
  const auto out = take(two, {earlier});
  EXPECT_EQ(out.passed, 1);
  EXPECT_EQ(ask("SELECT p.message_id || p.state FROM hunt.vacancies v JOIN hunt.posts p USING (post_id)"),
            "7judged");
  EXPECT_EQ(ask("SELECT string_agg(state || repeat_of, ' ') FROM hunt.posts WHERE post_id IN (1, 2)"),
            "repeat3 repeat3");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.verdicts WHERE post_id = 3"), "1");
  EXPECT_EQ(messages(), "1") << "what was judged is not judged again";
}

TEST_F(Intake, ABackFillLeavesTheMarkAndKnownPostsOfALiveSourceAlone) {
  const auto from = add("jobs");
  take(from, {post(5, "нужен дизайн")});
  std::vector<channel_post> old{post(3, "нужен повар"), post(5, "нужен дизайн, иначе написано")};
  old[0].posted_at = time.now() - 24h * 30;
  page_of_posts page;
  page.posts = old;
  page.back_fill = true;
  const auto out = run(way_in->take(from, page));
  EXPECT_EQ(out.added, 1);
  EXPECT_EQ(out.edited, 0);
  EXPECT_EQ(ask("SELECT last_message_id FROM hunt.sources"), "5");
}

TEST_F(Intake, WhatIsBackFilledGoesToTheJudgeAtAPace) {
  const auto from = add("jobs");
  std::vector<channel_post> old;
  for (int i = 1; i <= 101; ++i) old.push_back(post(i, "нужен код номер " + std::to_string(i)));
  page_of_posts page;
  page.posts = old;
  page.back_fill = true;
  run(way_in->take(from, page));
  EXPECT_EQ(ask("SELECT max(due_at) - min(due_at) FROM platform.messages"), "00:00:01");
}

TEST_F(Intake, ASourceThatWasTakenDownBringsNothing) {
  const auto from = add("jobs");
  take(from, {post(1, "нужен дизайн")});
  ask("INSERT INTO hunt.vacancies (post_id, title, essence, posted_at, seen_at, judged_at) "
      "VALUES (1, 'x', 'y', now(), now(), now())");
  const auto report = run(channels->take_down(from.id));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->vacancies, 1);
  EXPECT_EQ(report->posts, 1);
  EXPECT_EQ(take(from, {post(2, "нужен код")}).added, 0);
  EXPECT_EQ(ask("SELECT concat_ws('|', text, author_key, length(content_hash) > 0, state) FROM hunt.posts"),
            "||t|dropped");
  EXPECT_EQ(ask("SELECT concat_ws('|', state, essence) FROM hunt.vacancies"), "withdrawn|");
  EXPECT_EQ(run(channels->add("jobs", "")).error().why, source_error::taken_down);
  std::vector<new_source> again(1);
  again.front().name = "jobs";
  again.front().even_if_taken_down = true;
  EXPECT_TRUE(run(channels->add_all(again)).front());
  EXPECT_EQ(take(*run(channels->find("jobs")), {post(2, "нужен код")}).added, 1);
}

TEST_F(Intake, APostThatHasGoneFromItsPageIsClosedUntilItIsThereAgain) {
  const auto from = add("jobs");
  const auto kept = post(1, "нужен дизайн"), gone = post(2, "нужен код"), last = post(3, "нужен повар");
  take(from, {kept, gone, last});
  ask("UPDATE hunt.posts SET state = 'judged'");
  ask("INSERT INTO hunt.vacancies (post_id, title, essence, posted_at, seen_at, judged_at) "
      "SELECT post_id, 'x', 'y', now(), now(), now() FROM hunt.posts");
  const std::vector<channel_post> shown{kept, last};
  page_of_posts page;
  page.posts = shown;
  page.store_above = page.seen_up_to = 3;
  run(way_in->take(from, page));
  const auto states =
      "SELECT string_agg(v.state || ' ' || v.closed, ', ' ORDER BY post_id) FROM hunt.vacancies v";
  EXPECT_EQ(ask(states), "live false, live false, live false") << "this page does not say that it is whole";
  page.whole_from = 1;
  page.whole_to = 3;
  run(way_in->take(from, page));
  EXPECT_EQ(ask(states), "live false, withdrawn true, live false");
  EXPECT_EQ(ask("SELECT reason FROM hunt.posts WHERE state = 'dropped'"), "deleted");
  const std::vector<channel_post> again{kept, gone, last};
  page.posts = again;
  run(way_in->take(from, page));
  EXPECT_EQ(ask("SELECT state || ' ' || revision FROM hunt.posts WHERE message_id = 2"), "waiting 3");
}

TEST_F(Intake, ADeletedPostWhoseCopyStandsElsewhereKeepsItsVacancy) {
  const auto first = add("jobs"), second = add("jobs2");
  take(first, {post(1, "Нужен дизайнер для логотипа кофейни"), post(2, "нужен код")});
  take(second, {post(1, "Нужен дизайнер для логотипа кофейни")});
  ask("INSERT INTO hunt.vacancies (post_id, title, essence, posted_at, seen_at, judged_at) "
      "SELECT post_id, 'x', 'y', now(), now(), now() FROM hunt.posts WHERE message_id = 1 AND repeat_of IS "
      "NULL");
  const std::vector<channel_post> shown{post(2, "нужен код")};
  page_of_posts page;
  page.posts = shown;
  page.whole_from = 1;
  page.whole_to = 2;
  run(way_in->take(first, page));
  EXPECT_EQ(ask("SELECT string_agg(state, ',') FROM hunt.vacancies"), "live");
}

TEST_F(Intake, TwoSourcesAtTheSameMomentLeaveOneOriginal) {
  std::vector<source> from;
  for (int i = 0; i < 6; ++i) from.push_back(add("jobs" + std::to_string(i)));
  const std::vector<channel_post> page{post(1, "Нужен дизайнер"), post(2, "Нужен повар"),
                                       post(3, "Нужен пекарь")};
  std::vector<channel_post> backwards{post(1, "Нужен пекарь"), post(2, "Нужен повар"),
                                      post(3, "Нужен дизайнер")};
  std::string failure;
  async::scope together(db.io.on(),
                        [&](std::string_view, std::exception_ptr why) { failure = async::text_of(why); });
  const auto take_one = [&](int i) -> task<> {
    page_of_posts posts;
    posts.posts = i % 2 ? page : backwards;
    posts.seen_up_to = 3;
    co_await way_in->take(from[static_cast<std::size_t>(i)], posts);
  };
  for (int i = 0; i < 6; ++i) together.spawn("source", take_one(i));
  run(together.join());
  EXPECT_EQ(failure, "");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts WHERE state = 'waiting'"), "3");
  EXPECT_EQ(ask("SELECT count(*) FROM hunt.posts WHERE state = 'repeat'"), "15");
  EXPECT_EQ(messages(), "3");
}

}  // namespace
}  // namespace tandem::hunt
