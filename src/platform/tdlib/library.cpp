#include "platform/tdlib/library.hpp"

#include <dlfcn.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "platform/log/log.hpp"

namespace tandem::tdlib {
namespace {

// What TDLib itself calls fatal: it ends the process right after. Called on any of its threads.
void note_fatal(int level, const char* message) {
  static const log::logger log("tdlib");
  if (level == 0) log.error("TDLib has failed", {{"said", message}});
}

class loaded final : public library {
 public:
  loaded(std::filesystem::path file, void* handle)
      : file_(std::move(file)),
        create_(function<int()>(handle, "td_create_client_id")),
        send_(function<void(int, const char*)>(handle, "td_send")),
        receive_(function<const char*(double)>(handle, "td_receive")),
        execute_(function<const char*(const char*)>(handle, "td_execute")),
        set_log_(function<void(int, void (*)(int, const char*))>(handle, "td_set_log_message_callback")) {}

  bool is_complete() const { return create_ && send_ && receive_ && execute_ && set_log_; }

  void silence() const {
    set_log_(0, note_fatal);
    execute_(R"({"@type":"setLogStream","log_stream":{"@type":"logStreamEmpty"}})");
    execute_(R"({"@type":"setLogVerbosityLevel","new_verbosity_level":0})");
  }

  const std::filesystem::path& file() const override { return file_; }
  std::string version() const override {
    const auto answer = boost::json::parse(execute(R"({"@type":"getOption","name":"version"})"));
    const auto* value = answer.as_object().if_contains("value");
    return value && value->is_string() ? std::string(value->as_string()) : "of no known version";
  }
  int create_client() const override { return create_(); }
  void send(int client, const std::string& request) const override { send_(client, request.c_str()); }
  const char* receive(double seconds) const override { return receive_(seconds); }
  std::string execute(const std::string& request) const override {
    const char* answer = execute_(request.c_str());
    return answer ? answer : R"({"@type":"error","code":400,"message":"no answer"})";
  }

 private:
  template <class F>
  static F* function(void* handle, const char* name) {
    return reinterpret_cast<F*>(::dlsym(handle, name));
  }

  std::filesystem::path file_;
  int (*create_)();
  void (*send_)(int, const char*);
  const char* (*receive_)(double);
  const char* (*execute_)(const char*);
  void (*set_log_)(int, void (*)(int, const char*));
};

}  // namespace

std::expected<std::unique_ptr<library>, std::string> load_library(
    std::span<const std::filesystem::path> places) {
  std::string looked_at;
  for (const auto& place : places) {
    std::error_code ignored;
    if (!std::filesystem::exists(place, ignored)) {
      looked_at += (looked_at.empty() ? "" : ", ") + place.string();
      continue;
    }
    // Its threads live as long as the process: it is never unloaded.
    void* handle = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!handle) return std::unexpected(std::string("libtdjson cannot be loaded: ") + ::dlerror());
    auto out = std::make_unique<loaded>(place, handle);
    if (!out->is_complete()) {
      return std::unexpected(place.string() +
                             " is no libtdjson, or one older than 1.8: functions are missing in it");
    }
    out->silence();
    return out;
  }
  return std::unexpected("libtdjson is not there (looked at " + looked_at +
                         "): run ./run --build-only, which fetches it, or set tdlib to the path of your own");
}

}  // namespace tandem::tdlib
