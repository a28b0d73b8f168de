#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <stdexcept>

#include "base/text/json_text.hpp"
#include "platform/http/server.hpp"
#include "platform/http/wire.hpp"

namespace tandem::http {

namespace {

struct route {
  std::string name;  // "GET /posts/{id}"
  std::string method;
  std::vector<std::string> captures;  // names, in the order of the path
  handler answer;
  route_limits limits;
};

// A part of the path. Children are tried from the narrowest to the widest.
struct node {
  std::map<std::string, std::unique_ptr<node>, std::less<>> literal;
  std::map<std::string, std::unique_ptr<node>, std::greater<>> prefixed;  // the longer prefix first
  std::unique_ptr<node> any;
  std::vector<route> here;  // a route per method
  std::vector<route> rest;  // of {name...}
};

struct match {
  const std::vector<route>* routes = nullptr;
  std::vector<std::string_view> values;  // still percent-encoded
};

// The parts of a path: "/a/b" has "a" and "b"; "/" has one, which is empty.
std::string_view next_part(std::string_view& path) {
  path.remove_prefix(1);  // the slash
  const auto end = std::min(path.find('/'), path.size());
  const auto part = path.substr(0, end);
  path.remove_prefix(end);
  return part;
}

bool find(const node& at, std::string_view path, match& found) {
  if (path.empty()) {
    if (at.here.empty()) return false;
    found.routes = &at.here;
    return true;
  }
  auto left = path;
  const auto part = next_part(left);
  if (const auto child = at.literal.find(part);
      child != at.literal.end() && find(*child->second, left, found)) {
    return true;
  }
  const auto depth = found.values.size();
  for (const auto& [prefix, child] : at.prefixed) {
    if (!part.starts_with(prefix) || part.size() == prefix.size()) continue;
    found.values.push_back(part.substr(prefix.size()));
    if (find(*child, left, found)) return true;
    found.values.resize(depth);
  }
  if (at.any && !part.empty()) {
    found.values.push_back(part);
    if (find(*at.any, left, found)) return true;
    found.values.resize(depth);
  }
  if (!at.rest.empty()) {
    found.routes = &at.rest;
    found.values.push_back(path.substr(1));
    return true;
  }
  return false;
}

const route* by_method(const std::vector<route>& routes, std::string_view method) {
  for (const auto& one : routes) {
    if (one.method == method) return &one;
  }
  return method == "HEAD" ? by_method(routes, "GET") : nullptr;
}

// ---- files

std::string_view type_of(std::string_view file) {
  static constexpr std::pair<std::string_view, std::string_view> types[] = {
      {".html", "text/html; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".svg", "image/svg+xml"},
      {".txt", "text/plain; charset=utf-8"},
      {".xml", "application/xml"},
      {".webmanifest", "application/manifest+json"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".webp", "image/webp"},
      {".gif", "image/gif"},
      {".ico", "image/x-icon"},
      {".woff2", "font/woff2"},
      {".woff", "font/woff"},
      {".wasm", "application/wasm"},
      {".mp4", "video/mp4"},
      {".pdf", "application/pdf"}};
  for (const auto& [ending, type] : types) {
    if (file.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

// A path below a folder must not leave it, and hidden files are nobody's business.
bool is_inside(std::string_view path) {
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    if (path.starts_with('.') || path.substr(0, end).find('\\') != std::string_view::npos) return false;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return true;
}

struct file_handle {
  explicit file_handle(const std::string& path)
      : number(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~file_handle() {
    if (number >= 0) ::close(number);
  }
  file_handle(const file_handle&) = delete;
  file_handle& operator=(const file_handle&) = delete;
  int number;
};

constexpr std::int64_t largest_file = 64 << 20;

// Whether one of the tags in If-None-Match is this one; compared weakly (RFC 9110 §13.1.2).
bool names_tag(std::string_view list, std::string_view tag) {
  return list == "*" || has_token(list, tag) || has_token(list, tag.substr(2));
}

response file_answer(const std::string& folder, const std::string& index, std::string_view path,
                     const request& what) {
  const auto missing = [] { return json_error(404, "not_found", "There is nothing here."); };
  if (!is_inside(path)) return missing();
  std::string name = folder + "/" + std::string(path);
  struct stat found{};
  if (::stat(name.c_str(), &found) != 0) return missing();
  if (S_ISDIR(found.st_mode)) name += (name.ends_with('/') ? "" : "/") + index;
  const file_handle file(name);
  if (file.number < 0 || ::fstat(file.number, &found) != 0 || !S_ISREG(found.st_mode)) return missing();
  if (found.st_size > largest_file) throw std::runtime_error("too large to be served: " + name);

  response out;
  const auto tag = "W/\"" + std::to_string(found.st_mtim.tv_sec) + "-" +
                   std::to_string(found.st_mtim.tv_nsec) + "-" + std::to_string(found.st_size) + "\"";
  out.headers.add("ETag", tag);
  // Names made by the bundler carry a hash of their content and never change what they mean.
  const bool immutable = path.starts_with("assets/");
  out.headers.add("Cache-Control", immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (const auto known = what.headers.find("If-None-Match"); known && names_tag(*known, tag)) {
    out.status = 304;
    return out;
  }
  out.headers.add("Content-Type", std::string(type_of(name)));
  out.headers.add("X-Content-Type-Options", "nosniff");
  out.body.resize(static_cast<std::size_t>(found.st_size));
  std::size_t have = 0;
  while (have < out.body.size()) {
    const auto got = ::read(file.number, out.body.data() + have, out.body.size() - have);
    if (got <= 0) throw std::runtime_error("cannot read " + name);
    have += static_cast<std::size_t>(got);
  }
  return out;
}

// The encoded path of a request; made-up requests of tests may have the decoded one only.
std::string_view raw_path(const request& what) {
  const std::string_view target =
      what.target.empty() ? std::string_view(what.path) : std::string_view(what.target);
  return target.substr(0, target.find_first_of("?#"));
}

}  // namespace

struct router::table {
  node root;

  match lookup(std::string_view path) const {
    match found;
    path = path.substr(0, path.find_first_of("?#"));
    if (path.starts_with('/')) find(root, path, found);
    return found;
  }
  const route* lookup(std::string_view method, std::string_view path) const {
    const auto found = lookup(path);
    return found.routes == nullptr ? nullptr : by_method(*found.routes, method);
  }
};

router::router() : table_(std::make_unique<table>()) {}
router::~router() = default;
router::router(router&&) noexcept = default;

void router::add(std::string method, std::string pattern, handler answer, route_limits limits) {
  if (!pattern.starts_with('/')) throw std::logic_error("a route begins with a slash: " + pattern);
  route added{method + " " + pattern, std::move(method), {}, std::move(answer), limits};
  node* at = &table_->root;
  bool rest = false;
  for (std::string_view left = pattern; !left.empty();) {
    if (rest) throw std::logic_error("nothing can follow the rest of a path: " + pattern);
    const auto part = next_part(left);
    const auto brace = part.find('{');
    std::unique_ptr<node>* child = nullptr;
    if (brace == std::string_view::npos) {
      child = &at->literal[std::string(part)];
    } else {
      if (!part.ends_with('}')) throw std::logic_error("a name ends its part of the path: " + pattern);
      const auto name = part.substr(brace + 1, part.size() - brace - 2);
      rest = name.ends_with("...");
      if (rest && brace != 0) throw std::logic_error("the rest of a path begins at a slash: " + pattern);
      added.captures.emplace_back(rest ? name.substr(0, name.size() - 3) : name);
      if (rest) continue;
      child = brace == 0 ? &at->any : &at->prefixed[std::string(part.substr(0, brace))];
    }
    if (!*child) *child = std::make_unique<node>();
    at = child->get();
  }
  auto& routes = rest ? at->rest : at->here;
  for (const auto& other : routes) {
    if (other.method == added.method)
      throw std::logic_error(added.name + " is there twice, also as " + other.name);
  }
  routes.push_back(std::move(added));
}

void router::add_static(std::string prefix, std::string folder, std::string index) {
  while (prefix.ends_with('/')) prefix.pop_back();
  handler serve = [folder = std::move(folder), index = std::move(index)](request what) -> task<response> {
    co_return file_answer(folder, index, what.path_value("file"), what);
  };
  if (!prefix.empty()) add("GET", prefix, serve);
  add("GET", prefix + "/{file...}", std::move(serve));
}

task<response> router::answer(request what) const {
  const auto found = table_->lookup(raw_path(what));
  if (found.routes == nullptr) co_return json_error(404, "not_found", "There is nothing here.");
  const auto* route = by_method(*found.routes, what.method);
  if (route == nullptr) {
    auto refusal = json_error(405, "method_not_allowed", "This address does not know that method.");
    std::string allowed;
    for (const auto& one : *found.routes) allowed += (allowed.empty() ? "" : ", ") + one.method;
    refusal.headers.add("Allow", std::move(allowed));
    co_return refusal;
  }
  what.captured.reserve(found.values.size());
  for (std::size_t i = 0; i < found.values.size(); ++i) {
    auto value = percent_decoded(found.values[i], false);
    if (!value) co_return json_error(400, "bad_request", "The address is malformed.");
    what.captured.emplace_back(route->captures[i], std::move(*value));
  }
  co_return co_await route->answer(std::move(what));
}

route_limits router::limits_for(std::string_view method, std::string_view path) const {
  const auto* route = table_->lookup(method, path);
  return route == nullptr ? route_limits{} : route->limits;
}

std::string_view router::name_of(std::string_view method, std::string_view path) const {
  const auto* route = table_->lookup(method, path);
  return route == nullptr ? std::string_view{} : std::string_view(route->name);
}

response json_error(int status, std::string_view code, std::string_view message) {
  return response::json(status, R"({"error":{"code":)" + text::json_text(code) + R"(,"message":)" +
                                    text::json_text(message) + "}}");
}

}  // namespace tandem::http
