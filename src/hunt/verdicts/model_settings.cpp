#include "hunt/verdicts/model_settings.hpp"

#include <fmt/format.h>

#include <charconv>

namespace tandem::hunt {

std::expected<model_settings, std::string> model_settings::parse(std::string_view file) {
  model_settings out;
  out.further.fill(0.5F);
  while (!file.empty()) {
    const std::size_t end = file.find('\n');
    const std::string_view line = file.substr(0, end);
    file.remove_prefix(end == std::string_view::npos ? file.size() : end + 1);
    if (line.empty() || line.front() == ';') continue;
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos) return std::unexpected(fmt::format("\"{}\" has no value", line));
    const std::string_view name = line.substr(0, space), value = line.substr(space + 1);
    if (name == "version") {
      out.version = value;
      continue;
    }
    float number = 0;
    if (std::from_chars(value.data(), value.data() + value.size(), number).ec != std::errc{} ||
        !(number >= 0) || number > 1)
      return std::unexpected(fmt::format("\"{}\" is no number from 0 to 1", value));
    if (name == "vacancy")
      out.vacancy = number;
    else if (name == "bare")
      out.bare = number;
    else if (name == "scam")
      out.scam = number;
    else if (name == "strongest")
      out.strongest = number;
    else if (const auto which = category_from_slug(name))
      out.further[static_cast<std::size_t>(*which)] = number;
    else
      return std::unexpected(fmt::format("\"{}\" is no setting of a model", name));
  }
  return out;
}

std::string model_settings::print() const {
  std::string out = fmt::format("version {}\nvacancy {:.2f}\nbare {:.2f}\nscam {:.2f}\nstrongest {:.2f}\n",
                                version, vacancy, bare, scam, strongest);
  for (std::size_t i = 0; i < category_slugs.size(); ++i)
    out += fmt::format("{} {:.2f}\n", category_slugs[i], further[i]);
  return out;
}

}  // namespace tandem::hunt
