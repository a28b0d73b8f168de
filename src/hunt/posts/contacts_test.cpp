#include "hunt/posts/contacts.hpp"

namespace tandem::hunt {
namespace {

contact contact_of(channel_post post) {
  text::stemmer stems;
  const auto words = text::split(post.text, stems);
  return contact_finder(stems).find(post, words, "Design_Jobs");
}

contact contact_of(std::string_view text) {
  channel_post post;
  post.text = text;
  return contact_of(std::move(post));
}

TEST(Contacts, APersonInTelegramIsFoundHoweverItIsWritten) {
  for (const auto* text :
       {"Нужен логотип. Пишите @Anna_HR", "Нужен логотип, t.me/anna_hr.", "https://t.me/anna_hr",
        "Logo, dm telegram.me/anna_hr", "tg://resolve?domain=anna_hr"}) {
    EXPECT_EQ(contact_of(text).url, "https://t.me/anna_hr") << text;
    EXPECT_EQ(contact_of(text).author_key, "@anna_hr") << text;
  }
}

TEST(Contacts, TheChannelItselfIsNobodysContact) {
  EXPECT_EQ(contact_of("Лендинг. Писать: @anna\nБольше заказов: @design_jobs").author_key, "@anna");
  EXPECT_EQ(contact_of("Лендинг\n@design_jobs").author_key, "");
}

TEST(Contacts, TheLineThatSpeaksOfRespondingGoesFirst) {
  EXPECT_EQ(contact_of("Мы делаем @coolproduct для всех\nРезюме: @hr_anna").author_key, "@hr_anna");
  EXPECT_EQ(contact_of("Сайт: company.ru\nОтклик: https://forms.gle/Ab1").url, "https://forms.gle/Ab1");
  EXPECT_EQ(contact_of("Сайт: company.ru\nhr@Company.ru").url, "mailto:hr@company.ru");
}

TEST(Contacts, ALineThatPraisesAChannelGoesLast) {
  EXPECT_EQ(contact_of("Подписывайтесь на канал @other_jobs\n@anna").author_key, "@anna");
  EXPECT_EQ(contact_of("Подписывайтесь на канал @other_jobs\nзаказ по телефону +7 (999) 123-45-67").url,
            "tel:+79991234567");
}

TEST(Contacts, PhonesAreTakenAndSumsAreNot) {
  EXPECT_EQ(contact_of("Звоните 8 (999) 123-45-67").url, "tel:+79991234567");
  EXPECT_EQ(contact_of("Call +44 20 7946 0958").author_key, "tel:+442079460958");
  EXPECT_EQ(contact_of("Бюджет 8 000 000 000, срок 10-15 дней").url, "");
  EXPECT_EQ(contact_of("ИНН 770123456789").url, "");
}

TEST(Contacts, PostsAndInvitesAreNoPersons) {
  EXPECT_EQ(contact_of("Пример: https://t.me/somebody/15 https://t.me/+AbCdEf https://t.me/joinchat/AAA").url,
            "");
}

TEST(Contacts, AHiddenLinkAndAButtonCount) {
  channel_post post;
  post.text = "Нужен монтаж\nСайт\nОткликнуться";
  post.links = {{"https://studio.example/", "Сайт"}, {"https://t.me/anna", "Откликнуться"}};
  EXPECT_EQ(contact_of(post).author_key, "@anna");
  post.links = {{"https://studio.example/", "Сайт"}, {"https://hh.example/Vacancy/1?utm=x", "Apply"}};
  EXPECT_EQ(contact_of(post).url, "https://hh.example/Vacancy/1?utm=x");
  EXPECT_EQ(contact_of(post).author_key, "link:hh.example/Vacancy/1");
}

TEST(Contacts, WithoutAContactTheSignatureOrTheOriginIsTheAuthor) {
  channel_post post;
  post.text = "Нужен логотип";
  post.signature = "Анна";
  post.forwarded_from = "Заказы";
  post.forwarded_url = "https://t.me/Orders/9";
  EXPECT_EQ(contact_of(post).author_key, "sig:design_jobs/анна");
  post.signature.clear();
  EXPECT_EQ(contact_of(post).author_key, "from:orders");
  EXPECT_EQ(contact_of(post).url, "https://t.me/Orders/9");
  post.forwarded_url.clear();
  EXPECT_EQ(contact_of(post).author_key, "from:заказы");
  post.forwarded_from.clear();
  EXPECT_EQ(contact_of(post).author_key, "");
}

TEST(Contacts, WhoWroteItInAChatIsTheContactUnlessThePostNamesAnother) {
  channel_post post;
  post.text = "Нужен логотип";
  post.author_name = "Анна";
  post.author_id = 77;
  EXPECT_EQ(contact_of(post).author_key, "tg:77");
  EXPECT_EQ(contact_of(post).url, "");
  post.author_username = "Anna_Design";
  EXPECT_EQ(contact_of(post).author_key, "@anna_design");
  EXPECT_EQ(contact_of(post).url, "https://t.me/anna_design");
  post.text += ", писать @boris_art";
  EXPECT_EQ(contact_of(post).url, "https://t.me/boris_art");
}

TEST(Contacts, WhoWroteItInAChatIsTheAuthorAndWhoIsNamedTheContact) {
  channel_post post;
  post.text = "Нужен дизайнер, писать @olga_hr";
  post.author_id = 77;
  EXPECT_EQ(contact_of(post).url, "https://t.me/olga_hr");
  EXPECT_EQ(contact_of(post).author_key, "tg:77");
  post.author_username = "Anna_Design";
  EXPECT_EQ(contact_of(post).author_key, "@anna_design") << "as a channel would name her";
  channel_post elsewhere;
  elsewhere.text = "Нужен дизайнер, писать @anna_design";
  EXPECT_EQ(contact_of(elsewhere).author_key, contact_of(post).author_key);
}

TEST(Contacts, AnEndlessSignatureIsCutBetweenLetters) {
  channel_post post;
  post.text = "x";
  for (int i = 0; i < 500; ++i) post.signature += "ж";
  const auto key = contact_of(post).author_key;
  EXPECT_LE(key.size(), 200u);
  EXPECT_TRUE(key.ends_with("ж"));
}

}  // namespace
}  // namespace tandem::hunt
