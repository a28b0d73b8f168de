// Any text as an address, a query, a path: no crash, parts that lie within the text, and a router that finds
// only what was added.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "platform/http/server.hpp"
#include "platform/http/url.hpp"
#include "platform/http/wire.hpp"

namespace {

using namespace tandem;

void expect(bool holds) {
  if (!holds) std::abort();
}

const http::router& some_routes() {
  static const http::router routes = [] {
    http::router made;
    for (const char* pattern : {"/", "/a", "/a/{b}", "/bot{token}/{method}", "/x/{rest...}", "/x/y"}) {
      made.add("GET", pattern, [](http::request) -> task<http::response> { co_return http::response{}; });
    }
    return made;
  }();
  return routes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto url = http::parse_url(text)) {
    expect(!url->host.empty() && url->port != 0);
    expect(text.starts_with(url->origin) && url->origin.ends_with(url->authority));
    expect(url->origin.size() + url->target.size() <= text.size());
    expect(url->host.find_first_of("/?#@") == std::string_view::npos);
  }
  if (const auto decoded = http::percent_decoded(text, false)) expect(decoded->size() <= text.size());
  if (const auto query = http::parse_query(text)) {
    for (const auto& [name, value] : *query) expect(name.size() + value.size() < text.size() + 1);
  }
  const auto name = some_routes().name_of("GET", text);
  if (!text.starts_with('/')) expect(name.empty());
  if (name == "GET /bot{token}/{method}") expect(text.starts_with("/bot"));
  return 0;
}
