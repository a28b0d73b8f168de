#include <unicode/messagepattern.h>
#include <unicode/msgfmt.h>
#include <unicode/unistr.h>

#include <toml++/toml.h>
#include <filesystem>
#include <set>
#include <stdexcept>

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

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

using by_key = std::map<std::string, std::string, std::less<>>;

void flatten(const toml::table& table, const std::string& prefix, by_key& into,
             std::vector<std::string>& mistakes) {
  for (const auto& [name, node] : table) {
    const std::string key = prefix.empty() ? std::string(name.str()) : prefix + "." + std::string(name.str());
    if (const auto* inner = node.as_table()) {
      flatten(*inner, key, into, mistakes);
    } else if (const auto* text = node.as_string()) {
      if (!into.emplace(key, text->get()).second) mistakes.push_back(key + ": written twice");
    } else {
      mistakes.push_back(key + ": write the text as a string");
    }
  }
}

// The argument names of a pattern: they must be the same in every language.
std::set<std::string> argument_names(const icu::UnicodeString& pattern, UErrorCode& status) {
  std::set<std::string> names;
  const icu::MessagePattern parsed(pattern, nullptr, status);
  if (U_FAILURE(status)) return names;
  for (int i = 0; i < parsed.countParts(); ++i) {
    const auto& part = parsed.getPart(i);
    if (part.getType() == UMSGPAT_PART_TYPE_ARG_NAME) names.insert(to_utf8(parsed.getSubstring(part)));
  }
  return names;
}

class loaded_texts final : public texts {
 public:
  explicit loaded_texts(const std::string& folder) {
    std::vector<std::string> mistakes;
    std::map<std::string, by_key> all;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.is_directory()) languages_.push_back(entry.path().filename());
    }
    std::ranges::sort(languages_);
    if (languages_.empty()) throw std::runtime_error(folder + ": no language folders");
    for (const auto& language : languages_) {
      for (const auto& file : std::filesystem::directory_iterator(folder + "/" + language)) {
        if (file.path().extension() != ".toml") continue;
        try {
          flatten(toml::parse_file(file.path().string()), "", all[language], mistakes);
        } catch (const toml::parse_error& error) {
          mistakes.push_back(fmt_error(file.path().string(), error));
        }
      }
    }
    compile(all, mistakes);
    if (mistakes.empty()) return;
    std::string report = folder + " has mistakes:";
    for (const auto& mistake : mistakes) report += "\n  " + mistake;
    throw std::runtime_error(report);
  }

  std::string html(std::string_view language, std::string_view key, const arguments& with) const override {
    return format(language, key, with, true);
  }
  std::string plain(std::string_view language, std::string_view key, const arguments& with) const override {
    return format(language, key, with, false);
  }
  bool has(std::string_view key) const override { return formats_.front().contains(key); }
  const std::vector<std::string>& languages() const override { return languages_; }

 private:
  static std::string fmt_error(const std::string& file, const toml::parse_error& error) {
    return file + ":" + std::to_string(error.source().begin.line) + ": " + std::string(error.description());
  }

  void compile(const std::map<std::string, by_key>& all, std::vector<std::string>& mistakes) {
    std::set<std::string> keys;
    for (const auto& [language, patterns] : all) {
      for (const auto& [key, text] : patterns) keys.insert(key);
    }
    std::map<std::string, std::set<std::string>> expected;
    for (const auto& language : languages_) {
      auto& formats = formats_.emplace_back();
      const auto found = all.find(language);
      for (const auto& key : keys) {
        const auto* pattern = found == all.end() ? nullptr : lookup(found->second, key);
        if (!pattern) {
          mistakes.push_back(language + ": " + key + " is missing");
          continue;
        }
        UErrorCode status = U_ZERO_ERROR;
        const auto text = to_icu(*pattern);
        const auto names = argument_names(text, status);
        auto format = std::make_unique<icu::MessageFormat>(text, icu::Locale(language.c_str()), status);
        if (U_FAILURE(status)) {
          mistakes.push_back(language + ": " + key + ": no ICU message: " + u_errorName(status));
          continue;
        }
        const auto [first, fresh] = expected.emplace(key, names);
        if (!fresh && first->second != names) mistakes.push_back(language + ": " + key + ": other arguments");
        formats.emplace(key, std::move(format));
      }
    }
  }

  static const std::string* lookup(const by_key& in, const std::string& key) {
    const auto found = in.find(key);
    return found == in.end() ? nullptr : &found->second;
  }

  std::string format(std::string_view language, std::string_view key, const arguments& with,
                     bool escaped) const {
    const auto at = std::ranges::find(languages_, language);
    const auto& formats =
        formats_[at == languages_.end() ? 0 : static_cast<std::size_t>(at - languages_.begin())];
    const auto found = formats.find(key);
    if (found == formats.end()) throw std::logic_error("no text " + std::string(key));
    std::vector<icu::UnicodeString> names;
    std::vector<icu::Formattable> values;
    for (const auto& argument : with) {
      names.push_back(to_icu(argument.name));
      values.push_back(
          std::visit([&](const auto& given) { return to_formattable(given, escaped); }, argument.what));
    }
    UErrorCode status = U_ZERO_ERROR;
    icu::UnicodeString out;
    found->second->format(names.data(), values.data(), static_cast<int32_t>(names.size()), out, status);
    if (U_FAILURE(status)) throw std::logic_error("text " + std::string(key) + ": " + u_errorName(status));
    return to_utf8(out);
  }

  static icu::Formattable to_formattable(std::int64_t number, bool) { return icu::Formattable(number); }
  static icu::Formattable to_formattable(double number, bool) { return icu::Formattable(number); }
  static icu::Formattable to_formattable(const std::string& text, bool escaped) {
    return icu::Formattable(to_icu(escaped ? escape(text) : text));
  }
  static icu::Formattable to_formattable(const markup& html, bool) {
    return icu::Formattable(to_icu(html.html));
  }

  std::vector<std::string> languages_;
  std::vector<std::map<std::string, std::unique_ptr<icu::MessageFormat>, std::less<>>>
      formats_;  // by language
};

}  // namespace

std::unique_ptr<texts> texts::load(const std::string& folder) {
  return std::make_unique<loaded_texts>(folder);
}

std::string_view texts::language_for(std::string_view code) {
  const auto base = code.substr(0, code.find('-'));
  return base == "ru" || base == "uk" || base == "be" || base == "kk" ? "ru" : "en";
}

}  // namespace tandem::locale
