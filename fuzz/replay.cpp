// Drives a fuzz target without libFuzzer: every seed as it is, then mutations of the seeds for
// -max_total_time=SECONDS. The same -seed=NUMBER gives the same inputs. An input that kills the target is
// left in crash-input.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using namespace std::string_view_literals;

std::string current;

void keep_current() {
  const int file = ::open("crash-input", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return;
  [[maybe_unused]] const auto written = ::write(file, current.data(), current.size());
  ::close(file);
}

void keep_and_die(int signal) {
  keep_current();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run_current() {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(current.data()), current.size());
}

std::vector<std::string> read_seeds(const std::vector<std::string>& places) {
  std::vector<std::string> files;
  for (const auto& place : places) {
    if (!std::filesystem::is_directory(place)) {
      files.push_back(place);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(place))
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  if (seeds.empty()) seeds.emplace_back();
  return seeds;
}

class mutator {
 public:
  mutator(const std::vector<std::string>& seeds, std::uint64_t seed) : seeds_(seeds), dice_(seed) {}

  std::string next() {
    std::string text = seeds_[below(seeds_.size())];
    for (auto steps = 1 + below(6); steps > 0; --steps) change(text);
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : dice_() % limit; }

  void change(std::string& text) {
    static constexpr std::string_view odd = "\0\r\n\t :;,=%<>&\"'\\/{}[]0-\x7f\x80\xc0\xed\xff"sv;
    const auto at = below(text.size() + 1);
    const auto length = std::min(1 + below(1ull << below(10)), text.size() - at);
    const auto& other = seeds_[below(seeds_.size())];
    switch (below(7)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << below(8)));
        break;
      case 1:
        if (at < text.size()) text[at] = odd[below(odd.size())];
        break;
      case 2: text.insert(at, 1 + below(3), odd[below(odd.size())]); break;
      case 3: text.erase(at, length); break;
      case 4: text.insert(at, text.substr(at, length)); break;
      case 5: text.insert(at, other.substr(below(other.size() + 1), below(64))); break;
      default: text.resize(at); break;
    }
  }

  const std::vector<std::string>& seeds_;
  std::mt19937_64 dice_;
};

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t seed = 1;
  double seconds = 0;
  std::vector<std::string> places;
  for (int i = 1; i < count; ++i) {
    const std::string_view one = arguments[i];
    if (one.starts_with("-seed=")) {
      seed = std::strtoull(one.data() + 6, nullptr, 10);
    } else if (one.starts_with("-max_total_time=")) {
      seconds = std::strtod(one.data() + 16, nullptr);
    } else if (!one.starts_with('-')) {
      places.emplace_back(one);
    }
  }
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(keep_current);
  for (const int signal : {SIGABRT, SIGILL, SIGFPE}) std::signal(signal, keep_and_die);

  const auto seeds = read_seeds(places);
  for (const auto& one : seeds) {
    current = one;
    run_current();
  }
  mutator inputs(seeds, seed);
  std::uint64_t runs = seeds.size();
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
  for (; std::chrono::steady_clock::now() < until; ++runs) {
    current = inputs.next();
    run_current();
  }
  std::printf("%llu runs of %zu seeds\n", static_cast<unsigned long long>(runs), seeds.size());
}
