#include "platform/images/images.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "async/offload.hpp"

namespace tandem::images {
namespace {

constexpr auto patience = std::chrono::seconds(15);  // the child's own limit is 10 s of processor time
constexpr std::size_t most_output = 32 * 1024 * 1024;

class descriptor {
 public:
  explicit descriptor(int number = -1) : number_(number) {}
  descriptor(descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  descriptor& operator=(descriptor&&) = delete;
  ~descriptor() { close(); }
  void close() {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }
  int get() const { return number_; }

 private:
  int number_;
};

struct both_ends {
  descriptor read, write;
};
// For the child's input: a pipe would kill this process with SIGPIPE when the child ends early.
both_ends make_sockets() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  return {descriptor(ends[0]), descriptor(ends[1])};
}
both_ends make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  return {descriptor(ends[0]), descriptor(ends[1])};
}

pid_t start(const std::filesystem::path& program, const char* job, int in, int out) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in, 0);
  posix_spawn_file_actions_adddup2(&files, out, 1);
  posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t none, usual;
  sigemptyset(&none);
  sigfillset(&usual);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &usual);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  const std::string path = program.string();
  char* arguments[] = {const_cast<char*>(path.c_str()), const_cast<char*>(job), nullptr};
  char* environment[] = {const_cast<char*>("PATH=/usr/bin:/bin"), const_cast<char*>("LC_ALL=C.UTF-8"),
                         nullptr};
  pid_t pid = 0;
  const int failed = posix_spawn(&pid, path.c_str(), &files, &how, arguments, environment);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) throw std::system_error(failed, std::generic_category(), path);
  return pid;
}

// Gives the child its input and takes its output, whichever it is ready for; nothing if it was too slow or
// said more than it may.
std::optional<std::string> talk(both_ends& in, both_ends& out, std::string_view input) {
  in.read.close();
  out.write.close();
  std::string output;
  const auto until = std::chrono::steady_clock::now() + patience;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
    if (left.count() <= 0 || output.size() > most_output) return std::nullopt;
    pollfd ends[2] = {{out.read.get(), POLLIN, 0}, {in.write.get(), POLLOUT, 0}};
    if (poll(ends, in.write.get() < 0 ? 1 : 2, static_cast<int>(left.count())) < 0 && errno != EINTR)
      throw std::system_error(errno, std::generic_category(), "poll");
    if (ends[1].revents != 0 && in.write.get() >= 0) {
      const auto put = send(in.write.get(), input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (put > 0) input.remove_prefix(static_cast<std::size_t>(put));
      if (input.empty() || (put < 0 && errno != EAGAIN && errno != EINTR)) in.write.close();
    }
    if (ends[0].revents != 0) {
      char buffer[65'536];
      const auto got = ::read(out.read.get(), buffer, sizeof buffer);
      if (got == 0) return output;
      if (got < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "read");
      if (got > 0) output.append(buffer, static_cast<std::size_t>(got));
    }
  }
}

struct answer {
  int width = 0, height = 0;
  std::uint64_t shape = 0;
  std::vector<bytes> results;
};

std::expected<answer, image_error> parse(std::string_view output, std::size_t results) {
  static const std::map<std::string_view, image_error> reasons{
      {"no not_a_picture", image_error::not_a_picture},
      {"no too_large", image_error::too_large},
      {"no too_small", image_error::too_small},
      {"no broken", image_error::broken},
      {"no too_dear", image_error::too_dear}};
  const auto line = output.substr(0, output.find('\n'));
  if (const auto reason = reasons.find(line); reason != reasons.end()) return std::unexpected(reason->second);
  // Nothing, or half of an answer: the child ran into one of its limits.
  answer read;
  if (std::sscanf(std::string(line).c_str(), "ok %d %d %lx", &read.width, &read.height, &read.shape) != 3)
    return std::unexpected(image_error::too_dear);
  output.remove_prefix(std::min(line.size() + 1, output.size()));
  for (std::size_t i = 0; i < results; ++i) {
    std::uint64_t size = 0;
    if (output.size() < sizeof size) return std::unexpected(image_error::too_dear);
    std::memcpy(&size, output.data(), sizeof size);
    output.remove_prefix(sizeof size);
    if (output.size() < size) return std::unexpected(image_error::too_dear);
    const auto* begin = reinterpret_cast<const std::byte*>(output.data());
    read.results.emplace_back(begin, begin + size);
    output.remove_prefix(size);
  }
  return read;
}

void append(std::string& to, const bytes& picture) {
  const std::uint64_t size = picture.size();
  to.append(reinterpret_cast<const char*>(&size), sizeof size);
  to.append(reinterpret_cast<const char*>(picture.data()), picture.size());
}

// Blocks: for the thread pool.
std::expected<answer, image_error> run(const std::filesystem::path& program, const char* job,
                                       const std::string& input, std::size_t results) {
  auto in = make_sockets(), out = make_pipe();
  const pid_t pid = start(program, job, in.read.get(), out.write.get());
  std::optional<std::string> output;
  try {
    output = talk(in, out, input);
  } catch (...) {
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    throw;
  }
  if (!output) kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!output) return std::unexpected(image_error::too_dear);
  return parse(*output, results);
}

// The lines that image_main.cpp reads: what, then title and days, then a line for each row.
std::string spec_of(const bar_chart& what) {
  const auto fits = [&](const bar_row& row) {
    return row.values.size() == what.rows.front().values.size() &&
           std::ranges::none_of(row.values, [](std::int64_t value) { return value < 0; });
  };
  if (what.rows.empty() || what.rows.size() > 4 || what.rows.front().values.empty() ||
      what.rows.front().values.size() > 31 || !std::ranges::all_of(what.rows, fits))
    throw std::invalid_argument("a chart has 1 to 4 rows of equally many values, 1 to 31");
  const auto one_line = [](std::string text) {
    std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\t'; }, ' ');
    return text;
  };
  std::string out = "bars\n" + one_line(what.title) + "\n" + one_line(what.first_day) + "\n" +
                    one_line(what.last_day) + "\n";
  for (const auto& row : what.rows) {
    out += one_line(row.label);
    for (const auto value : row.values) out += "\t" + std::to_string(value);
    out += "\n";
  }
  return out;
}

class child_workshop final : public workshop {
 public:
  child_workshop(async::thread_pool& threads, std::filesystem::path program)
      : threads_(threads), program_(std::move(program)) {}

  task<std::expected<prepared_photo, image_error>> prepare(bytes picture) override {
    if (picture.size() > most_bytes) co_return std::unexpected(image_error::too_large);
    std::vector<const bytes*> pictures{&picture};
    auto done = co_await work("prepare", std::move(pictures), 2);
    if (!done) co_return std::unexpected(done.error());
    prepared_photo photo{std::move(done->results[0]), std::move(done->results[1]), done->width, done->height,
                         done->shape};
    co_return photo;
  }

  task<std::expected<bytes, image_error>> pair(bytes left, bytes right) override {
    std::vector<const bytes*> pictures{&left, &right};
    auto done = co_await work("pair", std::move(pictures), 1);
    if (!done) co_return std::unexpected(done.error());
    co_return std::move(done->results[0]);
  }

  task<bytes> draw(bar_chart what) override { return drawn(spec_of(what)); }
  task<bytes> draw_placeholder() override { return drawn("placeholder\n"); }

 private:
  task<bytes> drawn(std::string spec) {
    const auto* begin = reinterpret_cast<const std::byte*>(spec.data());
    const bytes input(begin, begin + spec.size());
    std::vector<const bytes*> given{&input};
    auto done = co_await work("draw", std::move(given), 1);
    if (!done) throw std::runtime_error("tandem-image could not draw");
    co_return std::move(done->results[0]);
  }

  task<std::expected<answer, image_error>> work(const char* job, std::vector<const bytes*> pictures,
                                                std::size_t results) {
    std::string input;
    for (const auto* one : pictures) append(input, *one);
    auto blocking = [this, job, input = std::move(input), results] {
      return run(program_, job, input, results);
    };
    co_return co_await threads_.run(std::move(blocking));
  }

  async::thread_pool& threads_;
  std::filesystem::path program_;
};

}  // namespace

int difference(std::uint64_t shape, std::uint64_t other) { return std::popcount(shape ^ other); }

std::unique_ptr<workshop> make_workshop(async::thread_pool& threads, std::filesystem::path program) {
  return std::make_unique<child_workshop>(threads, std::move(program));
}

}  // namespace tandem::images
