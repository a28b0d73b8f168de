#include <fmt/format.h>
#include <sodium.h>

#include "async/offload.hpp"
#include "platform/s3/s3.hpp"

namespace tandem::s3 {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t bytes_a_second = 256 << 10;
constexpr std::size_t most_in_a_page = 1000;  // S3's own bound
constexpr std::chrono::seconds longest_link = 7 * 24h;
constexpr std::string_view empty_hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// What of a request differs from one kind to the next.
struct ask {
  std::string method = "GET";
  std::string key;  // "": the bucket itself
  fields query;
  std::string body;
  std::string hash{empty_hash};
  std::size_t expected = 0;  // bytes of the answer, for its time
};

std::string completion(const std::vector<std::string>& tags) {
  std::string out = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t at = 0; at < tags.size(); ++at) {
    out += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", at + 1, tags[at]);
  }
  return out + "</CompleteMultipartUpload>";
}

class http_bucket final : public bucket {
 public:
  http_bucket(http::client& through, const clock& time, bucket_options options)
      : http_(through), time_(time), options_(std::move(options)) {
    if (sodium_init() < 0) throw std::runtime_error("libsodium does not start");
    const auto& at = options_.at;
    with_ = {options_.key_id, options_.secret, at.region};
    host_ = at.host_style ? at.bucket + "." + at.host : at.host;
    if (at.port != 0 && at.port != (at.tls ? 443 : 80)) host_ += ":" + std::to_string(at.port);
    root_ = (at.tls ? "https://" : "http://") + host_;
  }

  task<> put(std::string key, std::vector<std::byte> bytes, std::string hash) override {
    if (bytes.size() > options_.whole_up_to) {
      co_await put_in_parts(std::move(key), bytes);
      co_return;
    }
    ask what;
    what.method = "PUT";
    what.key = std::move(key);
    what.body = text_of(bytes);
    what.hash = std::move(hash);
    const auto answer = co_await send(std::move(what));
    must_be(answer, 200);
  }

  task<std::optional<std::vector<std::byte>>> get(std::string key) override {
    ask what;
    what.key = std::move(key);
    what.expected = options_.usual_bytes;
    const auto answer = co_await send(std::move(what));
    if (answer.status == 404 && read_problem(answer.body).starts_with("NoSuchKey")) co_return std::nullopt;
    must_be(answer, 200);
    const auto bytes = std::as_bytes(std::span(answer.body));
    co_return std::vector<std::byte>(bytes.begin(), bytes.end());
  }

  task<bool> exists(std::string key) override {
    ask what;
    what.method = "HEAD";
    what.key = std::move(key);
    const auto answer = co_await send(std::move(what));
    if (answer.status == 404) co_return false;
    must_be(answer, 200);
    co_return true;
  }

  task<> remove(std::string key) override {
    ask what;
    what.method = "DELETE";
    what.key = std::move(key);
    const auto answer = co_await send(std::move(what));
    if (answer.status != 404) must_be(answer, 204);
  }

  task<std::vector<object>> list(std::string after, std::size_t limit) override {
    std::vector<object> out;
    std::string next;
    while (out.size() < limit) {
      ask what;
      what.query = {{"list-type", "2"},
                    {"max-keys", std::to_string(std::min(limit - out.size(), most_in_a_page))}};
      if (!options_.at.prefix.empty()) what.query.emplace_back("prefix", options_.at.prefix);
      if (!next.empty()) {
        what.query.emplace_back("continuation-token", next);
      } else if (!after.empty()) {
        what.query.emplace_back("start-after", options_.at.prefix + after);
      }
      const auto answer = co_await send(std::move(what));
      must_be(answer, 200);
      auto page = read_listing(answer.body);
      if (!page) throw refused("the store answers a listing that cannot be read", answer.status);
      for (auto& one : page->objects) {
        one.key.erase(0, options_.at.prefix.size());
        out.push_back(std::move(one));
      }
      next = std::move(page->next);
      if (next.empty()) break;
    }
    co_return out;
  }

  std::string link(std::string_view method, std::string_view key, instant from,
                   std::chrono::seconds lasts) const override {
    request_to_sign what;
    what.method = method;
    what.host = host_;
    what.path = path_of(key);
    return root_ + encode(what.path, true) + "?" +
           presign(what, with_, from, std::clamp<std::chrono::seconds>(lasts, 1s, longest_link));
  }

 private:
  std::string path_of(std::string_view key) const {
    std::string path = options_.at.host_style ? "/" : "/" + options_.at.bucket;
    if (key.empty()) return path;
    if (!path.ends_with('/')) path.push_back('/');
    return path.append(options_.at.prefix).append(key);
  }

  task<http::response> send(ask what) {
    request_to_sign to_sign;
    to_sign.method = what.method;
    to_sign.host = host_;
    to_sign.path = path_of(what.key);
    to_sign.query = what.query;
    to_sign.payload_hash = what.hash;
    http::fetch out;
    out.method = what.method;
    out.url = root_ + encode(to_sign.path, true);
    if (!what.query.empty()) out.url += "?" + canonical_query(what.query);
    for (auto& [name, value] : sign(to_sign, with_, time_.now())) out.headers.add(name, std::move(value));
    out.connect_limit = std::min(out.connect_limit, options_.limit);
    out.limit = options_.limit +
                std::chrono::milliseconds(1000 * (what.body.size() + what.expected) / bytes_a_second);
    out.max_body = options_.most_bytes;
    out.body = std::move(what.body);
    // All that we ask is safe to repeat: a key always gets the same bytes.
    try {
      auto work = http::send_with_retries(http_, std::move(out), options_.retries);
      co_return co_await std::move(work);
    } catch (const http::no_answer& none) {
      throw unavailable(none.what());
    }
  }

  static void must_be(const http::response& answer, int status) {
    if (answer.status == status) return;
    auto words = read_problem(answer.body);
    if (words.empty()) words = "status " + std::to_string(answer.status);
    if (answer.status >= 500 || answer.status == 429) throw unavailable(words);
    throw refused(words, answer.status);
  }

  task<> put_in_parts(std::string key, std::span<const std::byte> bytes) {
    ask begin;
    begin.method = "POST";
    begin.key = key;
    begin.query = {{"uploads", ""}};
    const auto begun = co_await send(std::move(begin));
    must_be(begun, 200);
    const auto upload = s3::text_of(begun.body, "UploadId");
    if (!upload || upload->empty()) throw refused("the store begins an upload without an id", begun.status);
    std::exception_ptr failure;
    try {
      co_await put_parts(key, *upload, bytes);
      co_return;
    } catch (const std::runtime_error&) {
      failure = std::current_exception();
    }
    // Parts of an upload that never ends are kept, and paid for.
    try {
      ask end;
      end.method = "DELETE";
      end.key = std::move(key);
      end.query = {{"uploadId", *upload}};
      co_await send(std::move(end));
    } catch (const unavailable&) {  // the bucket's own rule for old uploads has to do it
    }
    std::rethrow_exception(failure);
  }

  task<> put_parts(std::string key, std::string upload, std::span<const std::byte> bytes) {
    std::vector<std::string> tags;
    for (std::size_t at = 0; at < bytes.size(); at += options_.part_bytes) {
      const auto part = bytes.subspan(at, std::min(options_.part_bytes, bytes.size() - at));
      ask what;
      what.method = "PUT";
      what.key = key;
      what.query = {{"partNumber", std::to_string(tags.size() + 1)}, {"uploadId", upload}};
      what.body = text_of(part);
      std::function<std::string()> hash = [part] { return sha256_hex(part); };
      what.hash = co_await burning_.run(std::move(hash));
      const auto answer = co_await send(std::move(what));
      must_be(answer, 200);
      tags.emplace_back(answer.headers.value_or("ETag", ""));
    }
    ask end;
    end.method = "POST";
    end.key = key;
    end.query = {{"uploadId", upload}};
    end.body = completion(tags);
    end.hash = sha256_hex(end.body);
    end.expected = bytes.size();  // the store puts the parts together before it answers
    const auto answer = co_await send(std::move(end));
    // The answer to an earlier try may have been lost: then the upload is no more, and the object is there.
    if (answer.status == 404 && co_await exists(key)) co_return;
    must_be(answer, 200);
    if (const auto problem = read_problem(answer.body); !problem.empty())
      throw unavailable(problem);  // yes, with 200
  }

  http::client& http_;
  const clock& time_;
  bucket_options options_;
  credentials with_;
  std::string host_, root_;
  async::thread_pool burning_{1};
};

}  // namespace

std::unique_ptr<bucket> make_bucket(http::client& through, const clock& time, bucket_options options) {
  return std::make_unique<http_bucket>(through, time, std::move(options));
}

}  // namespace tandem::s3
