#include "platform/log/log.hpp"

#include <cxxabi.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <boost/system/system_error.hpp>
#include <cstdlib>
#include <map>
#include <mutex>
#include <typeinfo>

#include "async/passing.hpp"
#include "platform/log/error_book.hpp"

namespace tandem::log {

namespace {

constexpr std::string_view level_names[] = {"trace", "debug", "info", "warn", "error", "off"};

// Length of the well-formed UTF-8 character at the start of `text`, 0 if there is none (RFC 3629, table 3-7).
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && at(i) >= low && at(i) <= high;
  };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80, high = first == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80, high = first == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// Escaped for JSON; also used for texts in human lines, so that no foreign byte reaches a terminal.
void append_escaped(std::string& line, std::string_view text) {
  while (!text.empty()) {
    const char c = text.front();
    std::size_t length = 1;
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (c == '\n') {
      line += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(line), "\\u{:04x}", static_cast<unsigned char>(c));
    } else if ((length = utf8_length(text)) > 0) {
      line.append(text.substr(0, length));
    } else {
      line += "\xEF\xBF\xBD";
      length = 1;
    }
    text.remove_prefix(length);
  }
}

bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\' || c == 0x7f) return false;
  }
  return true;
}

void append_text(std::string& line, std::string_view text, bool json) {
  const std::string safe = redact(text);
  if (!json && is_plain(safe)) {
    append_escaped(line, safe);
    return;
  }
  line += '"';
  append_escaped(line, safe);
  line += '"';
}

std::string type_of(const std::exception_ptr& why) {
  std::string name = "unknown";
  try {
    std::rethrow_exception(why);
  } catch (const std::exception& error) {
    int status = 0;
    char* text = abi::__cxa_demangle(typeid(error).name(), nullptr, nullptr, &status);
    name = status == 0 ? text : typeid(error).name();
    std::free(text);
  } catch (...) {
  }
  return name;
}

std::string text_of(const std::exception_ptr& why) {
  try {
    std::rethrow_exception(why);
  } catch (const boost::system::system_error& error) {
    // Boost adds the place in its own sources, which helps nobody.
    std::string text = error.what();
    const std::string code = error.code().what();
    if (text.ends_with(code)) text.replace(text.size() - code.size(), code.size(), error.code().message());
    return text;
  } catch (const std::exception& error) {
    return error.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

// What all loggers of the process share. Loggers are used on the loop and on the threads of the pool: this is
// the one place with a lock.
class house {
 public:
  house() {
    sink_ = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    sink_->set_pattern("%v");
  }

  detail::room* room(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto found = rooms_.find(name);
    if (found != rooms_.end()) return found->second.get();
    auto made = std::make_unique<detail::room>();
    made->name = name;
    made->level = static_cast<int>(level_for(name));
    return rooms_.emplace(std::string(name), std::move(made)).first->second.get();
  }

  void configure(options how) {
    const std::lock_guard lock(mutex_);
    format_ = how.format;
    default_ = how.default_level;
    output_ = std::make_shared<const output>(std::move(how.output));
    apply();
  }

  void set_level(std::string_view room, level at) {
    const std::lock_guard lock(mutex_);
    if (room.empty()) {
      default_ = at;
      rules_.clear();
    } else {
      rules_[std::string(room)] = at;
    }
    apply();
  }

  std::vector<std::pair<std::string, level>> levels() {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<std::string, level>> out;
    for (const auto& [name, room] : rooms_) out.emplace_back(name, static_cast<level>(room->level.load()));
    return out;
  }

  log::format format() {
    const std::lock_guard lock(mutex_);
    return format_;
  }

  void put(level at, std::string_view line) {
    std::shared_ptr<const output> to;
    {
      const std::lock_guard lock(mutex_);
      to = output_;
    }
    if (to && *to) {
      (*to)(at, line);
      return;
    }
    sink_->log(
        spdlog::details::log_msg("", spdlog::level::info, spdlog::string_view_t(line.data(), line.size())));
    if (at >= level::warn) sink_->flush();
  }

  void flush() { sink_->flush(); }

 private:
  using output = std::function<void(level, std::string_view)>;

  level level_for(std::string_view room) const {
    auto best = default_;
    std::size_t longest = 0;
    for (const auto& [name, at] : rules_) {
      const bool covers = room.starts_with(name) && (room.size() == name.size() || room[name.size()] == '.');
      if (covers && name.size() > longest) {
        longest = name.size();
        best = at;
      }
    }
    return best;
  }
  void apply() {
    for (const auto& [name, room] : rooms_) room->level = static_cast<int>(level_for(name));
  }

  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<detail::room>, std::less<>> rooms_;
  std::map<std::string, level, std::less<>> rules_;
  level default_ = level::warn;
  log::format format_ = log::format::human;
  std::shared_ptr<const output> output_;
  std::shared_ptr<spdlog::sinks::sink> sink_;
};

// Never destroyed: what ends late may still log.
house& the_house() {
  static house& one = *new house;
  return one;
}

}  // namespace

std::string_view name_of(level what) { return level_names[static_cast<int>(what)]; }

std::optional<level> level_of(std::string_view name) {
  for (int i = 0; i < static_cast<int>(std::size(level_names)); ++i) {
    if (level_names[i] == name) return static_cast<level>(i);
  }
  return std::nullopt;
}

void value::append_to(std::string& line, bool json) const {
  const auto out = std::back_inserter(line);
  switch (kind_) {
    case kind::text: append_text(line, text_, json); break;
    case kind::integer: fmt::format_to(out, "{}", integer_); break;
    case kind::natural: fmt::format_to(out, "{}", natural_); break;
    case kind::boolean: line += natural_ != 0 ? "true" : "false"; break;
    case kind::real:
      // JSON knows no infinity and no NaN.
      if (json && !(real_ - real_ == 0)) {
        line += "null";
      } else {
        fmt::format_to(out, "{:.6g}", real_);
      }
      break;
  }
}

logger::logger(std::string_view room) : room_(the_house().room(room)) {}

void logger::error(std::string_view message, const std::exception_ptr& why, fields more) const {
  if (enabled(level::error)) write(level::error, message, why, more);
}
void logger::warn(std::string_view message, const std::exception_ptr& why, fields more) const {
  if (enabled(level::warn)) write(level::warn, message, why, more);
}

void logger::write(level at, std::string_view message, const std::exception_ptr& why, fields more) const {
  const auto now = system_clock().now();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now - seconds).count();
  const bool json = the_house().format() == format::json;

  std::string context;
  const auto add = [&](std::string& to, std::string_view name, const value& what, bool as_json) {
    if (as_json) {
      to += ',';
      append_text(to, name, true);
      to += ':';
    } else {
      if (!to.empty()) to += ' ';
      to.append(name);
      to += '=';
    }
    what.append_to(to, as_json);
  };
  const std::string text = why ? text_of(why) : std::string();
  const std::string type = why ? type_of(why) : std::string();

  std::string line;
  line.reserve(160);
  const auto time = fmt::gmtime(std::chrono::system_clock::to_time_t(seconds));
  if (json) {
    fmt::format_to(std::back_inserter(line), R"({{"time":"{:%Y-%m-%dT%H:%M:%S}.{:03}Z","level":"{}","room":)",
                   time, milliseconds, name_of(at));
    append_text(line, room_->name, true);
    line += R"(,"message":)";
    append_text(line, message, true);
  } else {
    fmt::format_to(std::back_inserter(line), "{:%Y-%m-%dT%H:%M:%S}.{:03}Z {:5} {}: ", time, milliseconds,
                   name_of(at), room_->name);
    append_escaped(line, redact(message));
  }
  if (why) {
    add(line, "error", text, json);
    add(line, "type", type, json);
  }
  for (const auto& one : more) add(line, one.name, one.value, json);
  if (json) line += '}';
  the_house().put(at, line);

  if (at == level::error) {
    if (why) add(context, "error", text, false);
    for (const auto& one : more) add(context, one.name, one.value, false);
    error_entry seen{room_->name, redact(message), type, 1, now, now, std::move(context)};
    errors().add(std::move(seen));
  }
}

void configure(options how) { the_house().configure(std::move(how)); }
void set_level(std::string_view room, level at) { the_house().set_level(room, at); }
std::vector<std::pair<std::string, level>> levels() { return the_house().levels(); }
void flush() { the_house().flush(); }

std::function<void(std::string_view task, const std::exception_ptr& failure)> failures_to(logger room) {
  return [room](std::string_view task, const std::exception_ptr& failure) {
    if (async::will_pass(failure)) {
      room.warn("a task waits for what will pass", failure, {{"task", task}});
    } else {
      room.error("a task failed", failure, {{"task", task}});
    }
  };
}

}  // namespace tandem::log
