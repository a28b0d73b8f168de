#include "base/text/stable_hash.hpp"
#include "hunt/delivery/card_rows.hpp"
#include "hunt/delivery/cards_sql.hpp"
#include "hunt/delivery/delivery.hpp"

namespace tandem::hunt {

namespace statements = sql::cards;

void put_under(vacancy_card& card, category_id category) {
  card.category = category;
  std::erase(card.also, category);
}

task<std::map<vacancy_id, vacancy_card>> load_cards(pg::session& in, std::vector<vacancy_id> which) {
  const auto rows = co_await in(statements::many, which);
  std::map<vacancy_id, vacancy_card> out;
  for (int i = 0; i < rows.size(); ++i) {
    const auto row = rows[i];
    vacancy_card card;
    card.id = row.get<vacancy_id>(0);
    card.title = row.get<std::string>(1);
    card.essence = row.get<std::string>(2);
    card.budget = row.get<std::string>(3);
    card.posted_at = row.get<instant>(4);
    card.withdrawn = row.get<bool>(5);
    card.source_title = row.get<std::string>(6);
    card.post_url = row.get<std::string>(7);
    card.contact_url = row.get<std::string>(8);
    card.author_key = row.get<std::string>(9);
    card.other_sources = row.get<int>(10);
    for (const auto id :
         row.get<std::optional<std::vector<std::int64_t>>>(11).value_or(std::vector<std::int64_t>{})) {
      card.also.emplace_back(id);
    }
    card.revision = row.get<std::int64_t>(12);
    card.closed = row.get<bool>(13);
    if (!card.also.empty()) card.category = card.also.front();
    const auto id = card.id;
    out.emplace(id, std::move(card));
  }
  co_return out;
}

namespace {

constexpr int places_shown = 10;

class pg_cards final : public cards {
 public:
  explicit pg_cards(const clock& time) : time_(time) {}

  task<std::optional<vacancy_card>> find(pg::session& in, user_id reader, vacancy_id what) override {
    const auto mine = co_await in(statements::delivered, reader, what);
    if (mine.empty()) co_return std::nullopt;
    std::vector<vacancy_id> one{what};
    auto found = co_await load_cards(in, std::move(one));
    auto& card = found.at(what);
    put_under(card, mine.front().get<category_id>(0));
    card.saved = mine.front().get<bool>(1);
    card.reported = mine.front().get<std::optional<std::string>>(2);
    card.author_hidden = mine.front().get<bool>(3);
    card.replied_at = mine.front().get<std::optional<instant>>(4);
    card.reply_template = mine.front().get<std::string>(5);
    co_return std::move(card);
  }

  task<std::optional<vacancy_reason>> reason(pg::session& in, user_id reader, vacancy_id what) override {
    const auto rows = co_await in(statements::reason, what, reader);
    if (rows.empty()) co_return std::nullopt;
    const auto ids = co_await in(statements::category_ids);
    std::map<std::string, category_id> by_slug;
    for (int i = 0; i < ids.size(); ++i) by_slug[ids[i].get<std::string>(0)] = ids[i].get<category_id>(1);
    const auto row = rows.front();
    vacancy_reason out;
    out.source_title = row.get<std::string>(0);
    out.rule = row.get<std::string>(1);
    out.engine = row.get<std::string>(4);
    out.own_word = row.get<std::optional<std::string>>(5).value_or("");
    if (const auto budget = row.get<std::optional<std::int64_t>>(6)) {
      out.own_budget = sum{*budget, row.get<std::string>(7)};
    }
    const auto slugs = row.get<std::vector<std::string>>(2);
    const auto confidences = row.get<std::vector<std::string>>(3);
    for (std::size_t i = 0; i < slugs.size() && i < confidences.size(); ++i) {
      const auto known = by_slug.find(slugs[i]);
      if (known != by_slug.end()) out.categories.push_back({known->second, std::stod(confidences[i])});
    }
    co_return out;
  }

  task<seen_places> places(pg::session& in, vacancy_id what) override {
    const auto rows = co_await in(statements::seen_places, what, places_shown);
    seen_places out;
    for (int i = 0; i < rows.size(); ++i) {
      out.first.push_back(
          {rows[i].get<std::string>(0), rows[i].get<std::string>(1), rows[i].get<std::string>(2)});
      out.total = rows[i].get<std::int64_t>(3);
    }
    co_return out;
  }

  task<> save(pg::session& in, user_id reader, vacancy_id what, bool saved) override {
    if (saved) {
      co_await in(statements::save, reader, what, time_.now());
    } else {
      co_await in(statements::unsave, reader, what);
    }
  }

  task<std::int64_t> saved_count(pg::session& in, user_id reader) override {
    const auto rows = co_await in(statements::saved_count, reader);
    co_return rows.front().get<std::int64_t>(0);
  }

  task<> mark_replied(pg::session& in, user_id reader, vacancy_id what, bool replied) override {
    if (replied) {
      co_await in(statements::mark_replied, reader, what, time_.now());
    } else {
      co_await in(statements::unmark_replied, reader, what);
    }
  }

  task<std::int64_t> replied_count(pg::session& in, user_id reader) override {
    const auto rows = co_await in(statements::replied_count, reader);
    co_return rows.front().get<std::int64_t>(0);
  }

  task<card_page> page(pg::session& in, user_id reader, list_place from) override {
    card_page out;
    out.from = from;
    out.total = co_await count(in, reader, from);
    // A page that has become empty meanwhile: the last one that is not.
    const auto last = out.total == 0 ? 0 : (out.total - 1) / cards_per_page * cards_per_page;
    out.from.offset = std::min(from.offset / cards_per_page * cards_per_page, last);
    co_await load_page(in, reader, out);
    co_return out;
  }

  task<bool> hide_author(pg::session& in, user_id reader, vacancy_id what, bool hidden) override {
    if (!hidden) {
      const auto shown = co_await in(statements::show_author, reader, what);
      co_return !shown.empty();
    }
    const auto rows = co_await in(statements::hide_author, reader, what, time_.now());
    if (rows.empty()) co_return false;
    const auto author = rows.front().get<std::string>(0);
    co_await in(statements::withdraw_of_author, reader, author);
    co_return true;
  }

  task<> report(pg::session& in, user_id reader, vacancy_id what, std::string_view reason) override {
    co_await in(statements::report, reader, what, reason, time_.now());
  }
  task<> take_back_report(pg::session& in, user_id reader, vacancy_id what) override {
    co_await in(statements::take_back_report, reader, what);
  }

 private:
  static task<std::int64_t> count(pg::session& in, user_id reader, const list_place& of) {
    const auto list = of.list_id;
    if (of.which == list_place::kind::delivered) {
      const auto rows = co_await in(statements::list_count, reader, list);
      co_return rows.front().get<std::int64_t>(0);
    }
    const auto& statement =
        of.which == list_place::kind::saved ? statements::saved_count : statements::replied_count;
    const auto rows = co_await in(statement, reader);
    co_return rows.front().get<std::int64_t>(0);
  }

  static task<pg::result> rows_of(pg::session& in, user_id reader, const list_place& of) {
    const auto offset = of.offset, list = of.list_id;
    if (of.which == list_place::kind::delivered) {
      co_return co_await in(statements::listed, reader, offset, cards_per_page, list);
    }
    const auto& statement = of.which == list_place::kind::saved ? statements::saved : statements::replied;
    co_return co_await in(statement, reader, offset, cards_per_page);
  }

  static task<> load_page(pg::session& in, user_id reader, card_page& page) {
    const auto rows = co_await rows_of(in, reader, page.from);
    std::vector<vacancy_id> order;
    for (int i = 0; i < rows.size(); ++i) order.push_back(rows[i].get<vacancy_id>(0));
    auto found = co_await load_cards(in, order);
    for (int i = 0; i < rows.size(); ++i) {
      auto card = found.at(order[static_cast<std::size_t>(i)]);
      const auto under = rows[i].get<category_id>(1);
      const auto shown_under = under == category_id(0) ? card.category : under;
      put_under(card, shown_under);
      page.cards.push_back(std::move(card));
    }
  }

  const clock& time_;
};

}  // namespace

std::int64_t digest_of_card(const vacancy_card& card) {
  text::stable_hash digest;
  for (const std::string_view part :
       {std::string_view(card.title), std::string_view(card.essence), std::string_view(card.budget),
        std::string_view(card.contact_url), std::string_view(card.post_url)}) {
    // Of a withdrawn card the title alone is seen.
    if (!card.withdrawn || part.data() == card.title.data()) digest.add_part(part);
  }
  digest.add_part(card.withdrawn ? card.closed ? "closed" : "withdrawn" : "live");
  return static_cast<std::int64_t>(digest.value());
}

std::unique_ptr<cards> make_cards(const clock& time) { return std::make_unique<pg_cards>(time); }

}  // namespace tandem::hunt
