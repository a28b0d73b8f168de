#pragma once
#include <boost/json.hpp>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/http/message.hpp"
#include "sandbox/multipart.hpp"

namespace tandem::sandbox {

// The parameters of a Bot API call, however they came: query, JSON, urlencoded or multipart. Scalars may be
// strings, objects and lists may be strings that hold JSON.
class arguments {
 public:
  arguments() : memory_(buffer_, sizeof buffer_), values_(&memory_) {}
  arguments(const arguments&) = delete;
  arguments& operator=(const arguments&) = delete;

  // The error is the description of the 400.
  std::expected<void, std::string> read(const http::request& from);
  // As a webhook's answer gives them.
  void take(boost::json::object from) { values_ = std::move(from); }
  // Drops all that is not among the names (separated by spaces): what a method does not know, it does not
  // see.
  void keep_only(std::string_view names);

  bool has(std::string_view name) const { return values_.contains(name); }
  // A scalar as text, "" if it is missing.
  std::string text(std::string_view name) const;
  std::int64_t integer(std::string_view name, std::int64_t otherwise = 0) const;
  bool flag(std::string_view name) const;
  // An object or a list; nullptr if it is missing or no JSON.
  const boost::json::value* structure(std::string_view name) const;
  const form_part* file(std::string_view field) const;
  // For the journal: what was sent, with "<file …>" where bytes were.
  std::string as_json() const;

 private:
  void add(std::string_view name, std::string_view value);

  unsigned char buffer_[4096];
  boost::json::monotonic_resource memory_;
  mutable boost::json::object values_;
  std::vector<form_part> files_;
};

// The same readings of a value inside a structure.
std::string scalar_text(const boost::json::value* value);
std::optional<std::int64_t> scalar_integer(const boost::json::value* value);
std::optional<double> scalar_number(const boost::json::value* value);
bool scalar_flag(const boost::json::value* value);

}  // namespace tandem::sandbox
