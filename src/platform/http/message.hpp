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

// Header names are compared without regard to case; order is kept. One text holds all of them, since every
// request and answer makes such a list. What is handed out is valid until the next change.
class headers {
 public:
  struct field {
    std::string_view name, value;
  };
  class iterator {
   public:
    iterator(const headers& of, std::size_t index) : of_(&of), index_(index) {}
    field operator*() const { return of_->at(index_); }
    iterator& operator++() {
      ++index_;
      return *this;
    }
    bool operator==(const iterator& other) const { return index_ == other.index_; }

   private:
    const headers* of_;
    std::size_t index_;
  };

  void add(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string_view value);
  std::optional<std::string_view> find(std::string_view name) const;
  std::string_view value_or(std::string_view name, std::string_view otherwise) const {
    const auto found = find(name);
    return found ? *found : otherwise;
  }
  iterator begin() const { return {*this, 0}; }
  iterator end() const { return {*this, places_.size()}; }
  std::size_t size() const { return places_.size(); }

 private:
  struct place {
    std::size_t name, value, end;  // where they begin in text_, and where the value ends
  };
  field at(std::size_t index) const {
    const auto& [name, value, end] = places_[index];
    const std::string_view text = text_;
    return {text.substr(name, value - name), text.substr(value, end - value)};
  }

  std::string text_;
  std::vector<place> places_;
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
