#include "hunt/bot/card_parts.hpp"
#include "hunt/bot/screens.hpp"
#include "platform/telegram/html.hpp"
#include "platform/telegram/keyboard.hpp"

// The vacancy's card, and what opens in its place.
namespace tandem::hunt::bot {
namespace {

using locale::markup;
using telegram::keyboard;

constexpr std::size_t essence_shown = 600;  // code points
constexpr std::string_view thin_space = "\u2009";

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }

// "25 000 ₽": the spaces inside a sum of money, and in front of its sign, are thin. U+00A0 and U+202F count
// as spaces.
std::string thin_money(std::string_view text) {
  static constexpr std::string_view spaces[] = {" ", "\u00A0", "\u202F", "\u2009"};
  static constexpr std::string_view signs[] = {"₽", "$", "€", "⭐", "₸", "₴", "£"};
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto rest = text.substr(i);
    const auto space =
        std::ranges::find_if(spaces, [&](std::string_view one) { return rest.starts_with(one); });
    if (space == std::end(spaces) || out.empty() || !is_digit(out.back())) {
      out += text[i++];
      continue;
    }
    const auto after = rest.substr(space->size());
    const bool thousands = after.size() >= 3 && is_digit(after[0]) && is_digit(after[1]) &&
                           is_digit(after[2]) && (after.size() == 3 || !is_digit(after[3]));
    const bool sign =
        std::ranges::any_of(signs, [&](std::string_view one) { return after.starts_with(one); });
    out += thousands || sign ? thin_space : *space;
    i += space->size();
  }
  return out;
}

std::string data_of(std::string_view prefix, const vacancy_card& card, list_offset from) {
  return press::data(prefix, card.id.value) + (from ? place_of(*from) : "");
}
std::string data_of(std::string_view prefix, const vacancy_card& card, std::int64_t wanted,
                    list_offset from) {
  return press::data(prefix, card.id.value, wanted) + (from ? place_of(*from) : "");
}

constexpr std::string_view telegram_address = "https://t.me/";
constexpr std::size_t longest_link = 2'000;  // bytes

// Somebody in Telegram whose chat can be opened with a text in it.
bool is_person(std::string_view url) {
  return url.starts_with(telegram_address) && !url.substr(telegram_address.size()).contains('/');
}

// As much of the text as fits into a link, cut between letters.
std::string with_text(std::string_view url, std::string_view text) {
  static constexpr char digits[] = "0123456789ABCDEF";
  auto out = std::string(url.substr(0, url.find('?'))) + "?text=";
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    if (out.size() + 3 * (end - at) > longest_link) break;
    for (; at < end; ++at) {
      const auto byte = static_cast<unsigned char>(text[at]);
      const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                         (byte >= 'A' && byte <= 'Z') || std::string_view("-_.~").contains(text[at]);
      if (plain) {
        out += text[at];
      } else {
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
      }
    }
  }
  return out;
}

void add_respond(const view& to, keyboard& keys, const vacancy_card& card, list_offset from) {
  if (is_person(card.contact_url)) {
    const auto text = reply_to(card.reply_template, card);
    keys.url(to.plain("button.respond"), text.empty() ? card.contact_url : with_text(card.contact_url, text));
  } else if (keyboard::takes_link(card.contact_url)) {
    keys.url(to.plain("button.respond"), card.contact_url);
  } else {
    keys.callback(to.plain("button.how_to_respond"), data_of(press::contact, card, from));
  }
}

void add_replied(const view& to, keyboard& keys, const vacancy_card& card, list_offset from) {
  keys.callback(to.plain(card.replied_at ? "button.replied" : "button.mark_replied"),
                data_of(press::replied, card, card.replied_at ? 0 : 1, from));
}

std::string title_line(const view& to, const vacancy_card& card) {
  return to.html("card.title", {{"emoji", to.emoji(card.category)}, {"title", card.title}});
}

screen ask(const view& to, const vacancy_card& card, list_offset from,
           std::span<const std::string_view> reasons, std::string_view back) {
  keyboard keys;
  int place = 0;
  for (const auto reason : reasons) {
    if (place++ % 2 == 0) keys.row();
    const auto index = std::ranges::find(press::reasons, reason) - std::begin(press::reasons);
    keys.callback(to.plain("reason." + std::string(reason)), data_of(press::report, card, index, from));
  }
  keys.row().callback(to.plain("button.back"), data_of(back, card, from));
  return {title_line(to, card) + "\n\n" + to.html("wrong.text"), keys.build()};
}

// "@name" with its link, an address, a number; other links by the site's name.
std::string contact_html(std::string_view url) {
  if (is_person(url)) {
    const auto name = url.substr(telegram_address.size());
    return telegram::link("@" + std::string(name.substr(0, name.find('?'))), url);
  }
  if (keyboard::takes_link(url)) {
    const auto site = url.substr(url.find("//") + 2);
    return telegram::link(site.substr(0, site.find('/')), url);
  }
  // mailto, tel; an address that is none stands as it was written
  return telegram::escape(url.contains("://") ? url : url.substr(url.find(':') + 1));
}

std::string places_html(const view& to, const seen_places& places) {
  if (places.total < 2) return {};
  std::string lines;
  for (const auto& place : places.first) {
    const auto title = keyboard::takes_link(place.post_url)
                           ? telegram::link(place.source_title, place.post_url)
                           : telegram::escape(place.source_title);
    lines += "\n";
    if (place.contact_url.empty()) {
      lines += to.html("card.place", {{"source", markup{title}}});
    } else {
      const auto contact = contact_html(place.contact_url);
      lines += to.html("card.place_contact", {{"source", markup{title}}, {"contact", markup{contact}}});
    }
  }
  const auto more = places.total - std::ssize(places.first);
  if (more > 0) lines += "\n" + to.html("card.places_more", {{"count", more}});
  return "\n\n" + to.html("card.places") + lines;
}

void add_back_to_list(const view& to, keyboard& keys, list_offset from) {
  if (!from) return;
  auto back = press::data(press::list, from->list_id, from->offset);
  if (from->which == list_place::kind::saved) back = press::data(press::saved_list, from->offset);
  if (from->which == list_place::kind::replied) back = press::data(press::replied_list, from->offset);
  keys.row().callback(to.plain("button.back"), std::move(back));
}

}  // namespace

std::string budget_html(const vacancy_card& card) { return telegram::escape(thin_money(card.budget)); }

std::string card_text(const view& to, const vacancy_card& card) {
  if (card.withdrawn) {
    return telegram::strike_html(title_line(to, card)) + "\n" +
           to.html(card.closed ? "card.closed" : "card.withdrawn");
  }
  std::string out = title_line(to, card);
  std::string second = budget_html(card);
  std::string also;
  for (const auto id : card.also) {
    const auto title = to.title(id);
    if (!title.empty()) also += (also.empty() ? "" : ", ") + title;
  }
  if (!also.empty()) second += (second.empty() ? "" : " · ") + to.html("card.also", {{"categories", also}});
  if (!second.empty()) out += "\n" + second;
  if (!card.essence.empty()) out += "\n\n" + telegram::shorten(telegram::escape(card.essence), essence_shown);
  const auto source =
      card.source_title.empty() ? std::string() : telegram::link(card.source_title, card.post_url);
  const auto age = std::max(std::chrono::microseconds(0), to.now - card.posted_at);
  out +=
      "\n" + to.html("card.source", {{"source", markup{source}}, {"ago", locale::say_ago(to.language, age)}});
  if (card.other_sources > 0) out += " · " + to.html("card.repeats", {{"count", card.other_sources}});
  if (card.replied_at) {
    out +=
        "\n" + to.html("card.replied", {{"date", locale::say_date(to.language, to.zone, *card.replied_at)}});
  }
  return out;
}

screen vacancy(const view& to, const vacancy_card& card, list_offset from) {
  keyboard keys;
  if (!card.withdrawn) {
    keys.row();
    add_respond(to, keys, card, from);
    if (keyboard::takes_link(card.post_url)) keys.url(to.plain("button.post"), card.post_url);
    keys.row();
    keys.callback(to.plain(card.saved ? "button.unsave" : "button.save"),
                  data_of(press::save, card, card.saved ? 0 : 1, from));
    if (card.reported) {
      keys.callback(to.plain("button.unreport"), data_of(press::unreport, card, from));
    } else {
      keys.callback(to.plain("button.wrong"), data_of(press::wrong, card, from));
    }
    keys.callback(to.plain("button.more"), data_of(press::more, card, from));
  }
  add_back_to_list(to, keys, from);
  return {card_text(to, card), keys.build()};
}

screen ask_what_is_wrong(const view& to, const vacancy_card& card, list_offset from) {
  static constexpr std::string_view reasons[] = {"wrong_category", "not_vacancy"};
  return ask(to, card, from, reasons, press::card);
}

screen ask_complaint(const view& to, const vacancy_card& card, list_offset from) {
  static constexpr std::string_view reasons[] = {"scam", "closed", "not_vacancy"};
  return ask(to, card, from, reasons, press::more);
}

screen more_about(const view& to, const vacancy_card& card, const seen_places& places, list_offset from) {
  keyboard keys;
  keys.row();
  add_replied(to, keys, card, from);
  keys.row().callback(to.plain("button.why"), data_of(press::why, card, from));
  keys.row();
  if (!card.author_key.empty()) {
    keys.callback(to.plain(card.author_hidden ? "button.show" : "button.hide"),
                  data_of(press::hide, card, card.author_hidden ? 0 : 1, from));
  }
  keys.callback(to.plain("button.complain"), data_of(press::complain, card, from));
  keys.row().callback(to.plain("button.back"), data_of(press::card, card, from));
  return {card_text(to, card) + places_html(to, places), keys.build()};
}

screen how_to_respond(const view& to, const vacancy_card& card, list_offset from) {
  const std::string_view contact = card.contact_url;
  const auto colon = contact.find(':');
  const auto kind = colon == std::string_view::npos ? std::string_view() : contact.substr(0, colon);
  auto said = to.html("contact.none");
  if (kind == "mailto") said = to.html("contact.mail", {{"address", contact.substr(colon + 1)}});
  if (kind == "tel") said = to.html("contact.phone", {{"number", contact.substr(colon + 1)}});
  const auto text = reply_to(card.reply_template, card);
  if (!text.empty()) said += "\n" + to.html("contact.reply", {{"text", text}});
  keyboard keys;
  keys.row();
  if (keyboard::takes_link(card.post_url)) keys.url(to.plain("button.post"), card.post_url);
  add_replied(to, keys, card, from);
  keys.row().callback(to.plain("button.back"), data_of(press::card, card, from));
  return {title_line(to, card) + "\n\n" + said, keys.build()};
}

screen why(const view& to, const vacancy_card& card, const vacancy_reason& reason, list_offset from) {
  std::string judged;
  for (const auto& one : reason.categories) {
    const auto title = to.title(one.category);
    if (title.empty()) continue;
    judged += (judged.empty() ? "" : ", ") +
              to.plain("why.judged",
                       {{"title", title}, {"confidence", locale::say_number(to.language, one.confidence)}});
  }
  if (judged.empty()) judged = to.title(card.category);
  std::string rule;
  if (!reason.rule.empty()) rule = to.html("why.rule", {{"rule", reason.rule}});
  const auto judge = reason.engine == "operator" ? to.plain("why.operator")
                                                 : to.plain("why.model", {{"engine", reason.engine}});
  std::string own;
  if (!reason.own_word.empty()) own = to.html("why.own_word", {{"word", reason.own_word}});
  if (reason.own_budget) {
    own += (own.empty() ? "" : ", ") + to.html("why.own_budget", {{"sum", say_sum(*reason.own_budget)}});
  }
  if (!own.empty()) own = "\n" + to.html("why.own", {{"filter", markup{own}}});
  keyboard keys;
  keys.row().callback(to.plain("button.back"), data_of(press::more, card, from));
  return {to.html("why.text", {{"title", markup{title_line(to, card)}},
                               {"source", reason.source_title},
                               {"rule", markup{rule}},
                               {"categories", judged},
                               {"judge", judge},
                               {"chosen", to.title(card.category)}}) +
              own,
          keys.build()};
}

}  // namespace tandem::hunt::bot
