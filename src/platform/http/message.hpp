#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/task.hpp"

namespace tandem::http {

// Header names are compared without regard to case; order is kept.
class headers {
 public:
  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void set(std::string_view name, std::string value);
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view value_or(std::string_view name, std::string_view otherwise) const {
    const auto found = find(name);
    return found ? *found : otherwise;
  }
  const std::vector<std::pair<std::string, std::string>>& all() const { return fields_; }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// What a handler of the server sees.
struct request {
  std::string method;                                         // upper case
  std::string target;                                         // as sent: path and query
  std::string path;                                           // percent-decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;     // decoded
  std::vector<std::pair<std::string, std::string>> captured;  // {name} parts of the route, decoded
  http::headers headers;
  std::string body;  // whole, within the route's limit
  std::string peer;  // client's address, after trusted proxies
  bool encrypted = false;

  std::string_view path_value(std::string_view name) const;  // "" if the route has no such part
  std::optional<std::string_view> query_value(std::string_view name) const;
};

// Writes to a client bit by bit (server-sent events); throws when the client is gone.
class stream_writer {
 public:
  virtual ~stream_writer() = default;
  virtual task<> write(std::string_view bytes) = 0;
};

struct response {
  int status = 200;
  http::headers headers;
  std::string body;
  // Set: the body is produced by it, chunked, after the headers. It ends when it returns or the server stops.
  std::function<task<>(stream_writer&)> stream;

  static response text(int status, std::string body);
  static response json(int status, std::string body);  // a finished JSON text
  static response html(int status, std::string body);
};

using handler = std::function<task<response>(request)>;

}  // namespace tandem::http
