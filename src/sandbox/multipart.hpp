#pragma once
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::sandbox {

// A part of a multipart/form-data body; `bytes` shows into the body.
struct form_part {
  std::string name;
  std::string file_name;
  std::string type;      // its Content-Type, "" if none was given
  bool is_file = false;  // it has a file name
  std::string_view bytes;
};

// The parts, in order. Takes what real clients send: header names in any case, no space after the colon or
// the semicolons, quoted or bare values, a preamble. The error says what is wrong with the body.
std::expected<std::vector<form_part>, std::string> parse_multipart(std::string_view content_type,
                                                                   std::string_view body);

}  // namespace tandem::sandbox
