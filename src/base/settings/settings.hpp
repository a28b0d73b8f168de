#pragma once
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

// A setting describes itself: what it is for, its default, its bounds, an example, whether it is a secret. It
// is bound to a variable that it fills.
class setting {
 public:
  // What an operator may write, told when they wrote something else: "a number from 1 to 100".
  using parser = std::function<std::expected<void, std::string>(std::string_view text)>;
  using printer = std::function<std::string()>;

  std::string name;      // in the file: name = value; in the environment: TANDEM_NAME
  std::string sentence;  // for what it is
  std::string example;
  bool secret = false;
  parser parse;
  printer print;

  static setting text(std::string name, std::string& target, std::string sentence, std::string example);
  static setting secret_text(std::string name, std::string& target, std::string sentence,
                             std::string example);
  static setting number(std::string name, std::int64_t& target, std::int64_t min, std::int64_t max,
                        std::string sentence);
  static setting flag(std::string name, bool& target, std::string sentence);
  static setting choice(std::string name, std::string& target, std::vector<std::string> allowed,
                        std::string sentence);
  // Parts separated by commas.
  static setting list(std::string name, std::vector<std::string>& target, std::string sentence,
                      std::string example);
};

// Everything wrong with the settings, one sentence each, with what to write instead.
using setting_mistakes = std::vector<std::string>;

// A settings file: flat TOML, name = value. Lines that are none are mistakes; the others' values are there
// all the same, so that what is wrong with them can be told as well.
struct settings_file {
  std::map<std::string, std::string> values;
  setting_mistakes mistakes;
};
settings_file read_settings_file(const std::string& path);

// Fills the settings: the environment (TANDEM_NAME) over the file over the defaults. All mistakes at once. An
// unknown TANDEM_ variable is a mistake, too: a misspelt one would be ignored in silence.
setting_mistakes apply_settings(std::vector<setting>& all, const std::map<std::string, std::string>& file,
                                const std::map<std::string, std::string>& environment);

// As a settings file with comments: what `tandem config print` shows. Secrets print as [secret].
std::string print_settings(const std::vector<setting>& all);

// The TANDEM_ variables of this process.
std::map<std::string, std::string> environment_settings();

}  // namespace tandem
