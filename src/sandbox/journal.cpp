#include "sandbox/journal.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <stdexcept>

namespace tandem::sandbox {
namespace {
constexpr std::uint64_t lines_per_mark = 256;

[[noreturn]] void fail(const std::string& path, const char* what) {
  throw std::runtime_error(path + ": " + what + ": " + std::strerror(errno));
}

ssize_t read_at(int file, char* into, std::size_t size, std::uint64_t offset) {
  for (;;) {
    const ssize_t got = ::pread(file, into, size, static_cast<off_t>(offset));
    if (got >= 0 || errno != EINTR) return got;
  }
}
}  // namespace

journal::journal(std::string path) : path_(std::move(path)) {
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file_ < 0) fail(path_, "cannot be opened");
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
    ::close(file_);
    throw std::runtime_error(path_ + ": another sandbox works on this folder");
  }
  const off_t end = ::lseek(file_, 0, SEEK_END);
  if (end < 0) fail(path_, "cannot be read");
  // Back to the end of the last whole line.
  auto whole = static_cast<std::uint64_t>(end);
  std::string piece(64 << 10, '\0');
  while (whole > 0) {
    const std::uint64_t begin = whole > piece.size() ? whole - piece.size() : 0;
    const ssize_t got = read_at(file_, piece.data(), whole - begin, begin);
    if (got < 0) fail(path_, "cannot be read");
    const auto newline = std::string_view(piece.data(), static_cast<std::size_t>(got)).rfind('\n');
    if (newline != std::string_view::npos) {
      whole = begin + newline + 1;
      break;
    }
    whole = begin;
  }
  if (whole != static_cast<std::uint64_t>(end) && ::ftruncate(file_, static_cast<off_t>(whole)) != 0) {
    fail(path_, "the torn last line cannot be cut off");
  }
  size_ = whole;
}

journal::~journal() { ::close(file_); }

void journal::count(std::string_view lines, std::uint64_t begin) {
  std::size_t at = 0;
  while (at < lines.size()) {
    if ((last_seq_++ - first_) % lines_per_mark == 0) marks_.push_back(begin + at);
    at = lines.find('\n', at) + 1;
  }
}

void journal::replay(const std::function<void(std::string_view line)>& each) {
  std::string text;
  std::uint64_t read_to = 0, text_begin = 0;
  while (read_to < size_) {
    const std::size_t kept = text.size();
    text.resize(kept + (1 << 20));
    const ssize_t got =
        read_at(file_, text.data() + kept, std::min<std::uint64_t>(1 << 20, size_ - read_to), read_to);
    if (got <= 0) fail(path_, "cannot be read");
    text.resize(kept + static_cast<std::size_t>(got));
    read_to += static_cast<std::uint64_t>(got);
    const std::size_t whole = text.rfind('\n') + 1;  // 0 when a line is longer than what was read so far
    if (whole > 0 && marks_.empty()) begin_numbers(text);
    count(std::string_view(text).substr(0, whole), text_begin);
    for (std::size_t at = 0; at < whole;) {
      const std::size_t end = text.find('\n', at);
      each(std::string_view(text).substr(at, end - at));
      at = end + 1;
    }
    text.erase(0, whole);
    text_begin += whole;
  }
}

void journal::begin_numbers(std::string_view first_line) {
  constexpr std::string_view named = R"({"seq":)";
  std::uint64_t number = 1;
  if (first_line.starts_with(named)) {
    std::from_chars(first_line.data() + named.size(), first_line.data() + first_line.size(), number);
  }
  first_ = last_seq_ = std::max<std::uint64_t>(number, 1) - 1;
}

void journal::rewrite(const std::function<void()>& write) {
  const std::string draft = path_ + ".new";
  const int fresh = ::open(draft.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (fresh < 0) fail(draft, "cannot be opened");
  const int old = std::exchange(file_, fresh);
  size_ = 0;
  first_ = last_seq_;
  marks_.clear();
  stopped_ = {};
  try {
    write();
  } catch (...) {
    ::close(std::exchange(file_, old));
    throw;
  }
  if (::flock(fresh, LOCK_EX | LOCK_NB) != 0 || ::fsync(fresh) != 0 ||
      ::rename(draft.c_str(), path_.c_str()) != 0) {
    fail(draft, "cannot take the journal's place");
  }
  ::close(old);
}

void journal::append(std::string_view line) {
  std::size_t done = 0;
  while (done < line.size()) {
    const ssize_t wrote = ::write(file_, line.data() + done, line.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      const int reason = errno;
      // A part of a line in the middle of the file would make it unreadable. Should this fail too, the next
      // start still cuts it off.
      if (done > 0 && ::ftruncate(file_, static_cast<off_t>(size_)) != 0) errno = reason;
      errno = reason;
      fail(path_, "cannot be written");
    }
    done += static_cast<std::size_t>(wrote);
  }
  count(line, size_);
  size_ += line.size();
}

std::string journal::read(std::uint64_t& after, std::size_t bytes, std::uint64_t limit) const {
  if (after >= last_seq_) return {};
  after = std::max(after, first_);
  const auto mark = (after - first_) / lines_per_mark;
  std::uint64_t seq = first_ + mark * lines_per_mark;  // lines before the mark
  std::uint64_t begin = marks_[mark];
  if (after == stopped_.after && stopped_.at > begin) {  // who follows goes on where they were
    seq = after;
    begin = stopped_.at;
  }
  std::string text;
  std::size_t at = 0;  // of the line after `seq`
  std::size_t from = std::string::npos;
  for (;;) {
    const std::size_t end = text.find('\n', at);
    if (end == std::string::npos) {
      if (begin + text.size() >= size_) break;
      const std::size_t kept = text.size();
      text.resize(kept + std::min<std::uint64_t>(std::max<std::size_t>(bytes, 4096), size_ - begin - kept));
      const ssize_t got = read_at(file_, text.data() + kept, text.size() - kept, begin + kept);
      if (got <= 0) fail(path_, "cannot be read");
      text.resize(kept + static_cast<std::size_t>(got));
      continue;
    }
    if (seq == after && from == std::string::npos) from = at;
    at = end + 1;
    ++seq;
    if (from != std::string::npos) {
      const bool enough = limit > 0 && seq - after >= limit;
      if (enough || (at - from >= bytes && text.find('\n', at) == std::string::npos)) break;
    }
  }
  after = seq;
  stopped_ = {seq, begin + at};
  return text.substr(from, at - from);
}

}  // namespace tandem::sandbox
