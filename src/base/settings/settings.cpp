#include "base/settings/settings.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <charconv>
#include <fstream>

extern char** environ;  // NOLINT: the name is POSIX's

namespace tandem {
namespace {

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

// The known name that is fewest edits away, for a misspelt one.
std::string nearest(std::string_view wrong, const std::vector<setting>& all) {
  const auto distance = [](std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
      std::size_t diagonal = std::exchange(row[0], i);
      for (std::size_t j = 1; j <= b.size(); ++j) {
        const auto above = row[j];
        row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
        diagonal = above;
      }
    }
    return row.back();
  };
  std::string best;
  std::size_t least = std::min<std::size_t>(4, wrong.size() / 2 + 1);
  for (const auto& one : all) {
    if (const auto far = distance(wrong, one.name); far < least) {
      least = far;
      best = one.name;
    }
  }
  return best;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// The parser stops at the first line that it cannot read: that one is left out, and the rest tried again.
toml::table parse_what_can_be(std::vector<std::string> lines, const std::string& path,
                              setting_mistakes& mistakes) {
  constexpr std::size_t most = 20;  // then it is no settings file
  while (mistakes.size() < most) {
    try {
      return toml::parse(fmt::format("{}\n", fmt::join(lines, "\n")));
    } catch (const toml::parse_error& error) {
      const auto number = error.source().begin.line;
      mistakes.push_back(fmt::format("{}:{}: {}", path, number, error.description()));
      if (number == 0 || number > lines.size() || lines[number - 1].empty()) break;
      lines[number - 1].clear();
    }
  }
  return {};
}

}  // namespace

setting setting::text(std::string name, std::string& target, std::string sentence, std::string example) {
  return {std::move(name),
          std::move(sentence),
          std::move(example),
          false,
          [&target](std::string_view text) -> std::expected<void, std::string> {
            target = text;
            return {};
          },
          [&target] { return quoted(target); }};
}

setting setting::secret_text(std::string name, std::string& target, std::string sentence,
                             std::string example) {
  auto out = text(std::move(name), target, std::move(sentence), std::move(example));
  out.secret = true;
  return out;
}

setting setting::number(std::string name, std::int64_t& target, std::int64_t min, std::int64_t max,
                        std::string sentence) {
  return {std::move(name),
          std::move(sentence),
          std::to_string(target),
          false,
          [&target, min, max](std::string_view text) -> std::expected<void, std::string> {
            std::int64_t value = 0;
            const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
            if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) {
              return std::unexpected(fmt::format("write a whole number from {} to {}", min, max));
            }
            target = value;
            return {};
          },
          [&target] { return std::to_string(target); }};
}

setting setting::flag(std::string name, bool& target, std::string sentence) {
  return {std::move(name),
          std::move(sentence),
          "true",
          false,
          [&target](std::string_view text) -> std::expected<void, std::string> {
            if (text != "true" && text != "false" && text != "1" && text != "0") {
              return std::unexpected("write true or false");
            }
            target = text == "true" || text == "1";
            return {};
          },
          [&target] { return std::string(target ? "true" : "false"); }};
}

setting setting::choice(std::string name, std::string& target, std::vector<std::string> allowed,
                        std::string sentence) {
  std::string example = allowed.front();
  return {std::move(name),
          std::move(sentence),
          std::move(example),
          false,
          [&target, allowed = std::move(allowed)](std::string_view text) -> std::expected<void, std::string> {
            if (std::ranges::find(allowed, text) == allowed.end()) {
              return std::unexpected(fmt::format("write one of {}", fmt::join(allowed, ", ")));
            }
            target = text;
            return {};
          },
          [&target] { return quoted(target); }};
}

setting setting::list(std::string name, std::vector<std::string>& target, std::string sentence,
                      std::string example) {
  return {std::move(name),
          std::move(sentence),
          std::move(example),
          false,
          [&target](std::string_view text) -> std::expected<void, std::string> {
            target.clear();
            while (!text.empty()) {
              const auto comma = text.find(',');
              auto part = text.substr(0, comma);
              while (part.starts_with(' ')) part.remove_prefix(1);
              while (part.ends_with(' ')) part.remove_suffix(1);
              if (!part.empty()) target.emplace_back(part);
              text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
            }
            return {};
          },
          [&target] { return quoted(fmt::format("{}", fmt::join(target, ", "))); }};
}

settings_file read_settings_file(const std::string& path) {
  settings_file out;
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  if (!in.eof()) {
    out.mistakes.push_back(fmt::format("{} cannot be read", path));
    return out;
  }
  const auto table = parse_what_can_be(std::move(lines), path, out.mistakes);
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    if (const auto* text = node.as_string()) {
      out.values[name] = text->get();
    } else if (const auto* number = node.as_integer()) {
      out.values[name] = std::to_string(number->get());
    } else if (const auto* flag = node.as_boolean()) {
      out.values[name] = flag->get() ? "true" : "false";
    } else {
      out.mistakes.push_back(fmt::format(
          "{}: {} = … is a text, a whole number, true or false; write it as one of these", path, name));
    }
  }
  return out;
}

setting_mistakes apply_settings(std::vector<setting>& all, const std::map<std::string, std::string>& file,
                                const std::map<std::string, std::string>& environment) {
  setting_mistakes mistakes;
  const auto unknown = [&](const std::string& shown, std::string_view name) {
    const auto meant = nearest(name, all);
    mistakes.push_back(meant.empty()
                           ? fmt::format("{} is no setting; `tandem config print` lists them", shown)
                           : fmt::format("{} is no setting; did you mean {}?", shown,
                                         shown.starts_with("TANDEM_") ? "TANDEM_" + upper(meant) : meant));
  };
  for (const auto& [name, value] : file) {
    if (std::ranges::find(all, name, &setting::name) == all.end()) unknown(name, name);
  }
  for (const auto& [name, value] : environment) {
    const auto known =
        std::ranges::find_if(all, [&](const setting& one) { return "TANDEM_" + upper(one.name) == name; });
    if (known == all.end()) {
      std::string plain = name.substr(std::string_view("TANDEM_").size());
      for (char& c : plain) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      unknown(name, plain);
    }
  }
  for (auto& one : all) {
    const auto variable = "TANDEM_" + upper(one.name);
    const auto from_environment = environment.find(variable);
    const auto from_file = file.find(one.name);
    const bool in_environment = from_environment != environment.end();
    if (!in_environment && from_file == file.end()) continue;
    const auto& value = in_environment ? from_environment->second : from_file->second;
    if (const auto parsed = one.parse(value); !parsed) {
      mistakes.push_back(fmt::format("{} = {}: {}", in_environment ? variable : one.name,
                                     one.secret ? "[secret]" : value, parsed.error()));
    }
  }
  return mistakes;
}

std::string print_settings(const std::vector<setting>& all) {
  std::string out;
  for (const auto& one : all) {
    const auto value = one.print();
    const bool empty = value == "\"\"";
    out += fmt::format("# {}\n", one.sentence);
    if (empty && !one.example.empty()) out += fmt::format("# Example: {}\n", one.example);
    out += fmt::format("{} = {}\n\n", one.name, one.secret && !empty ? "\"[secret]\"" : value);
  }
  return out;
}

std::map<std::string, std::string> environment_settings() {
  std::map<std::string, std::string> out;
  for (char** entry = environ; *entry; ++entry) {
    const std::string_view line(*entry);
    const auto equals = line.find('=');
    if (!line.starts_with("TANDEM_") || equals == std::string_view::npos) continue;
    out.emplace(line.substr(0, equals), line.substr(equals + 1));
  }
  return out;
}

}  // namespace tandem
