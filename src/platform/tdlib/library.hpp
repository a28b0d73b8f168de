#pragma once
#include <expected>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace tandem::tdlib {

// libtdjson, loaded at run time: https://core.telegram.org/tdlib/docs/td__json__client_8h.html. What it keeps
// is global in the process, so a process has one. Its own log is silenced: it may name phone numbers.
class library {
 public:
  virtual ~library() = default;
  virtual const std::filesystem::path& file() const = 0;
  virtual std::string version() const = 0;  // "1.8.67"

  virtual int create_client() const = 0;
  // Any thread.
  virtual void send(int client, const std::string& request) const = 0;
  // One thread only; blocks for at most `seconds`. Null: nothing came; else valid until the next call.
  virtual const char* receive(double seconds) const = 0;
  // The functions that need no client. Any thread.
  virtual std::string execute(const std::string& request) const = 0;
};

// The first of `places` that is there; an error that says what to do when none is, or it is no libtdjson.
std::expected<std::unique_ptr<library>, std::string> load_library(
    std::span<const std::filesystem::path> places);

}  // namespace tandem::tdlib
