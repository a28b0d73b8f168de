// Parses formatted text line by line as the sandbox does, for comparison with TDLib
// (tests/sandbox_clients/formatting). In: {"text":…,"mode":"html|markdown|markdownv2"}. Out:
// {"text":…,"entities":[…]} or {"error":…}.
#include <boost/json.hpp>
#include <iostream>

#include "sandbox/entities.hpp"

int main() {
  using namespace tandem::sandbox;
  namespace json = boost::json;
  std::ios::sync_with_stdio(false);
  for (std::string line; std::getline(std::cin, line);) {
    const auto in = json::parse(line).as_object();
    const auto& mode = in.at("mode").as_string();
    const auto how = mode == "html"       ? markup::html
                     : mode == "markdown" ? markup::markdown
                                          : markup::markdown_v2;
    const auto parsed = parse_entities(in.at("text").as_string(), how);
    json::object out;
    if (!parsed) {
      out["error"] = parsed.error();
    } else {
      out["text"] = parsed->text;
      auto& list = out["entities"].emplace_array();
      for (const auto& one : parsed->entities) {
        list.push_back({name_of(one.kind), one.offset, one.length, one.argument, one.number});
      }
    }
    std::cout << json::serialize(out) << '\n';
  }
}
