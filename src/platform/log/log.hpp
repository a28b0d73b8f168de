#pragma once
#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tandem::log {

enum class level : int { trace, debug, info, warn, error, off };
std::string_view name_of(level what);
std::optional<level> level_of(std::string_view name);

// The value of a field. It only looks at texts: it is written before the call of the logger returns.
class value {
 public:
  enum class kind { text, integer, natural, real, boolean };
  value(std::string_view text) : kind_(kind::text), text_(text) {}
  value(const std::string& text) : value(std::string_view(text)) {}
  value(const char* text) : value(std::string_view(text)) {}
  value(bool b) : kind_(kind::boolean), natural_(b) {}
  template <std::integral I>
    requires(!std::same_as<I, bool>)
  value(I number) {
    if constexpr (std::is_signed_v<I>) {
      kind_ = kind::integer;
      integer_ = number;
    } else {
      kind_ = kind::natural;
      natural_ = number;
    }
  }
  template <std::floating_point F>
  value(F number) : kind_(kind::real), real_(number) {}
  // Milliseconds with a fraction.
  template <class Rep, class Period>
  value(std::chrono::duration<Rep, Period> time)
      : value(std::chrono::duration<double, std::milli>(time).count()) {}
  // Strong ids are shown as their number.
  template <class Id>
    requires requires(const Id& id) {
      { id.value } -> std::convertible_to<std::int64_t>;
    }
  value(const Id& id) : value(static_cast<std::int64_t>(id.value)) {}

  void append_to(std::string& line, bool json) const;

 private:
  kind kind_;
  std::string_view text_;
  union {
    std::int64_t integer_;
    std::uint64_t natural_;
    double real_;
  };
};

struct field {
  std::string_view name;
  log::value value;
};
using fields = std::initializer_list<field>;

namespace detail {
struct room {
  std::string name;
  std::atomic<int> level;
};
}  // namespace detail

// The voice of a room: `const log::logger log_{"hunt.reader"};`. Cheap to make and to copy; loggers of one
// name share a level. One line per event; what differs from event to event goes into the fields, never into
// the message, so that equal errors can be counted. Secrets are hidden in every line (redact), which is no
// reason to log any.
class logger {
 public:
  explicit logger(std::string_view room);
  bool enabled(level at) const {
    return static_cast<int>(at) >= room_->level.load(std::memory_order_relaxed);
  }
  void trace(std::string_view message, fields more = {}) const { say(level::trace, message, more); }
  void debug(std::string_view message, fields more = {}) const { say(level::debug, message, more); }
  void info(std::string_view message, fields more = {}) const { say(level::info, message, more); }
  void warn(std::string_view message, fields more = {}) const { say(level::warn, message, more); }
  // Also counted in the book of errors.
  void error(std::string_view message, fields more = {}) const { say(level::error, message, more); }
  void error(std::string_view message, const std::exception_ptr& why, fields more = {}) const;
  void warn(std::string_view message, const std::exception_ptr& why, fields more = {}) const;
  std::string_view room() const { return room_->name; }

 private:
  void say(level at, std::string_view message, fields more) const {
    if (enabled(at)) write(at, message, {}, more);
  }
  void write(level at, std::string_view message, const std::exception_ptr& why, fields more) const;
  detail::room* room_;
};

enum class format { human, json };

// For async::scope and async::crew: what will pass by itself is a warning, all else an error.
std::function<void(std::string_view task, const std::exception_ptr& failure)> failures_to(logger room);

struct options {
  log::format format = log::format::human;
  level default_level = level::info;
  // Takes finished lines (without the line feed) instead of standard error; may be called on any thread.
  std::function<void(level, std::string_view line)> output;
};

// How the process logs, from now on. Until it is called: warnings and errors, human, on standard error.
void configure(options how);
// Changes the level of a room and of the rooms below it ("hunt" also means "hunt.reader"), now and for rooms
// that are made later; "" means all rooms. The longest matching name wins.
void set_level(std::string_view room, level at);
// Rooms made so far and their levels.
std::vector<std::pair<std::string, level>> levels();
// Writes what is still buffered.
void flush();

// Hides bot tokens (123456:AAE…, /bot<token>/ in addresses) and passwords in addresses
// (scheme://user:password@).
std::string redact(std::string_view text);

}  // namespace tandem::log
