#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "async/event.hpp"

namespace tandem::sandbox {

// The append-only file of everything that happened, one JSON object a line. append() returns when the line is
// with the kernel, so it survives a kill -9 of the process (not the loss of the machine's power: the sandbox
// is no bank).
class journal {
 public:
  // Opens or makes the file and cuts off a last line that a kill has torn. Throws when it cannot be read or
  // written.
  explicit journal(std::string path);
  ~journal();
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;

  // Gives each whole line, in order. Called once, before the first append().
  void replay(const std::function<void(std::string_view line)>& each);

  // The number of the next line; lines are numbered from 1, or on from what the first line calls its "seq".
  std::uint64_t next_seq() const { return last_seq_ + 1; }
  std::uint64_t last_seq() const { return last_seq_; }
  // `line` ends with its new line. Throws when the file cannot take it.
  void append(std::string_view line);

  std::uint64_t size() const { return size_; }  // bytes
  // Replaces all lines by those that `write` appends. Their numbers go on from where they are; a kill leaves
  // the old file or the new one.
  void rewrite(const std::function<void()>& write);

  // A piece of the file: whole lines, of about `bytes`, that follow line `after`. Moves `after` to the last
  // one given;
  // "" at the end. `limit` lines at most, 0: no limit.
  std::string read(std::uint64_t& after, std::size_t bytes, std::uint64_t limit = 0) const;

 private:
  void count(std::string_view lines, std::uint64_t begin);
  void begin_numbers(std::string_view first_line);

  std::string path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t first_ = 0;  // how many lines were before the first one that is there
  std::uint64_t last_seq_ = 0;
  std::vector<std::uint64_t> marks_;  // where every 256th line begins
  struct place {
    std::uint64_t after = 0, at = 0;  // the line behind which it is, and where that is in the file
  };
  mutable place stopped_;  // the last reader
};

}  // namespace tandem::sandbox
