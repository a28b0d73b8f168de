// The blob store on S3 beside bare libcurl with presigned addresses, on one server of their own
// (tests/engines/s3rver, which needs npm), interleaved. No arguments:  build/release/bench/s3_bench One after
// the other over one kept connection each; a photo has 200 kB. Ours also hashes, signs and checks.
#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <random>

#include "async/loop.hpp"
#include "engines/s3_server.hpp"
#include "platform/blob/blob.hpp"
#include "platform/http/client.hpp"

using namespace tandem;
using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

constexpr int rounds = 3, photos = 200;

void must(bool fine, std::string_view what) {
  if (!fine) throw std::runtime_error(std::string(what));
}

std::vector<std::byte> photo(std::size_t size, std::mt19937& dice) {
  std::vector<std::byte> out(size);
  std::ranges::generate(out, [&dice] { return static_cast<std::byte>(dice()); });
  return out;
}

std::size_t take(char*, std::size_t size, std::size_t count, void* into) {
  *static_cast<std::size_t*>(into) += size * count;
  return size * count;
}

struct upload {
  const std::vector<std::byte>& bytes;
  std::size_t at = 0;
};
std::size_t give(char* into, std::size_t size, std::size_t count, void* from) {
  auto& what = *static_cast<upload*>(from);
  const auto part = std::min(size * count, what.bytes.size() - what.at);
  std::copy_n(reinterpret_cast<const char*>(what.bytes.data()) + what.at, part, into);
  what.at += part;
  return part;
}

class bare_curl {
 public:
  bare_curl() : easy_(curl_easy_init(), &curl_easy_cleanup) {}
  void put(const std::string& link, const std::vector<std::byte>& bytes) {
    upload what{bytes};
    curl_easy_reset(easy_.get());
    curl_easy_setopt(easy_.get(), CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy_.get(), CURLOPT_READFUNCTION, give);
    curl_easy_setopt(easy_.get(), CURLOPT_READDATA, &what);
    curl_easy_setopt(easy_.get(), CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(bytes.size()));
    const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> no_waiting(
        curl_slist_append(nullptr, "Expect:"), &curl_slist_free_all);
    curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, no_waiting.get());
    ask(link);
  }
  void get(const std::string& link, std::size_t size) {
    curl_easy_reset(easy_.get());
    must(ask(link) == size, "a wrong size");
  }

 private:
  std::size_t ask(const std::string& link) {
    std::size_t got = 0;
    long status = 0;
    curl_easy_setopt(easy_.get(), CURLOPT_URL, link.c_str());
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, &got);
    must(curl_easy_perform(easy_.get()) == CURLE_OK, "curl failed");
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    must(status == 200, "curl was refused");
    return got;
  }
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
};

struct figures {
  double per_second = 0, p50_ms = 0, p99_ms = 0;
};

template <class Work>
figures measure(int count, Work work) {
  std::vector<double> times;
  const auto begun = steady::now();
  for (int n = 0; n < count; ++n) {
    const auto at = steady::now();
    work(n);
    times.push_back(std::chrono::duration<double, std::milli>(steady::now() - at).count());
  }
  const auto seconds = std::chrono::duration<double>(steady::now() - begun).count();
  std::ranges::sort(times);
  return {count / seconds, times[times.size() / 2], times[times.size() * 99 / 100]};
}

void show(std::string_view what, const figures& bare, const figures& ours) {
  fmt::print(
      "{:<18} curl {:>6.0f}/s p50 {:>6.2f} ms p99 {:>6.2f} ms   ours {:>6.0f}/s p50 {:>6.2f} ms p99 {:>6.2f} "
      "ms"
      "   rate {:.2f}\n",
      what, bare.per_second, bare.p50_ms, bare.p99_ms, ours.per_second, ours.p50_ms, ours.p99_ms,
      ours.per_second / bare.per_second);
}

}  // namespace

int main() {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);  // into a pipe too: whoever ends it early has what was measured
  s3::server_for_test server;
  async::loop io;
  const system_clock time;
  const auto http = http::make_plain_client(io.on(), {});
  s3::bucket_options options;
  options.at = server.at("bench");
  options.key_id = options.secret = s3::server_for_test::key;
  const auto bucket = s3::make_bucket(*http, time, options);
  const auto blobs = blob::make_s3_store(*bucket, time);
  bare_curl curl;
  std::mt19937 dice(1);

  const auto compare = [&](std::string_view name, std::size_t size, int count) {
    std::vector<std::vector<std::byte>> mine, theirs;
    for (int n = 0; n < count; ++n) {
      mine.push_back(photo(size, dice));
      theirs.push_back(photo(size, dice));
    }
    std::vector<std::string> put_links, get_links, ids(static_cast<std::size_t>(count));
    for (int n = 0; n < count; ++n) {
      const auto key = "curl" + std::to_string(n);
      put_links.push_back(bucket->link("PUT", key, time.now(), 1h));
      get_links.push_back(bucket->link("GET", key, time.now(), 1h));
    }
    const auto at = [](int n) { return static_cast<std::size_t>(n); };
    const auto curl_put = measure(count, [&](int n) { curl.put(put_links[at(n)], theirs[at(n)]); });
    const auto our_put = measure(count, [&](int n) { ids[at(n)] = io.run(blobs->put(mine[at(n)])); });
    const auto curl_get = measure(count, [&](int n) { curl.get(get_links[at(n)], size); });
    const auto our_get =
        measure(count, [&](int n) { must(io.run(blobs->get(ids[at(n)])) == mine[at(n)], "wrong bytes"); });
    show(fmt::format("{} put", name), curl_put, our_put);
    show(fmt::format("{} get", name), curl_get, our_get);
  };
  for (int round = 0; round < rounds; ++round) {
    compare("200 kB", 200'000, photos);
    compare("20 MB", 20'000'000, 5);
  }
  int signed_links = 0;
  const auto begun = steady::now();
  std::size_t bytes = 0;
  const std::string id(64, 'a');
  for (; steady::now() - begun < 1s; ++signed_links) bytes += blobs->link(id, time.now() + 1h).size();
  fmt::print("links: {} a second ({} bytes each)\n", signed_links,
             bytes / static_cast<std::size_t>(signed_links));
}
