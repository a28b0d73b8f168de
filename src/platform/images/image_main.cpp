// tandem-image prepare|pair: one job on hostile pictures, from standard input to standard output. In: for
// each picture its length (8 bytes, little-endian) and its bytes. Out: "ok WIDTH HEIGHT SHAPE\n" and for each
// result its length and its bytes; or one line "no REASON". Limits of memory and time are set here, before a
// byte is read.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <vips/vips.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <numbers>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sched.h>

namespace {

constexpr std::size_t most_bytes = 20 * 1024 * 1024;
constexpr double most_pixels = 50e6;
constexpr int least_side = 200, photo_side = 1280, thumbnail_side = 320, pair_side = 640;

struct unref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using image = std::unique_ptr<VipsImage, unref>;

[[noreturn]] void say_no(const char* reason) {
  std::printf("no %s\n", reason);
  std::fflush(stdout);
  _exit(0);
}

void limit(int what, rlim_t most) {
  const rlimit both{most, most};
  setrlimit(static_cast<__rlimit_resource>(what), &both);
}

// What a decoder that has been taken over could do with: nothing of the network, no other program, no file.
void give_up_rights() {
  limit(RLIMIT_AS, 1536UL << 20);
  limit(RLIMIT_CPU, 10);
  limit(RLIMIT_FSIZE, 1 << 20);  // what the library compiles for this processor goes through an unlinked file
  limit(RLIMIT_CORE, 0);
  unshare(CLONE_NEWNET);  // refused without the right to do so; then the next line has to do
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (geteuid() == 0) {
    constexpr gid_t nobody = 65534;
    if (setgid(nobody) != 0 || setuid(nobody) != 0) say_no("too_dear");
  }
}

bool read_exactly(void* into, std::size_t size) {
  auto* at = static_cast<char*>(into);
  while (size > 0) {
    const auto got = read(0, at, size);
    if (got <= 0) return false;
    at += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

std::vector<unsigned char> read_picture() {
  std::uint64_t size = 0;
  if (!read_exactly(&size, sizeof size)) say_no("broken");
  if (size > most_bytes) say_no("too_large");
  std::vector<unsigned char> bytes(size);
  if (!read_exactly(bytes.data(), bytes.size())) say_no("broken");
  return bytes;
}

bool known_format(const std::vector<unsigned char>& bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.starts_with("\xFF\xD8\xFF") || text.starts_with("\x89PNG\r\n\x1A\n") ||
         (text.starts_with("RIFF") && text.substr(8).starts_with("WEBP"));
}

// Looks at the header only; the picture has not been decoded when a bomb is refused.
void check_header(const std::vector<unsigned char>& bytes) {
  if (!known_format(bytes)) say_no("not_a_picture");
  const image header(vips_image_new_from_buffer(bytes.data(), bytes.size(), "", nullptr));
  if (!header) say_no("broken");
  const double width = vips_image_get_width(header.get()), height = vips_image_get_height(header.get());
  if (width * height > most_pixels) say_no("too_large");
  if (std::min(width, height) < least_side) say_no("too_small");
}

// Upright, sRGB, on white, at most `side` long; cut to a square if asked.
image scaled(const std::vector<unsigned char>& bytes, int side, bool square) {
  VipsImage* made = nullptr;
  auto* data = const_cast<unsigned char*>(bytes.data());
  const int failed =
      square ? vips_thumbnail_buffer(data, bytes.size(), &made, side, "height", side, "crop",
                                     VIPS_INTERESTING_ATTENTION, "export_profile", "srgb", nullptr)
             : vips_thumbnail_buffer(data, bytes.size(), &made, side, "height", side, "size", VIPS_SIZE_DOWN,
                                     "export_profile", "srgb", nullptr);
  if (failed != 0) say_no("broken");
  image small(made);
  if (vips_image_hasalpha(small.get())) {
    if (vips_flatten(small.get(), &made, "background", vips_array_double_newv(1, 255.0), nullptr) != 0)
      say_no("broken");
    small.reset(made);
  }
  // Decoded here once: a broken picture fails now, and several results need no second pass.
  made = vips_image_copy_memory(small.get());
  if (!made) say_no("broken");
  return image(made);
}

struct blob {
  void* data = nullptr;
  std::size_t size = 0;
};
blob to_jpeg(VipsImage* from) {
  blob out;
  if (vips_jpegsave_buffer(from, &out.data, &out.size, "Q", 85, "strip", TRUE, "optimize_coding", TRUE,
                           nullptr) != 0)
    say_no("broken");
  return out;
}

// Signs of the 8 by 8 lowest frequencies (without the very lowest) of the cosine transform of 32 by 32 grey
// pixels, against their median: Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions",
// 2010.
std::uint64_t shape_of(VipsImage* from) {
  constexpr int n = 32, low = 8;
  VipsImage *grey = nullptr, *tiny = nullptr;
  if (vips_colourspace(from, &grey, VIPS_INTERPRETATION_B_W, nullptr) != 0) say_no("broken");
  const image held(grey);
  if (vips_thumbnail_image(grey, &tiny, n, "height", n, "size", VIPS_SIZE_FORCE, nullptr) != 0)
    say_no("broken");
  const image held_tiny(tiny);
  std::size_t size = 0;
  const std::unique_ptr<unsigned char, decltype(&g_free)> pixels(
      static_cast<unsigned char*>(vips_image_write_to_memory(tiny, &size)), &g_free);
  if (!pixels || size < n * n) say_no("broken");
  std::array<double, low * low> frequencies{};
  for (int v = 0; v < low; ++v) {
    for (int u = 0; u < low; ++u) {
      double sum = 0;
      for (int y = 0; y < n; ++y)
        for (int x = 0; x < n; ++x)
          sum += pixels.get()[y * n + x] * std::cos((2 * x + 1) * (u + 1) * std::numbers::pi / (2 * n)) *
                 std::cos((2 * y + 1) * (v + 1) * std::numbers::pi / (2 * n));
      frequencies[static_cast<std::size_t>(v * low + u)] = sum;
    }
  }
  auto sorted = frequencies;
  std::ranges::nth_element(sorted, sorted.begin() + low * low / 2);
  const double median = sorted[low * low / 2];
  std::uint64_t shape = 0;
  for (std::size_t i = 0; i < frequencies.size(); ++i)
    if (frequencies[i] > median) shape |= std::uint64_t{1} << i;
  return shape;
}

void write_result(const blob& one) {
  const std::uint64_t size = one.size;
  std::fwrite(&size, sizeof size, 1, stdout);
  std::fwrite(one.data, 1, one.size, stdout);
}

void prepare() {
  const auto bytes = read_picture();
  check_header(bytes);
  const auto photo = scaled(bytes, photo_side, false);
  VipsImage* small = nullptr;
  if (vips_thumbnail_image(photo.get(), &small, thumbnail_side, "height", thumbnail_side, nullptr) != 0)
    say_no("broken");
  const image thumbnail(small);
  const auto shape = shape_of(photo.get());
  const auto large_jpeg = to_jpeg(photo.get()), small_jpeg = to_jpeg(thumbnail.get());
  std::printf("ok %d %d %016llx\n", vips_image_get_width(photo.get()), vips_image_get_height(photo.get()),
              static_cast<unsigned long long>(shape));
  write_result(large_jpeg);
  write_result(small_jpeg);
}

void pair() {
  const auto left_bytes = read_picture(), right_bytes = read_picture();
  check_header(left_bytes);
  check_header(right_bytes);
  const auto left = scaled(left_bytes, pair_side, true), right = scaled(right_bytes, pair_side, true);
  std::array<VipsImage*, 2> both{left.get(), right.get()};
  VipsImage* joined = nullptr;
  if (vips_arrayjoin(both.data(), &joined, 2, "across", 2, "shim", 8, "background",
                     vips_array_double_newv(1, 255.0), nullptr) != 0)
    say_no("broken");
  const image held(joined);
  const auto jpeg = to_jpeg(joined);
  std::printf("ok %d %d %016x\n", vips_image_get_width(joined), vips_image_get_height(joined), 0);
  write_result(jpeg);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view job = argc == 2 ? argv[1] : "";
  if (job != "prepare" && job != "pair") {
    std::fputs("tandem-image prepare|pair: run by tandem, not by hand\n", stderr);
    return 2;
  }
  setenv("VIPS_CONCURRENCY", "1", 1);
  if (VIPS_INIT(argv[0]) != 0) say_no("broken");
  vips_block_untrusted_set(TRUE);
  vips_cache_set_max(0);
  give_up_rights();
  job == "prepare" ? prepare() : pair();
  std::fflush(stdout);
  _exit(std::ferror(stdout) == 0 ? 0 : 1);
}
