#include "hunt/posts/contacts.hpp"

#include <tuple>

#include "hunt/sources/source_name.hpp"

namespace tandem::hunt {
namespace {

// Words of a line that says where to respond, and of one that praises a channel. Stems are compared.
constexpr std::string_view response_words[] = {
    "пишите",      "писать",       "напишите",  "написать",    "пиши",      "отклик",    "откликнуться",
    "откликаться", "откликайтесь", "контакт",   "контакты",    "связь",     "связаться", "резюме",
    "cv",          "лс",           "личку",     "личные",      "телеграм",  "telegram",  "tg",
    "тг",          "contact",      "apply",     "dm",          "hr",        "рекрутер",  "присылайте",
    "присылать",   "отправляйте",  "отправить", "портфолио",   "анкета",    "анкету",    "заявка",
    "звоните",     "телефон",      "вопросы",   "подробности", "подробнее", "respond",   "send",
    "write",       "email",        "почта",     "почту"};
constexpr std::string_view channel_words[] = {
    "канал", "подписывайтесь", "подписаться", "подпишись",  "подписка",   "channel", "subscribe",
    "чат",   "каталог",        "реклама",     "разместить", "размещение", "бот"};

enum class rank : std::uint8_t { telegram, email, phone, link };

struct candidate {
  bool praises = false;   // on a line that advertises and says nothing of responding
  bool responds = false;  // on a line that speaks of responding
  rank kind = rank::link;
  std::size_t offset = 0;
  contact what;

  auto order() const { return std::tuple(praises, !responds, kind, offset); }
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "t.me/anna", "https://t.me/anna?text=…", "tg://resolve?domain=anna" → anna; "t.me/+79…" is a phone; posts,
// invites and everything else of Telegram are no person.
std::optional<std::string> telegram_name(std::string_view address) {
  for (const std::string_view start : {"https://", "http://", "www."}) {
    if (address.starts_with(start)) address.remove_prefix(start.size());
  }
  std::string_view name;
  if (address.starts_with("tg://resolve?domain=")) {
    name = address.substr(20, address.find('&', 20) - 20);
  } else if (address.starts_with("t.me/") || address.starts_with("telegram.me/")) {
    const auto path = address.substr(address.find('/') + 1);
    const auto end = path.find_first_of("/?#");
    if (end != std::string_view::npos && path[end] == '/' && end + 1 < path.size()) return std::nullopt;
    name = path.substr(0, end);
  }
  return is_username(name) ? std::optional(lower(name)) : std::nullopt;
}

bool is_telegram_address(std::string_view address) {
  return address.contains("t.me/") || address.starts_with("tg://") || address.contains("telegram.me/");
}

// +7 (999) 123-45-67, 8 999 1234567: ten to fifteen digits; without a plus only Russian mobile numbers, so
// that sums and ids are left alone. Empty: no phone number starts here. `length`: its bytes.
std::string phone_at(std::string_view text, std::size_t& length) {
  std::string digits;
  const bool plus = text.starts_with('+');
  std::size_t at = plus ? 1 : 0, end = 0;
  for (std::size_t gap = 0; at < text.size() && digits.size() < 16; ++at) {
    if (is_digit(text[at])) {
      digits += text[at];
      end = at + 1;
      gap = 0;
    } else if (!std::string_view(" ()-").contains(text[at]) || ++gap > 2) {
      break;
    }
  }
  length = end;
  if (plus) return digits.size() >= 10 && digits.size() <= 15 ? "+" + digits : std::string();
  const bool mobile = digits.size() == 11 && (digits[0] == '8' || digits[0] == '7') && digits[1] == '9';
  return mobile ? "+7" + digits.substr(1) : std::string();
}

std::string cut_key(std::string key) {
  if (key.size() > 200) {
    key.resize(200);
    while ((static_cast<unsigned char>(key.back()) & 0xC0) == 0x80) key.pop_back();
    key.pop_back();
  }
  return key;
}

class search {
 public:
  using word_set = std::unordered_set<std::string>;
  search(const channel_post& post, const text::token_list& words, std::string_view channel,
         text::stemmer& stems, const word_set& response, const word_set& praise)
      : post_(post),
        words_(words),
        channel_(lower(channel)),
        stems_(stems),
        response_(response),
        praise_(praise) {
    for (const auto& word : words) {
      if (word.line >= lines_.size()) lines_.resize(word.line + 1u);
      note(word, lines_[word.line]);
    }
  }

  std::optional<contact> best() {
    for (const auto& word : words_) {
      const std::string_view written = std::string_view(post_.text).substr(word.offset, word.length);
      if (word.kind == text::token_kind::mention)
        add_person(written.substr(1), word.offset, lines_[word.line]);
      if (word.kind == text::token_kind::email) add_email(written, word.offset, lines_[word.line]);
      if (word.kind == text::token_kind::link) add_address(written, word.offset, lines_[word.line]);
    }
    add_phones();
    for (const auto& link : post_.links) add_link(link);
    const auto first = std::ranges::min_element(found_, {}, &candidate::order);
    return first == found_.end() ? std::nullopt : std::optional(std::move(first->what));
  }

 private:
  struct line_signs {
    bool responds = false, praises = false;
  };

  void note(const text::token& word, line_signs& line) const {
    if (word.kind != text::token_kind::word && word.kind != text::token_kind::hashtag) return;
    line.responds = line.responds || response_.contains(word.stem);
    line.praises = line.praises || praise_.contains(word.stem);
  }

  void add(rank kind, std::size_t offset, line_signs line, std::string url, std::string key) {
    candidate one;
    one.praises = line.praises && !line.responds;
    one.responds = line.responds;
    one.kind = kind;
    one.offset = offset;
    one.what.url = std::move(url);
    one.what.author_key = cut_key(std::move(key));
    found_.push_back(std::move(one));
  }

  void add_person(std::string_view written, std::size_t offset, line_signs line) {
    if (!is_username(written)) return;
    const auto name = lower(written);
    if (name == channel_) return;
    add(rank::telegram, offset, line, "https://t.me/" + name, "@" + name);
  }

  void add_email(std::string_view written, std::size_t offset, line_signs line) {
    const auto address = lower(written);
    add(rank::email, offset, line, "mailto:" + address, "mail:" + address);
  }

  void add_address(std::string_view written, std::size_t offset, line_signs line) {
    while (!written.empty() && std::string_view(".,;:!?").contains(written.back())) written.remove_suffix(1);
    if (const auto name = telegram_name(written)) return add_person(*name, offset, line);
    if (written.starts_with("mailto:"))
      return add_email(written.substr(7, written.find('?') - 7), offset, line);
    if (is_telegram_address(written)) return;
    const auto scheme = written.find("://");
    const auto bare = scheme == std::string_view::npos ? written : written.substr(scheme + 3);
    const auto path = bare.substr(0, bare.find_first_of("?#"));
    const auto host_end = std::min(path.find('/'), path.size());
    std::string key = "link:" + lower(path.substr(0, host_end)) + std::string(path.substr(host_end));
    std::string url = scheme == std::string_view::npos ? "https://" : "";
    add(rank::link, offset, line, url.append(written), std::move(key));
  }

  void add_link(const post_link& link) {
    const auto at = link.text.empty() ? std::string::npos : post_.text.find(link.text);
    line_signs line;
    if (at != std::string::npos) {
      const auto after =
          std::ranges::find_if(words_, [&](const text::token& word) { return word.offset >= at; });
      if (after != words_.end()) line = lines_[after->line];
    }
    for (const auto& word : text::split(link.text, stems_, 64)) note(word, line);  // a button has no line
    add_address(link.url, at, line);
  }

  void add_phones() {
    const std::string_view text = post_.text;
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] != '+' && !is_digit(text[at])) continue;
      std::size_t length = 0;
      const auto number = phone_at(text.substr(at), length);
      if (!number.empty()) {
        const auto after =
            std::ranges::find_if(words_, [&](const text::token& word) { return word.offset >= at; });
        const auto line = after == words_.end() ? line_signs{} : lines_[after->line];
        add(rank::phone, at, line, "tel:" + number, "tel:" + number);
      }
      at += std::max<std::size_t>(length, 1) - 1;
      while (at + 1 < text.size() && is_digit(text[at + 1])) ++at;
    }
  }

  const channel_post& post_;
  const text::token_list& words_;
  std::string channel_;
  text::stemmer& stems_;
  const word_set& response_;
  const word_set& praise_;
  std::vector<line_signs> lines_{1};
  std::vector<candidate> found_;
};

}  // namespace

contact_finder::contact_finder(text::stemmer& stems) : stems_(stems) {
  for (const auto word : response_words) response_stems_.emplace(stems.stem(text::fold(word)));
  for (const auto word : channel_words) praise_stems_.emplace(stems.stem(text::fold(word)));
}

contact contact_finder::find(const channel_post& post, const text::token_list& words,
                             std::string_view channel) const {
  search named(post, words, channel, stems_, response_stems_, praise_stems_);
  contact out;
  if (auto found = named.best()) out = *std::move(found);
  // Who wrote it is known better than who is named in it; by the same name as in a text, so that an author is
  // the same in a chat and in a channel.
  if (!post.author_username.empty()) {
    out.author_key = "@" + lower(post.author_username);
    if (out.url.empty()) out.url = "https://t.me/" + lower(post.author_username);
  } else if (post.author_id != 0) {
    out.author_key = "tg:" + std::to_string(post.author_id);
  } else if (!out.author_key.empty()) {
    return out;
  } else if (!post.signature.empty()) {
    // A first name is no key over all channels.
    out.author_key = cut_key("sig:" + lower(channel) + "/" + text::fold(post.signature));
  } else if (!post.forwarded_url.empty() || !post.forwarded_from.empty()) {
    std::string_view origin = post.forwarded_url;
    if (const auto host = origin.find("t.me/"); host != std::string_view::npos) {
      origin = origin.substr(host + 5);
      origin = origin.substr(0, origin.find_first_of("/?#"));
    }
    out.author_key = cut_key("from:" + (origin.empty() ? text::fold(post.forwarded_from) : lower(origin)));
    out.url = post.forwarded_url;
  }
  return out;
}

}  // namespace tandem::hunt
