#include <curl/curl.h>
#include <unistd.h>

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <stdexcept>

#include "async/event.hpp"
#include "platform/http/client.hpp"
#include "platform/http/wire.hpp"

namespace tandem::http {

namespace asio = boost::asio;

namespace {

class multi;

struct list_deleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct easy_deleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using easy_handle = std::unique_ptr<CURL, easy_deleter>;

// A request on its way. Lives in the coroutine of send().
struct exchange {
  exchange(const executor& on, const fetch& its_request) : request(its_request), finished(on) {}
  const fetch& request;
  async::event finished;
  CURLcode result = CURLE_OK;
  response answer;
  std::unique_ptr<curl_slist, list_deleter> headers;
  bool too_large = false;
  bool head_whole = false;  // libcurl takes an answer that breaks off within its headers for an empty one
};

std::size_t take_body(char* data, std::size_t one, std::size_t count, void* into) {
  auto& to = *static_cast<exchange*>(into);
  const auto size = one * count;
  if (to.answer.body.size() + size > to.request.max_body) {
    to.too_large = true;
    return 0;
  }
  to.answer.body.append(data, size);
  return size;
}

std::size_t take_header(char* data, std::size_t one, std::size_t count, void* into) {
  auto& to = *static_cast<exchange*>(into);
  std::string_view line(data, one * count);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    to.answer
        .headers = {};  // of the last answer only: before it there may be 100 Continue, a proxy, redirects
    to.answer.body.clear();
    to.head_whole = false;
    return one * count;
  }
  if (line.empty()) to.head_whole = true;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return one * count;
  auto value = line.substr(colon + 1);
  while (value.starts_with(' ') || value.starts_with('\t')) value.remove_prefix(1);
  to.answer.headers.add(std::string(line.substr(0, colon)), std::string(value));
  return one * count;
}

// Nothing of the request can have reached the server.
bool is_unsent(CURLcode code) {
  return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
         code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR ||
         code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CERTPROBLEM ||
         code == CURLE_SSL_CACERT_BADFILE || code == CURLE_PROXY;
}

// libcurl's multi handle, told by Asio what happens on its sockets and when its timer has passed.
class multi : public std::enable_shared_from_this<multi> {
 public:
  multi(executor on, client_options options)
      : on_(on), options_(std::move(options)), timer_(on), handle_(curl_multi_init()) {
    if (handle_ == nullptr) throw std::runtime_error("libcurl does not start");
    curl_multi_setopt(handle_, CURLMOPT_SOCKETFUNCTION, &multi::on_socket);
    curl_multi_setopt(handle_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(handle_, CURLMOPT_TIMERFUNCTION, &multi::on_timer);
    curl_multi_setopt(handle_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(handle_, CURLMOPT_MAX_HOST_CONNECTIONS,
                      static_cast<long>(options_.connections_per_host));
    curl_multi_setopt(handle_, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
  }
  ~multi() {
    spare_.clear();
    curl_multi_cleanup(handle_);
    for (auto& [number, one] : watched_) one->descriptor.release();
  }
  multi(const multi&) = delete;
  multi& operator=(const multi&) = delete;

  const executor& on() const { return on_; }

  easy_handle prepare(exchange& what) {
    easy_handle easy;
    if (spare_.empty()) {
      easy.reset(curl_easy_init());
      if (!easy) throw std::bad_alloc();
    } else {
      easy = std::move(spare_.back());
      spare_.pop_back();
    }
    const auto set = [&](auto option, auto value) {
      if (const auto code = curl_easy_setopt(easy.get(), option, value); code != CURLE_OK) {
        throw std::runtime_error(std::string("libcurl: ") + curl_easy_strerror(code));
      }
    };
    const auto& request = what.request;
    set(CURLOPT_PRIVATE, &what);
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_NOPROXY, "");
    set(CURLOPT_PROXY, options_.proxy.c_str());  // "" also keeps the environment out
    set(CURLOPT_HTTP_VERSION,
        static_cast<long>(options_.http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
    set(CURLOPT_USERAGENT, options_.user_agent.c_str());
    if (!options_.ca_file.empty()) set(CURLOPT_CAINFO, options_.ca_file.c_str());
    set(CURLOPT_ACCEPT_ENCODING, "");  // all that libcurl can decode
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_limit.count()));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(request.limit.count(), 1)));
    set(CURLOPT_FOLLOWLOCATION, request.follow_redirects ? 1L : 0L);
    set(CURLOPT_MAXREDIRS, 5L);
    set(CURLOPT_WRITEFUNCTION, &take_body);
    set(CURLOPT_WRITEDATA, &what);
    set(CURLOPT_HEADERFUNCTION, &take_header);
    set(CURLOPT_HEADERDATA, &what);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_TCP_NODELAY, 1L);
    set_method(set, request);
    set_headers(what);
    set(CURLOPT_HTTPHEADER, what.headers.get());
    return easy;
  }

  void add(CURL* easy) {
    if (const auto code = curl_multi_add_handle(handle_, easy); code != CURLM_OK) {
      throw std::runtime_error(std::string("libcurl: ") + curl_multi_strerror(code));
    }
  }
  // Also while it is in work: the request is then given up.
  void remove(easy_handle easy) {
    curl_multi_remove_handle(handle_, easy.get());
    if (spare_.size() >= most_spare) return;
    curl_easy_reset(easy.get());
    spare_.push_back(std::move(easy));
  }

 private:
  static constexpr std::size_t most_spare = 32;

  struct watch {
    explicit watch(const executor& on, curl_socket_t socket) : descriptor(on, socket) {}
    asio::posix::stream_descriptor descriptor;
    int wanted = CURL_POLL_NONE;
    bool reading = false, writing = false;  // a wait is on its way
    bool ended = false;
  };

  static void set_method(const auto& set, const fetch& request) {
    if (request.method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
      return;
    }
    const bool has_body = !request.body.empty() || request.method == "POST" || request.method == "PUT";
    if (has_body) {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      set(CURLOPT_POSTFIELDS, request.body.data());
    }
    if (request.method != (has_body ? "POST" : "GET")) set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  static void set_headers(exchange& what) {
    const auto append = [&](const std::string& line) {
      auto* longer = curl_slist_append(what.headers.get(), line.c_str());
      if (longer == nullptr) throw std::bad_alloc();
      what.headers.release();
      what.headers.reset(longer);
    };
    append("Expect:");  // no 100 Continue: it costs a second with servers that do not know it
    if (!what.request.headers.find("Content-Type")) append("Content-Type:");  // libcurl would call it a form
    std::string line;
    for (const auto& [name, value] : what.request.headers) {
      line.clear();
      write_header(line, name, value);
      line.resize(line.size() - 2);
      // libcurl takes "Name:" for a wish to leave the header out.
      if (value.empty()) line.assign(name).append(";");
      append(line);
    }
  }

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
    static_cast<multi*>(self)->want(socket, what);
    return 0;
  }
  static int on_timer(CURLM*, long after_ms, void* self) {
    static_cast<multi*>(self)->arm(after_ms);
    return 0;
  }

  void want(curl_socket_t socket, int what) {
    auto found = watched_.find(socket);
    if (what == CURL_POLL_REMOVE) {
      if (found == watched_.end()) return;
      found->second->ended = true;
      found->second->descriptor
          .release();  // libcurl closes it; waits that are on their way end with an error
      watched_.erase(found);
      return;
    }
    if (found == watched_.end()) found = watched_.emplace(socket, std::make_shared<watch>(on_, socket)).first;
    found->second->wanted = what;
    wait(socket, found->second);
  }

  auto ready(curl_socket_t socket, const std::shared_ptr<watch>& on, int direction) {
    return [weak = weak_from_this(), socket, on, direction](const boost::system::error_code& error) {
      (direction == CURL_CSELECT_IN ? on->reading : on->writing) = false;
      const auto self = weak.lock();
      if (!self || on->ended || error == asio::error::operation_aborted) return;
      // Not wanted any more: the wait was for something that libcurl has since got.
      const int wanted = direction == CURL_CSELECT_IN ? CURL_POLL_IN : CURL_POLL_OUT;
      if ((on->wanted & wanted) == 0) return;
      self->act(socket, error ? CURL_CSELECT_ERR : direction);
      if (!on->ended) self->wait(socket, on);
    };
  }

  void wait(curl_socket_t socket, const std::shared_ptr<watch>& on) {
    if ((on->wanted & CURL_POLL_IN) != 0 && !on->reading) {
      on->reading = true;
      on->descriptor.async_wait(asio::posix::descriptor_base::wait_read, ready(socket, on, CURL_CSELECT_IN));
    }
    if ((on->wanted & CURL_POLL_OUT) != 0 && !on->writing) {
      on->writing = true;
      on->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                                ready(socket, on, CURL_CSELECT_OUT));
    }
  }

  void arm(long after_ms) {
    timer_.cancel();
    if (after_ms < 0) return;
    timer_.expires_after(std::chrono::milliseconds(after_ms));
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
      const auto self = weak.lock();
      if (self && !error) self->act(CURL_SOCKET_TIMEOUT, 0);
    });
  }

  void act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(handle_, socket, events, &running);
    int left = 0;
    while (const auto* message = curl_multi_info_read(handle_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      void* belongs_to = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &belongs_to);
      auto& what = *static_cast<exchange*>(belongs_to);
      what.result = message->data.result;
      what.finished.ring();
    }
  }

  executor on_;
  client_options options_;
  asio::steady_timer timer_;
  CURLM* handle_;
  std::unordered_map<curl_socket_t, std::shared_ptr<watch>> watched_;
  std::vector<easy_handle> spare_;
};

// Takes the request out of the multi handle however send() ends.
struct removal {
  std::shared_ptr<multi> from;
  easy_handle easy;
  ~removal() { from->remove(std::move(easy)); }
};

class curl_client final : public client {
 public:
  curl_client(executor on, client_options options) : multi_(make(std::move(on), std::move(options))) {}

  task<response> send(fetch what) override {
    exchange in_work(multi_->on(), what);
    const removal at_the_end{multi_, multi_->prepare(in_work)};
    CURL* easy = at_the_end.easy.get();
    multi_->add(easy);
    co_await in_work.finished.wait();
    if (in_work.result != CURLE_OK) fail(in_work, easy);
    if (!in_work.head_whole) throw no_answer("the answer broke off", true, false);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    in_work.answer.status = static_cast<int>(status);
    co_return std::move(in_work.answer);
  }

 private:
  static std::shared_ptr<multi> make(executor on, client_options options) {
    // Once per process, as libcurl wants it; never undone, since other clients may live on.
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) throw std::runtime_error("libcurl does not start");
    return std::make_shared<multi>(std::move(on), std::move(options));
  }

  [[noreturn]] static void fail(const exchange& what, CURL* easy) {
    if (what.too_large) throw no_answer("the answer is too large", true, false);
    long request_bytes = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &request_bytes);
    const bool sent = !is_unsent(what.result) && request_bytes > 0;
    throw no_answer(curl_easy_strerror(what.result), sent, what.result == CURLE_OPERATION_TIMEDOUT);
  }

  std::shared_ptr<multi> multi_;
};

}  // namespace

std::unique_ptr<client> make_curl_client(executor on, client_options options) {
  return std::make_unique<curl_client>(std::move(on), std::move(options));
}

}  // namespace tandem::http
