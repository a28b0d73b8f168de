#include "sandbox/preview.hpp"

#include <boost/json.hpp>
#include <ctime>

#include "async/within.hpp"
#include "sandbox/arguments.hpp"
#include "sandbox/control.hpp"

namespace tandem::sandbox {

namespace json = boost::json;

namespace {

constexpr std::size_t posts_per_page = 20;

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

// 950, 4.85K, 1.2M
std::string short_count(std::int64_t count) {
  if (count < 1000) return std::to_string(count);
  const bool millions = count >= 1'000'000;
  const std::int64_t hundredths = count / (millions ? 10'000 : 10);
  std::string out = std::to_string(hundredths / 100);
  std::string rest = std::to_string(100 + hundredths % 100).substr(1);
  while (rest.ends_with('0')) rest.pop_back();
  if (!rest.empty()) out += "." + rest;
  return out + (millions ? "M" : "K");
}

std::string utc_text(std::int64_t unix, const char* format) {
  const auto time = static_cast<std::time_t>(unix);
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

std::string time_tag(std::int64_t unix) {
  return "<time datetime=\"" + utc_text(unix, "%Y-%m-%dT%H:%M:%S+00:00") + "\" class=\"time\">" +
         utc_text(unix, "%H:%M") + "</time>";
}

// Where an entity begins and ends, as bytes of the text.
class byte_offsets {
 public:
  explicit byte_offsets(std::string_view text) : text_(text) {}
  // Offsets must be asked for in ascending order.
  std::size_t at(int utf16) {
    while (utf16_ < utf16 && byte_ < text_.size()) {
      utf16_ += static_cast<unsigned char>(text_[byte_]) >= 0xf0 ? 2 : 1;
      ++byte_;
      while (byte_ < text_.size() && (static_cast<unsigned char>(text_[byte_]) & 0xc0) == 0x80) ++byte_;
    }
    return byte_;
  }

 private:
  std::string_view text_;
  std::size_t byte_ = 0;
  int utf16_ = 0;
};

struct tag {
  std::string open, close;
};

tag tag_of(const entity& one, std::string_view text) {
  switch (one.kind) {
    case entity_kind::bold: return {"<b>", "</b>"};
    case entity_kind::italic: return {"<i>", "</i>"};
    case entity_kind::underline: return {"<u>", "</u>"};
    case entity_kind::strikethrough: return {"<s>", "</s>"};
    case entity_kind::spoiler: return {"<tg-spoiler>", "</tg-spoiler>"};
    case entity_kind::blockquote: return {"<blockquote>", "</blockquote>"};
    case entity_kind::expandable_blockquote: return {"<blockquote expandable>", "</blockquote>"};
    case entity_kind::code: return {"<code>", "</code>"};
    case entity_kind::pre: return {"<pre>", "</pre>"};
    case entity_kind::custom_emoji:
      return {"<tg-emoji emoji-id=\"" + escaped(one.argument) + "\">", "</tg-emoji>"};
    case entity_kind::hashtag: {
      std::string encoded = "%23";
      for (const char c : text.substr(1)) {
        constexpr std::string_view hex = "0123456789ABCDEF";
        encoded += '%';
        encoded += hex[static_cast<unsigned char>(c) >> 4];
        encoded += hex[static_cast<unsigned char>(c) & 15];
      }
      return {"<a href=\"?q=" + encoded + "\">", "</a>"};
    }
    case entity_kind::mention:
      return {"<a href=\"https://t.me/" + escaped(text.substr(1)) + "\" target=\"_blank\">", "</a>"};
    case entity_kind::email: return {"<a href=\"mailto:" + escaped(text) + "\">", "</a>"};
    case entity_kind::url:
    case entity_kind::text_link: {
      const std::string link = one.kind == entity_kind::url ? checked_link(text) : one.argument;
      return {"<a href=\"" + escaped(link) + "\" target=\"_blank\" rel=\"noopener\">", "</a>"};
    }
    default: return {};
  }
}

}  // namespace

std::string preview_html(const formatted& text) {
  std::string out;
  const std::string_view all = text.text;
  byte_offsets offsets(all);
  struct mark {
    std::size_t end;
    std::string close;
  };
  std::vector<mark> open;
  std::size_t done = 0;
  const auto write_to = [&](std::size_t upto) {
    for (; done < upto; ++done) {
      if (all[done] == '\n')
        out += "<br/>";
      else
        out += escaped(all.substr(done, 1));
    }
  };
  const auto close_before = [&](std::size_t upto) {
    while (!open.empty() && open.back().end <= upto) {
      write_to(open.back().end);
      out += open.back().close;
      open.pop_back();
    }
  };
  for (const auto& one : text.entities) {
    const std::size_t begin = offsets.at(one.offset);
    byte_offsets ahead = offsets;
    const std::size_t end = ahead.at(one.offset + one.length);
    close_before(begin);
    write_to(begin);
    tag made = tag_of(one, all.substr(begin, end - begin));
    if (made.open.empty()) continue;
    out += made.open;
    // What would reach over its parent ends with it: pages are well formed.
    open.push_back({open.empty() ? end : std::min(end, open.back().end), std::move(made.close)});
  }
  close_before(all.size());
  write_to(all.size());
  return out;
}

void preview_pages::append_block(std::string& out, const chat& in, std::span<const message* const> album,
                                 const std::string& origin) const {
  const message& first = *album.front();
  const std::string name = escaped(in.username);
  const std::string link = "https://t.me/" + name + "/" + std::to_string(first.id);
  const auto extra = json::parse("{" + first.extra + "}");
  const auto& members = extra.as_object();

  out +=
      "<div class=\"tgme_widget_message_wrap js-widget_message_wrap\">\n"
      "<div class=\"tgme_widget_message text_not_supported_wrap js-widget_message\" data-post=\"" +
      name + "/" + std::to_string(first.id) +
      "\" data-view=\"sandbox\">\n<div class=\"tgme_widget_message_bubble\">\n";
  out +=
      "<div class=\"tgme_widget_message_author accent_color\"><a class=\"tgme_widget_message_owner_name\" "
      "href=\"https://t.me/" +
      name + "\"><span dir=\"auto\">" + escaped(in.title) + "</span></a></div>\n";
  if (const auto* origin_value = members.if_contains("forward_origin")) {
    const auto& from = origin_value->as_object();
    out += "<div class=\"tgme_widget_message_forwarded_from accent_color\">Forwarded from&nbsp;";
    if (const auto* source = from.if_contains("chat")) {
      const auto& it = source->as_object();
      out += "<a class=\"tgme_widget_message_forwarded_from_name\" href=\"https://t.me/" +
             escaped(text_in(it, "username")) + "/" + std::to_string(number_in(from, "message_id")) +
             "\"><span dir=\"auto\">" + escaped(text_in(it, "title")) + "</span></a>";
    } else {
      std::string who = text_in(from, "sender_user_name");
      if (const auto* user = from.if_contains("sender_user")) who = text_in(user->as_object(), "first_name");
      out += "<span class=\"tgme_widget_message_forwarded_from_name\"><span dir=\"auto\">" + escaped(who) +
             "</span></span>";
    }
    out += "</div>\n";
  }
  if (const auto target = in.messages.find(first.reply_to); target != in.messages.end()) {
    out += "<a class=\"tgme_widget_message_reply user-color-default\" href=\"https://t.me/" + name + "/" +
           std::to_string(target->first) +
           "\"><div class=\"tgme_widget_message_text js-message_reply_text\" dir=\"auto\">" +
           escaped(target->second.text.text) + "</div></a>\n";
  }

  if (album.size() > 1)
    out +=
        "<div class=\"tgme_widget_message_grouped_wrap js-message_grouped_wrap\"><div "
        "class=\"tgme_widget_message_grouped js-message_grouped\">\n";
  const message* captioned = &first;
  for (const message* item : album) {
    if (!item->text.text.empty()) captioned = item;
    const std::string own =
        "https://t.me/" + name + "/" + std::to_string(item->id) + (album.size() > 1 ? "?single" : "");
    if (item->kind == content::photo) {
      out += "<a class=\"tgme_widget_message_photo_wrap\" href=\"" + own +
             "\" style=\"width:800px;background-image:url('" + origin + "/sandbox/v1/files/" +
             escaped(item->file) + "')\"></a>\n";
    } else if (item->kind == content::document) {
      const stored_file* file = world_.find_file(item->file);
      out += "<a class=\"tgme_widget_message_document_wrap\" href=\"" + own +
             "\"><div class=\"tgme_widget_message_document\"><div class=\"tgme_widget_message_document_title "
             "accent_color\" dir=\"auto\">" +
             escaped(file ? file->name : "") +
             "</div><div class=\"tgme_widget_message_document_extra\" dir=\"auto\">" +
             std::to_string(file ? (file->size + 1023) / 1024 : 0) + " KB</div></div></a>\n";
    } else if (item->kind == content::other) {
      out +=
          "<div class=\"message_media_not_supported_wrap\"><div class=\"message_media_not_supported\">"
          "<div class=\"message_media_not_supported_label\">Please open Telegram to view this "
          "post</div></div></div>\n";
    }
  }
  if (album.size() > 1) out += "</div></div>\n";
  if (!captioned->text.text.empty()) {
    const std::string body = preview_html(captioned->text);
    const std::string open = "<div class=\"tgme_widget_message_text js-message_text\" dir=\"auto\">";
    // Captions of albums stand in two equal elements, one in the other.
    out += album.size() > 1 ? open + open + body + "</div></div>\n" : open + body + "</div>\n";
  }

  out +=
      "<div class=\"tgme_widget_message_footer compact js-message_footer\"><div "
      "class=\"tgme_widget_message_info short js-message_info\">";
  const std::int64_t age = std::max<std::int64_t>(0, world_.now_unix() - first.date);
  const std::int64_t views = 1 + in.subscribers * std::min<std::int64_t>(age, 86'400) / 86'400;
  out += "<span class=\"tgme_widget_message_views\">" + short_count(views) + "</span>";
  out += "<span class=\"copyonly\"> views</span><span class=\"tgme_widget_message_meta\">";
  if (const auto* signature = members.if_contains("author_signature")) {
    out += "<span class=\"tgme_widget_message_from_author\" dir=\"auto\">" + escaped(signature->as_string()) +
           "</span>, ";
  }
  if (std::ranges::any_of(album, [](const message* one) { return one->edit_date != 0; }))
    out += "edited&nbsp; ";
  out += "<a class=\"tgme_widget_message_date\" href=\"" + link + "\">" + time_tag(first.date) +
         "</a></span></div></div>\n";
  out += "</div>\n</div>\n</div>\n";
}

std::string preview_pages::page_of(const chat& in, std::int64_t before, std::int64_t after,
                                   const std::string& origin) const {
  // Ascending, about a page full; an album is not torn.
  std::vector<const message*> page;
  const auto& all = in.messages;
  auto begin = all.begin(), end = all.end();
  if (after > 0) {
    begin = all.upper_bound(after);
    end = begin;
    for (std::size_t i = 0; i < posts_per_page && end != all.end(); ++i) ++end;
  } else {
    if (before > 0) end = all.lower_bound(before);
    begin = end;
    for (std::size_t i = 0; i < posts_per_page && begin != all.begin(); ++i) --begin;
  }
  for (auto one = begin; one != end; ++one) page.push_back(&one->second);
  const bool older = begin != all.begin() && !page.empty();
  const bool newer = end != all.end() && !page.empty();

  const std::string name = escaped(in.username), title = escaped(in.title);
  const auto link = [&](const char* which, std::int64_t id) {
    return "/s/" + name + "?" + which + "=" + std::to_string(id);
  };
  std::string out = "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n<title>" + title +
                    " – Telegram</title>\n<meta property=\"og:title\" content=\"" + title +
                    "\">\n"
                    "<meta property=\"og:description\" content=\"" +
                    escaped(in.description) +
                    "\">\n"
                    "<link rel=\"canonical\" href=\"/s/" +
                    name + "\">\n";
  if (older) out += "<link rel=\"prev\" href=\"" + link("before", page.front()->id) + "\">\n";
  if (newer) out += "<link rel=\"next\" href=\"" + link("after", page.back()->id) + "\">\n";
  out +=
      "</head>\n<body class=\"widget_frame_base tgme_webpreview\">\n<div class=\"tgme_page_widget\">\n"
      "<div class=\"tgme_channel_info\">\n<div class=\"tgme_channel_info_header\">"
      "<div class=\"tgme_channel_info_header_title\"><span dir=\"auto\">" +
      title +
      "</span></div>"
      "<div class=\"tgme_channel_info_header_username\"><a href=\"https://t.me/" +
      name + "\">@" + name +
      "</a></div></div>\n"
      "<div class=\"tgme_channel_info_counters\"><div class=\"tgme_channel_info_counter\"><span "
      "class=\"counter_value\">" +
      short_count(in.subscribers) + "</span> <span class=\"counter_type\">subscribers</span></div></div>\n";
  if (!in.description.empty())
    out += "<div class=\"tgme_channel_info_description\">" + escaped(in.description) + "</div>\n";
  out += "</div>\n<main class=\"tgme_main\" data-url=\"/" + name +
         "\">\n<section class=\"tgme_channel_history js-message_history\">\n";
  if (page.empty()) {
    out += "<div class=\"tme_no_messages_found\">No posts found</div>\n";
  } else {
    if (older) {
      const std::string id = std::to_string(page.front()->id);
      out += "<div class=\"tgme_widget_message_centered js-messages_more_wrap\"><a href=\"" +
             link("before", page.front()->id) +
             "\" class=\"tme_messages_more js-messages_more\" data-before=\"" + id + "\"></a></div>\n";
    }
    const auto group_of = [](const message& one) -> std::string {
      const auto at = one.extra.find("\"media_group_id\":\"");
      return at == std::string::npos ? "" : one.extra.substr(at + 18, one.extra.find('"', at + 18) - at - 18);
    };
    for (std::size_t i = 0; i < page.size();) {
      std::size_t last = i + 1;
      const std::string group = group_of(*page[i]);
      while (!group.empty() && last < page.size() && group_of(*page[last]) == group) ++last;
      append_block(out, in, std::span(page).subspan(i, last - i), origin);
      i = last;
    }
    if (newer) {
      const std::string id = std::to_string(page.back()->id);
      out += "<div class=\"tgme_widget_message_centered js-messages_more_wrap\"><a href=\"" +
             link("after", page.back()->id) +
             "\" class=\"tme_messages_more js-messages_more\" data-after=\"" + id + "\"></a></div>\n";
    }
  }
  return out + "</section>\n</main>\n</div>\n</body>\n</html>\n";
}

namespace {

// The address under which the reader found us, for the pictures.
std::string origin_of(const http::request& what) {
  const auto host = what.headers.value_or("host", "");
  return host.empty() ? std::string() : "http://" + escaped(host);
}

http::response redirect(const std::string& to) {
  http::response out;
  out.status = 302;
  out.headers.add("Location", to);
  return out;
}

}  // namespace

task<http::response> preview_pages::channel(http::request what) {
  const std::string name(what.path_value("name"));
  if (const auto struck = faults_.empty() ? std::nullopt : faults_.strike_page(name)) {
    if (struck->kind == "hang" || struck->kind == "slow") {
      const auto wait = std::chrono::nanoseconds(static_cast<std::int64_t>(struck->seconds * 1e9));
      co_await async::sleep_for(wait);
      if (struck->kind == "hang")
        co_return http::response::html(504, "<html><body>504 Gateway Time-out</body></html>");
    } else {
      auto out =
          http::response::html(struck->kind == "429" ? 429 : 502, "<html><body><h1>Sorry</h1></body></html>");
      if (struck->kind == "429") out.headers.add("Retry-After", std::to_string(struck->retry_after));
      co_return out;
    }
  }
  const chat* found = world_.chat_by_name(name);
  if (!found || found->type != chat_type::channel || !found->preview) co_return redirect("/" + name);
  auto out = http::response::html(
      200, page_of(*found, query_number(what, "before"), query_number(what, "after"), origin_of(what)));
  out.headers.add("Cache-Control", "no-store");
  co_return out;
}

task<http::response> preview_pages::post(http::request what) {
  const chat* found = world_.chat_by_name(what.path_value("name"));
  const json::value digits(what.path_value("id"));
  const auto id = scalar_integer(&digits).value_or(0);
  if (!found || found->type != chat_type::channel || id <= 0)
    co_return http::response::text(404, "Not Found");
  std::string body =
      "<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"><title>Telegram Widget</title></head>\n<body "
      "class=\"widget_frame_base\">\n";
  const auto one = found->messages.find(id);
  if (one == found->messages.end() || !found->preview) {
    body += "<div class=\"tgme_widget_message_error\">Post not found</div>\n";
  } else {
    const message* alone[] = {&one->second};
    append_block(body, *found, alone, origin_of(what));
  }
  co_return http::response::html(200, body + "</body>\n</html>\n");
}

}  // namespace tandem::sandbox
