#include "dating/bot/photo_screens.hpp"

#include <fmt/format.h>

#include "base/text/stable_hash.hpp"
#include "dating/bot/photo_intake.hpp"
#include "platform/telegram/html.hpp"
#include "platform/telegram/keyboard.hpp"

namespace tandem::dating::bot {
namespace {

using conversation::picture;
using press::data;
using telegram::keyboard;

task<telegram::input_file> load_photo(const parts& with, blob::blob_id what) {
  const auto bytes = co_await with.pictures.bytes_of(std::move(what));
  co_return to_jpeg_file(bytes);
}
task<> remember_photo(const parts& with, photo_id what, std::string file_id) {
  co_await with.pictures.note_file(with.db, what, with.bot_id, file_id);
}
task<telegram::input_file> load_figure(const parts& with) {
  const auto bytes = co_await with.pictures.placeholder();
  co_return to_jpeg_file(bytes);
}
task<> remember_figure(const parts& with, std::string file_id) {
  with.arriving->figure_file = std::move(file_id);
  co_return;
}
task<telegram::input_file> load_pair(const parts& with, photos::pair_picture what) {
  const auto bytes = co_await with.pictures.pair_bytes(with.db, std::move(what));
  co_return to_jpeg_file(bytes);
}
task<> remember_pair(const parts& with, photos::pair_picture what, std::string file_id) {
  co_await with.pictures.note_pair(with.db, std::move(what), with.bot_id, file_id);
}

std::string reason_of(const view& to, const photo& what) { return to.plain("photo_reason." + what.reason); }

std::string_view mark_of(photo_state what) {
  switch (what) {
    case photo_state::shown: return "✓";
    case photo_state::waiting: return "⏳";
    case photo_state::refused:
    case photo_state::hidden: break;
  }
  return "✕";
}

void add_line(std::string& to, const std::string& html) {
  if (!to.empty()) to += '\n';
  to += html;
}

void add_way_on(keyboard& keys, const view& to, bool registering) {
  keys.callback(to.plain(registering ? "photo_button.go_on" : "photo_button.back"),
                std::string(press::photos_done));
}

void add_numbers(keyboard& keys, const photos_facts& facts, photo_id at) {
  if (facts.all.size() < 2) return;
  for (std::size_t i = 0; i < facts.all.size(); ++i) {
    const auto& one = facts.all[i];
    if (i % keyboard::buttons_in_a_row == 0) keys.row();
    keys.callback(fmt::format("{}{} {}", one.id == at ? "• " : "", one.position, mark_of(one.state)),
                  data(press::photo_at, one.id.value));
  }
}

}  // namespace

telegram::input_file to_jpeg_file(const images::bytes& from) {
  telegram::input_file out;
  out.bytes.assign(reinterpret_cast<const char*>(from.data()), from.size());
  out.file_name = "photo.jpg";
  out.content_type = "image/jpeg";
  return out;
}

picture to_picture(const parts& with, const photo& what) {
  return {
      what.file_id, [&with, blob = what.picture] { return load_photo(with, blob); },
      [&with, id = what.id](std::string file_id) { return remember_photo(with, id, std::move(file_id)); }};
}

picture no_photo(const parts& with) {
  return {with.arriving->figure_file, [&with] { return load_figure(with); },
          [&with](std::string file_id) { return remember_figure(with, std::move(file_id)); }};
}

picture to_picture(const parts& with, const photos::pair_picture& what) {
  return {what.file_id, [&with, what] { return load_pair(with, what); },
          [&with, what](std::string file_id) { return remember_pair(with, what, std::move(file_id)); }};
}

screen my_photos(const view& to, const parts& with, const photos_facts& facts) {
  keyboard keys;
  std::string on_the_way;
  if (facts.on_their_way > 0) on_the_way = to.html("photo.on_the_way", {{"count", facts.on_their_way}});
  if (facts.all.empty()) {
    keys.row().callback(to.plain("photo_button.add"), std::string(press::photo_add));
    add_way_on(keys.row(), to, facts.registering);
    auto text = to.html("photo.none");
    if (!on_the_way.empty()) text = on_the_way;
    return {text, keys.build()};
  }
  const auto found = std::ranges::find(facts.all, facts.at, &photo::id);
  const auto& at = found == facts.all.end() ? facts.all.front() : *found;
  auto text = telegram::bold(to.plain("photo.one", {{"place", at.position}, {"count", facts.all.size()}}));
  if (at.position == 1 && at.state != photo_state::refused) add_line(text, to.html("photo.main"));
  locale::arguments why;
  if (at.state == photo_state::refused) why.emplace_back("reason", reason_of(to, at));
  add_line(text, to.html("photo.state_" + std::string(name_of(at.state)), why));
  if (!on_the_way.empty()) add_line(text, on_the_way);
  add_numbers(keys, facts, at.id);
  keys.row();
  if (at.position > 1) keys.callback(to.plain("photo_button.first"), data(press::photo_first, at.id.value));
  keys.callback(to.plain("photo_button.remove"), data(press::photo_ask, at.id.value));
  keys.row();
  const auto used =
      std::ranges::count_if(facts.all, [](const photo& one) { return one.state != photo_state::refused; });
  if (used + facts.on_their_way < most_photos)
    keys.callback(to.plain("photo_button.add"), std::string(press::photo_add));
  add_way_on(keys, to, facts.registering);
  return {text, keys.build(), to_picture(with, at)};
}

screen ask_removal(const view& to, const parts& with, const photo& what) {
  keyboard keys;
  keys.row().callback(to.plain("photo_button.remove_yes"), data(press::photo_remove, what.id.value));
  keys.callback(to.plain("photo_button.back"), data(press::photo_at, what.id.value));
  return {to.html("photo.ask_removal"), keys.build(), to_picture(with, what)};
}

screen ask_for_photo(const view& to, const addition_facts& facts) {
  keyboard keys;
  auto text = to.html(facts.photos < most_photos ? "photo.ask" : "photo.full");
  if (facts.photos > 0 && facts.photos < most_photos)
    add_line(text, to.html("photo.have", {{"count", facts.photos}}));
  if (facts.photos > 0) keys.row().callback(to.plain("photo_button.mine"), std::string(press::photos));
  add_way_on(keys.row(), to, facts.registering);
  return {text, keys.build()};
}

screen arrival(const view& to, const arrival_facts& facts) {
  std::string text;
  const auto line = [&](std::string_view key, int count) {
    if (count > 0) add_line(text, to.html(key, {{"count", count}}));
  };
  line("photo.added_shown", facts.shown);
  line("photo.added_waiting", facts.waiting);
  if (facts.waiting > 0 && !facts.registering && facts.left == 0) add_line(text, to.html("photo.meanwhile"));
  line("photo.doubles", facts.doubles);
  if (facts.refused_before) add_line(text, to.html("photo.refused_before"));
  for (const auto& [error, count] : facts.errors) {
    if (error != photo_error::full) add_line(text, to.html("photo_error." + std::string(name_of(error))));
  }
  if (facts.full || facts.errors.contains(photo_error::full)) add_line(text, to.html("photo_error.full"));
  if (facts.not_fetched) add_line(text, to.html("photo.not_fetched"));
  if (facts.not_prepared) add_line(text, to.html("photo.not_prepared"));
  if (facts.left > 0) {
    const bool first = text.empty() && facts.left == 1;
    add_line(text, first ? to.html("photo.looking") : to.html("photo.looking_left", {{"count", facts.left}}));
    return {text, {}};
  }
  if (facts.put_off) {
    add_line(text, to.html("photo.put_off"));
  } else {
    line("photo.on_the_way", facts.delayed);
  }
  if (facts.total > 0) add_line(text, to.html("photo.total", {{"count", facts.total}}));
  keyboard keys;
  if (facts.registering) add_way_on(keys.row(), to, true);
  keys.row();
  if (facts.total > 0) keys.callback(to.plain("photo_button.mine"), std::string(press::photos));
  if (facts.total < most_photos) keys.callback(to.plain("photo_button.add"), std::string(press::photo_add));
  return {text, keys.build()};
}

screen not_a_photo(const view& to, bool registering) {
  keyboard keys;
  add_way_on(keys.row(), to, registering);
  return {to.html("photo.not_a_photo"), keys.build()};
}

std::optional<screen> photo_shown(const view& to, const std::vector<photo>& all) {
  const auto count = [&](photo_state what) { return std::ranges::count(all, what, &photo::state); };
  if (count(photo_state::shown) == 0) return std::nullopt;
  auto text = to.html("photo.shown_notice", {{"shown", count(photo_state::shown)}});
  if (const auto waiting = count(photo_state::waiting))
    add_line(text, to.html("photo.shown_notice_waiting", {{"count", waiting}}));
  keyboard keys;
  keys.row().callback(to.plain("photo_button.mine"), std::string(press::photos));
  return screen{text, keys.build()};
}

std::optional<screen> photo_refused(const view& to, const parts& with, const photo& what) {
  if (what.state != photo_state::refused) return std::nullopt;
  keyboard keys;
  keys.row().callback(to.plain("photo_button.replace"), std::string(press::photo_add));
  keys.callback(to.plain("photo_button.remove"), data(press::photo_ask, what.id.value));
  return screen{to.html("photo.refused_notice", {{"reason", reason_of(to, what)},
                                                 {"advice", to.plain("photo_advice." + what.reason)}}),
                keys.build(), to_picture(with, what)};
}

namespace {

// What has become of it; nothing while it waits.
std::string decision_of(const view& to, const moderated_photo& what, const std::string& by) {
  if (what.banned) return to.html("photo_desk.banned");
  locale::arguments with;
  if (what.what.state == photo_state::refused) with.emplace_back("reason", reason_of(to, what.what));
  switch (what.what.state) {
    case photo_state::waiting: break;
    case photo_state::hidden: return to.html("photo_desk.decided_hidden");
    case photo_state::shown:
    case photo_state::refused: {
      auto key = "photo_desk.decided_" + std::string(name_of(what.what.state));
      if (!by.empty()) {
        key += "_by";
        with.emplace_back("who", by);
      }
      return to.html(key, with);
    }
  }
  return {};
}

std::string before_line(const view& to, const moderated_photo& before) {
  if (before.banned) return to.html("photo_desk.before_banned", {{"name", before.name}});
  if (before.what.state == photo_state::shown)
    return to.html("photo_desk.before_shown", {{"name", before.name}});
  if (before.what.state == photo_state::refused)
    return to.html("photo_desk.before_refused", {{"name", before.name}});
  return {};
}

void add_reasons(keyboard& keys, const view& to, photo_id what) {
  constexpr std::size_t in_a_row = 2;
  for (std::size_t i = 0; i < std::size(refuse_reasons); ++i) {
    if (i % in_a_row == 0) keys.row();
    keys.callback(to.plain("photo_reason." + std::string(refuse_reasons[i])),
                  data(press::desk_refuse, what.value, i));
  }
  keys.row().callback(to.plain("photo_desk.back"), data(press::desk_show, what.value));
}

}  // namespace

screen desk_card_screen(const view& to, const parts& with, const desk_facts& facts, desk_question about) {
  keyboard keys;
  const bool undoes = facts.before && !before_line(to, *facts.before).empty();
  if (!facts.at) {
    if (facts.waiting > 0)
      keys.row().callback(to.plain("photo_desk.next_waiting", {{"count", facts.waiting}}),
                          data(press::desk_next, 0));
    if (undoes)
      keys.row().callback(to.plain("photo_desk.undo_before"),
                          data(press::desk_undo, facts.before->what.id.value));
    return {to.html(facts.waiting > 0 ? "photo_desk.gone" : "photo_desk.empty"), keys.build()};
  }
  const auto& at = *facts.at;
  const auto id = at.what.id;
  const auto decision = decision_of(to, at, facts.decided_by);
  std::string text;
  if (decision.empty() && undoes) text = before_line(to, *facts.before) + "\n";
  add_line(text, telegram::bold(to.plain("photo_desk.title", {{"name", at.name}, {"age", at.age}})));
  add_line(text, to.html(at.new_account ? "photo_desk.place_new" : "photo_desk.place",
                         {{"place", at.what.position}, {"count", at.photos}}));
  if (at.what.suspicious) add_line(text, to.html("photo_desk.suspicious"));
  if (!decision.empty()) {
    add_line(text, decision);
    if (facts.waiting == 0) add_line(text, to.html("photo_desk.waiting", {{"count", 0}}));
    keys.row();
    if (at.banned || at.decided_by)
      keys.callback(to.plain("photo_desk.undo"), data(press::desk_undo, id.value));
    if (facts.waiting > 0)
      keys.callback(to.plain("photo_desk.next_waiting", {{"count", facts.waiting}}),
                    data(press::desk_next, id.value));
  } else if (about == desk_question::reason) {
    add_line(text, to.html("photo_desk.ask_reason"));
    add_reasons(keys, to, id);
  } else if (about == desk_question::ban) {
    add_line(text, to.html("photo_desk.ask_ban"));
    keys.row().callback(to.plain("photo_desk.yes_ban"), data(press::desk_ban, id.value));
    keys.callback(to.plain("photo_desk.back"), data(press::desk_show, id.value));
  } else {
    add_line(text, to.html("photo_desk.waiting", {{"count", facts.waiting}}));
    keys.row().callback(to.plain("photo_desk.approve"), data(press::desk_approve, id.value));
    keys.callback(to.plain("photo_desk.refuse"), data(press::desk_why, id.value));
    keys.row().callback(to.plain("photo_desk.ban"), data(press::desk_ask_ban, id.value));
    if (facts.waiting > 1) keys.callback(to.plain("photo_desk.next"), data(press::desk_next, id.value));
    if (undoes)
      keys.row().callback(to.plain("photo_desk.undo_before"),
                          data(press::desk_undo, facts.before->what.id.value));
  }
  return {text, keys.build(), to_picture(with, at.what)};
}

std::string digest_of(const screen& what) {
  text::stable_hash all;
  all.add_part(what.html);
  for (const auto& row : what.keyboard.inline_keyboard) {
    for (const auto& button : row) {
      all.add_part(button.text);
      all.add_part(button.callback_data);
    }
  }
  return fmt::format("{:016x}", all.value());
}

}  // namespace tandem::dating::bot
