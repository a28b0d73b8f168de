#include <unicode/calendar.h>
#include <unicode/dtptngen.h>
#include <unicode/gregocal.h>
#include <unicode/measfmt.h>
#include <unicode/numberformatter.h>
#include <unicode/reldatefmt.h>
#include <unicode/smpdtfmt.h>
#include <unicode/timezone.h>
#include <unicode/tznames.h>

#include <set>

#include "platform/locale/locale.hpp"

namespace tandem::locale {
namespace {

icu::UnicodeString to_icu(std::string_view text) {
  return icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
}

std::string to_utf8(const icu::UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

icu::Locale to_locale(std::string_view language) { return icu::Locale(std::string(language).c_str()); }

std::unique_ptr<icu::TimeZone> to_zone(std::string_view zone) {
  return std::unique_ptr<icu::TimeZone>(icu::TimeZone::createTimeZone(to_icu(zone)));
}

UDate to_udate(instant when) { return static_cast<double>(when.time_since_epoch().count()) / 1000.0; }

std::string say(std::string_view language, std::string_view zone, instant when, const char16_t* pattern) {
  UErrorCode status = U_ZERO_ERROR;
  icu::SimpleDateFormat format(icu::UnicodeString(pattern), to_locale(language), status);
  format.adoptTimeZone(to_zone(zone).release());
  icu::UnicodeString out;
  format.format(to_udate(when), out);
  return to_utf8(out);
}

// What a city is compared by: no case, no ё, only letters.
std::string plain_name(const icu::UnicodeString& name) {
  icu::UnicodeString folded(name);
  folded.foldCase();
  icu::UnicodeString out;
  for (int32_t i = 0; i < folded.length(); i = folded.moveIndex32(i, 1)) {
    const UChar32 c = folded.char32At(i);
    if (u_isalpha(c)) out.append(c == U'ё' ? static_cast<UChar32>(U'е') : c);
  }
  return to_utf8(out);
}

struct city {
  std::string name;
  std::string zone;
};

const std::vector<city>& cities() {
  static const auto all = [] {
    std::vector<city> out;
    UErrorCode status = U_ZERO_ERROR;
    const std::unique_ptr<icu::StringEnumeration> ids(icu::TimeZone::createTimeZoneIDEnumeration(
        UCAL_ZONE_TYPE_CANONICAL_LOCATION, nullptr, nullptr, status));
    const std::unique_ptr<icu::TimeZoneNames> ru(
        icu::TimeZoneNames::createInstance(icu::Locale("ru"), status));
    const std::unique_ptr<icu::TimeZoneNames> en(
        icu::TimeZoneNames::createInstance(icu::Locale("en"), status));
    while (const auto* id = ids->snext(status)) {
      const std::string zone = to_utf8(*id);
      for (const auto* names : {ru.get(), en.get()}) {
        icu::UnicodeString name;
        names->getExemplarLocationName(*id, name);
        if (!name.isBogus() && !name.isEmpty()) out.push_back({plain_name(name), zone});
      }
    }
    // Big Russian cities that the time-zone database has no zone of their own for (tz database, europe and
    // asia).
    for (const auto& [name, zone] :
         std::initializer_list<std::pair<const char16_t*, const char*>>{{u"мск", "Europe/Moscow"},
                                                                        {u"спб", "Europe/Moscow"},
                                                                        {u"питер", "Europe/Moscow"},
                                                                        {u"санктпетербург", "Europe/Moscow"},
                                                                        {u"saintpetersburg", "Europe/Moscow"},
                                                                        {u"казань", "Europe/Moscow"},
                                                                        {u"kazan", "Europe/Moscow"},
                                                                        {u"нижнийновгород", "Europe/Moscow"},
                                                                        {u"ростовнадону", "Europe/Moscow"},
                                                                        {u"краснодар", "Europe/Moscow"},
                                                                        {u"воронеж", "Europe/Moscow"},
                                                                        {u"уфа", "Asia/Yekaterinburg"},
                                                                        {u"пермь", "Asia/Yekaterinburg"},
                                                                        {u"челябинск", "Asia/Yekaterinburg"},
                                                                        {u"тюмень", "Asia/Yekaterinburg"},
                                                                        {u"алматы", "Asia/Almaty"}}) {
      out.push_back({plain_name(icu::UnicodeString(name)), zone});
    }
    return out;
  }();
  return all;
}

// "+5", "UTC+5", "GMT-03:30", "5:30" -> GMT±HH:MM; empty when it is no offset.
std::string offset_zone(std::string_view typed) {
  std::string text;
  for (const char c : typed) {
    if (c != ' ') text += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  for (const std::string_view prefix : {"UTC", "GMT"}) {
    if (text.starts_with(prefix)) text.erase(0, 3);
  }
  if (text.empty()) return typed.empty() ? "" : "GMT";
  char sign = '+';
  if (text[0] == '+' || text[0] == '-') {
    sign = text[0];
    text.erase(0, 1);
  }
  const auto colon = text.find(':');
  const std::string hours = text.substr(0, colon),
                    minutes = colon == std::string::npos ? "0" : text.substr(colon + 1);
  const auto digits = [](const std::string& part) {
    return !part.empty() && part.size() <= 2 && part.find_first_not_of("0123456789") == std::string::npos;
  };
  if (!digits(hours) || !digits(minutes)) return "";
  const int h = std::stoi(hours), m = std::stoi(minutes);
  if (h > 14 || m > 59) return "";
  std::string out = "GMT";
  out += sign;
  out += static_cast<char>('0' + h / 10);
  out += static_cast<char>('0' + h % 10);
  out += ':';
  out += static_cast<char>('0' + m / 10);
  out += static_cast<char>('0' + m % 10);
  return out;
}

}  // namespace

std::string say_date(std::string_view language, std::string_view zone, instant when) {
  return say(language, zone, when, language == "ru" ? u"d MMMM" : u"MMMM d");
}
std::string say_date_time(std::string_view language, std::string_view zone, instant when) {
  return say(language, zone, when, language == "ru" ? u"EEEE, d MMMM, HH:mm" : u"EEEE, MMMM d, HH:mm");
}
std::string say_time(std::string_view language, std::string_view zone, instant when) {
  return say(language, zone, when, u"HH:mm");
}

std::string say_ago(std::string_view language, std::chrono::microseconds age) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::RelativeDateTimeFormatter format(to_locale(language), nullptr, UDAT_STYLE_SHORT,
                                              UDISPCTX_CAPITALIZATION_NONE, status);
  const auto seconds =
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(age).count());
  icu::UnicodeString out;
  const auto [number, unit] = seconds < 60      ? std::pair(seconds, UDAT_REL_UNIT_SECOND)
                              : seconds < 3600  ? std::pair(seconds / 60, UDAT_REL_UNIT_MINUTE)
                              : seconds < 86400 ? std::pair(seconds / 3600, UDAT_REL_UNIT_HOUR)
                                                : std::pair(seconds / 86400, UDAT_REL_UNIT_DAY);
  if (seconds == 0) {
    // "now" in both languages comes from ICU, too.
    format.format(UDAT_DIRECTION_PLAIN, UDAT_ABSOLUTE_NOW, out, status);
  } else {
    const UDateRelativeUnit units[] = {UDAT_RELATIVE_SECONDS, UDAT_RELATIVE_MINUTES, UDAT_RELATIVE_HOURS,
                                       UDAT_RELATIVE_DAYS};
    const auto index = unit == UDAT_REL_UNIT_SECOND   ? 0
                       : unit == UDAT_REL_UNIT_MINUTE ? 1
                       : unit == UDAT_REL_UNIT_HOUR   ? 2
                                                      : 3;
    format.format(static_cast<double>(number), UDAT_DIRECTION_LAST, units[index], out, status);
  }
  return to_utf8(out);
}

std::string say_number(std::string_view language, double number) {
  UErrorCode status = U_ZERO_ERROR;
  return to_utf8(icu::number::NumberFormatter::withLocale(to_locale(language))
                     .precision(icu::number::Precision::maxFraction(2))
                     .formatDouble(number, status)
                     .toString(status));
}

std::vector<std::string> find_zones(std::string_view typed) {
  std::vector<std::string> out;
  if (typed.empty() || typed.size() > 100) return out;
  if (auto offset = offset_zone(typed); !offset.empty()) return {offset};
  if (is_zone(typed)) return {std::string(typed)};
  const auto wanted = plain_name(to_icu(typed));
  if (wanted.size() < 2) return out;
  std::set<std::string> seen;
  for (const bool exact : {true, false}) {
    if (!out.empty()) break;  // a prefix counts only when no name fits whole
    for (const auto& [name, zone] : cities()) {
      const bool fits = exact ? name == wanted : wanted.size() >= 6 && name.starts_with(wanted);
      if (fits && out.size() < 5 && seen.insert(zone).second) out.push_back(zone);
    }
  }
  return out;
}

bool is_zone(std::string_view zone) {
  const auto found = to_zone(zone);
  return *found != icu::TimeZone::getUnknown();
}

int offset_minutes(std::string_view zone, instant when) {
  UErrorCode status = U_ZERO_ERROR;
  int32_t raw = 0, dst = 0;
  to_zone(zone)->getOffset(to_udate(when), false, raw, dst, status);
  return (raw + dst) / 60'000;
}

std::string say_zone(std::string_view language, std::string_view zone, instant now) {
  UErrorCode status = U_ZERO_ERROR;
  const int minutes = offset_minutes(zone, now);
  std::string offset = minutes < 0 ? "UTC−" : "UTC+";
  const int size = std::abs(minutes);
  offset += std::to_string(size / 60);
  if (size % 60) offset += ":" + std::string(size % 60 < 10 ? "0" : "") + std::to_string(size % 60);
  const std::unique_ptr<icu::TimeZoneNames> names(
      icu::TimeZoneNames::createInstance(to_locale(language), status));
  icu::UnicodeString name;
  names->getExemplarLocationName(to_icu(zone), name);
  if (name.isBogus() || name.isEmpty() || zone.starts_with("GMT")) return offset;
  return to_utf8(name) + " (" + offset + ")";
}

}  // namespace tandem::locale
