#include "dating/bot/typed_words.hpp"

#include <algorithm>
#include <charconv>

#include "base/text/fold.hpp"

namespace tandem::dating::bot {
namespace {

constexpr std::size_t longest_typed = 200;  // bytes; no label is nearly as long

// What people say, and the labels that it may stand for: the first of them that is shown.
struct meaning {
  std::string_view words;
  std::string_view labels[3];
  bool way = false;
};
constexpr meaning meanings[] = {
    {"word.woman", {"registration.woman", "registration.women"}},
    {"word.man", {"registration.man", "registration.men"}},
    {"word.anyone", {"registration.anyone"}},
    {"word.on", {"registration.skip", "registration.done"}, true},
    {"word.back", {"button.back"}, true},
    {"word.cancel", {"registration.cancel"}, true},
    {"word.yes", {"registration.publish", "registration.cancel_yes", "deletion.yes"}},
    {"word.no", {"registration.change", "registration.go_on"}},
};

// The stems of words and numbers, a space between them.
std::string key_of(std::string_view text, text::stemmer& stems) {
  std::string key;
  for (const auto& one : text::split(text, stems)) {
    if (one.kind == text::token_kind::sign) continue;
    if (!key.empty()) key += ' ';
    key += one.stem;
  }
  return key;
}

// A label without its count.
std::string_view bare(std::string_view label) { return label.substr(0, label.find(" · ")); }

const telegram::inline_button* labelled(const screen& shown, std::string_view key, text::stemmer& stems) {
  for (const auto& row : shown.keyboard.inline_keyboard) {
    for (const auto& one : row) {
      if (one.callback_data.empty()) continue;
      if (key_of(bare(one.text), stems) == key || key_of(one.text, stems) == key) return &one;
    }
  }
  return nullptr;
}

// The words are a list with commas, in each language.
bool among(const view& to, std::string_view words, std::string_view key, text::stemmer& stems) {
  for (const auto& language : to.texts.languages()) {
    const auto all = view{to.texts, to.product, language, to.zone, to.now}.plain(words);
    for (std::size_t from = 0; from < all.size();) {
      const auto end = std::min(all.find(',', from), all.size());
      if (key_of(std::string_view(all).substr(from, end - from), stems) == key) return true;
      from = end + 1;
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> pressed_by_words(const view& to, const screen& shown, std::string_view typed) {
  if (typed.size() > longest_typed) return std::nullopt;
  text::stemmer stems;
  const auto key = key_of(typed, stems);
  if (key.empty()) return std::nullopt;
  if (const auto* found = labelled(shown, key, stems)) return found->callback_data;
  for (const auto& one : meanings) {
    if (!among(to, one.words, key, stems)) continue;
    for (const auto label : one.labels) {
      if (label.empty()) continue;
      const auto* found = labelled(shown, key_of(to.plain(label), stems), stems);
      if (found) return found->callback_data;
    }
  }
  return std::nullopt;
}

std::optional<std::string> pressed_by_number(const screen& shown, std::string_view prefix,
                                             std::string_view typed) {
  int wanted = 0;
  const auto [end, failed] = std::from_chars(typed.data(), typed.data() + typed.size(), wanted);
  if (failed != std::errc() || end != typed.data() + typed.size()) return std::nullopt;
  for (const auto& row : shown.keyboard.inline_keyboard) {
    for (const auto& one : row) {
      if (one.callback_data.starts_with(prefix) && --wanted == 0) return one.callback_data;
    }
  }
  return std::nullopt;
}

bool says_a_way(const view& to, std::string_view typed) {
  if (typed.size() > longest_typed) return false;
  text::stemmer stems;
  const auto key = key_of(typed, stems);
  return std::ranges::any_of(meanings,
                             [&](const meaning& one) { return one.way && among(to, one.words, key, stems); });
}

}  // namespace tandem::dating::bot
