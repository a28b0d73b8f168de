#include "dating/bot/talk_screens.hpp"

#include "dating/bot/safety_screens.hpp"
#include "dating/bot/screens_for_test.hpp"

namespace tandem::dating::bot {
namespace {

using namespace std::chrono_literals;

talk with_anna() {
  talk out;
  out.id = match_id(17);
  out.other = user_id(5);
  out.name = "Аня <b>";
  out.current = true;
  return out;
}

talk_page page_of(int count, std::int64_t offset, std::int64_t total) {
  talk_page out;
  for (int i = 0; i < count; ++i) {
    auto one = with_anna();
    one.id = match_id(17 + i);
    one.current = i == 0;
    out.talks.push_back(std::move(one));
  }
  out.offset = offset;
  out.total = total;
  return out;
}

std::optional<screen> answer(const view& to, sent_state state, std::vector<found_sign> signs = {},
                             bool mine = false) {
  sent_answer what;
  what.state = state;
  what.where = with_anna();
  what.where.closed_by_me = mine;
  what.signs = std::move(signs);
  return answer_to(to, what, 40);
}

complaint_case complained() {
  complaint_case out;
  out.about = user_id(5);
  out.name = "Боря <i>";
  out.age = 31;
  out.about_text = "Пишу стихи & код.";
  out.state = "hidden";
  out.since = noon - 48h;
  out.upheld = 1;
  out.dismissed = 2;
  out.photos = {photo_id(70), photo_id(71)};
  out.open.push_back({complaint_id(3), complaint_reason::minor, "", 0.62, noon, true});
  out.open.push_back({complaint_id(4), complaint_reason::rule, "money", 0.5, noon, false});
  return out;
}

case_facts facts_of(complaint_case what, std::size_t photo = 0) {
  case_facts out;
  out.what = std::move(what);
  out.photo = photo;
  if (!out.what.photos.empty()) out.picture = conversation::picture{};
  out.waiting = 4;
  return out;
}

read_talk told() {
  const auto line = [](bool accused, telegram::message_content kind, std::string text) {
    read_line out;
    out.by_accused = accused;
    out.sent_at = noon;
    out.content.kind = kind;
    out.content.what.text = std::move(text);
    return out;
  };
  using telegram::message_content;
  return {user_id(5),
          {line(false, message_content::text, "Привет!"), line(true, message_content::photo, "вот я <3"),
           line(true, message_content::text, std::string(300, 'a'))}};
}

std::vector<named_screen> all_screens(const std::string& language) {
  const auto to = in(language);
  auto fresh = with_anna(), closed = fresh, asked = fresh, waits = fresh, known = fresh;
  closed.open = false;
  asked.contact_theirs = true;
  waits.contact_mine = true;
  known.contact_mine = known.contact_theirs = true;
  auto decided = complained();
  decided.open.clear();
  decided.last = operator_action::ban;
  decided.state = "banned";
  auto bare = complained();
  bare.open.erase(bare.open.begin());
  bare.photos.clear();
  bare.about_text.clear();
  bare.shadow = true;
  std::vector<named_screen> out{
      {"talk line", talk_line(to, fresh)},
      {"talk line, I wait for the contact", talk_line(to, waits)},
      {"talk line, asked for the contact", talk_line(to, asked)},
      {"talk line, contacts known", talk_line(to, known)},
      {"talk line, closed", talk_line(to, closed)},
      {"talks, first page", talk_list(to, page_of(6, 0, 9), false)},
      {"talks, last page", talk_list(to, page_of(3, 6, 9), false)},
      {"talks, whom is it for", talk_list(to, page_of(2, 0, 2), true)},
      {"talks, none", talk_list(to, {}, false)},
      {"more", talk_more(to, fresh)},
      {"end?", ask_end(to, fresh)},
      {"ended", ended(to, fresh.name)},
      {"delete the last?", ask_to_drop(to, fresh, 40)},
      {"how to delete", how_to_delete(to)},
      {"contact?", ask_contact(to, fresh)},
      {"contact asked", contact_asked(to, asked)},
      {"contact", contact(to, known, "https://t.me/anna", true)},
      {"contact, I have no username", contact(to, known, "tg://user?id=5", false)},
      {"number sent", contact_sent(to, fresh.name)},
      {"edit refused", edit_refused(to)},
      {"reason", ask_reason(to, user_id(5), "Боря <i>", match_id(17))},
      {"reason, from the deck", ask_reason(to, user_id(5), "Боря <i>", match_id())},
      {"thanks", thanks_for_complaint(to, complaint_reason::scam)},
      {"thanks, a child", thanks_for_complaint(to, complaint_reason::minor)},
      {"block?", ask_to_block(to, user_id(5), "Боря <i>")},
      {"blocked", blocked(to, "Боря <i>")},
      {"blocks", block_list(to, {{user_id(5), "Боря"}, {user_id(6), "Вера"}, {user_id(7), "Глеб"}})},
      {"blocks, none", block_list(to, {})},
      {"warned", warned(to)},
      {"case", case_card(to, facts_of(complained()))},
      {"case, second photo", case_card(to, facts_of(complained(), 1))},
      {"case, without photos", case_card(to, facts_of(bare))},
      {"case, decided", case_card(to, facts_of(decided))},
      {"case, ban?", confirm_case(to, facts_of(complained()), operator_action::ban)},
      {"case, shadow ban?", confirm_case(to, facts_of(complained()), operator_action::shadow)},
      {"no cases", no_cases(to)},
      {"case, talk", case_talk(to, told(), complaint_id(3))},
      {"case, talk gone", case_talk(to, {user_id(5), {}}, complaint_id(3))},
  };
  const auto add = [&](std::string name, std::optional<screen> what) {
    ASSERT_TRUE(what) << name;
    out.push_back({std::move(name), std::move(*what)});
  };
  add("sent, contacts hidden", answer(to, sent_state::accepted, {{sign::phone, 0, 1}}));
  add("not sent, closed by the other", answer(to, sent_state::closed));
  add("not sent, closed by me", answer(to, sent_state::closed, {}, true));
  add("place?", answer(to, sent_state::to_confirm));
  add("not sent, kind", answer(to, sent_state::kind_refused));
  add("not sent, contact", answer(to, sent_state::contact_refused));
  add("not sent, opener", answer(to, sent_state::same_opener));
  add("not sent, talks", answer(to, sent_state::talks_used_up));
  add("not sent, messages", answer(to, sent_state::messages_used_up));
  for (const auto what :
       {sign::link, sign::email, sign::phone, sign::handle, sign::solicitation, sign::money, sign::minor}) {
    add("not sent, " + std::string(name_of(what)), answer(to, sent_state::text_refused, {{what, 0, 1}}));
  }
  return out;
}

struct TalkScreensIn : testing::TestWithParam<const char*> {};

TEST_P(TalkScreensIn, AreAsTheyWereLookedAt) { expect_golden("talk", GetParam(), all_screens(GetParam())); }

TEST_P(TalkScreensIn, AreShortAndTheirButtonsFit) {
  for (const auto& one : all_screens(GetParam())) {
    conversation::expect_to_fit(one, one.name.starts_with("case") ? 12 : 6);
  }
}

TEST_P(TalkScreensIn, SayNothingAboutAMessageThatSimplyWent) {
  const auto to = in(GetParam());
  EXPECT_FALSE(answer(to, sent_state::accepted));
  EXPECT_FALSE(answer(to, sent_state::again));
  EXPECT_FALSE(answer(to, sent_state::accepted, {{sign::money, 0, 1}})) << "nothing of it was hidden";
}

TEST_P(TalkScreensIn, DataFitsWithTheLargestIds) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  auto what = with_anna();
  what.id = match_id(most);
  what.other = user_id(most);
  const auto to = in(GetParam());
  for (const auto& one : {talk_line(to, what), talk_more(to, what), ask_to_drop(to, what, most),
                          ask_reason(to, what.other, what.name, what.id), ask_place(to, what, most)}) {
    conversation::expect_to_fit({"large", one}, 6);
  }
}

INSTANTIATE_TEST_SUITE_P(, TalkScreensIn, testing::Values("ru", "en"));

}  // namespace
}  // namespace tandem::dating::bot
