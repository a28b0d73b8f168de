// tandem-image prepare|pair|draw: one job on hostile pictures, from standard input to standard output. In:
// for each picture (of draw: for the text that says what to draw, see images.cpp) its length (8 bytes,
// little-endian) and its bytes. Out: "ok WIDTH HEIGHT SHAPE\n" and for each
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

// Half a picture is none. As an option of the loader: libvips 8.14 forgets the thumbnail's own "fail_on".
constexpr const char* whole_alone = "[fail_on=truncated]";

// Upright, sRGB, on white, at most `side` long; cut to a square if asked.
image scaled(const std::vector<unsigned char>& bytes, int side, bool square) {
  VipsImage* made = nullptr;
  auto* data = const_cast<unsigned char*>(bytes.data());
  const int failed =
      square ? vips_thumbnail_buffer(data, bytes.size(), &made, side, "height", side, "crop",
                                     VIPS_INTERESTING_ATTENTION, "export_profile", "srgb", "option_string",
                                     whole_alone, nullptr)
             : vips_thumbnail_buffer(data, bytes.size(), &made, side, "height", side, "size", VIPS_SIZE_DOWN,
                                     "export_profile", "srgb", "option_string", whole_alone, nullptr);
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

// ---- drawing: pixels by hand, letters by Pango

struct colour {
  unsigned char red, green, blue;
};
constexpr colour white{255, 255, 255}, ink{38, 43, 56}, pale{122, 131, 150}, line{226, 230, 238};
constexpr std::array<colour, 4> row_colours{{{86, 137, 239}, {240, 92, 124}, {138, 99, 210}, {64, 168, 120}}};

class canvas {
 public:
  canvas(int width, int height, colour ground)
      : width_(width), height_(height), pixels_(static_cast<std::size_t>(width) * height * 3) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) mix(x, y, ground, 1);
  }

  int width() const { return width_; }
  int height() const { return height_; }

  // `share` of the colour over what is there, 0 to 1.
  void mix(int x, int y, colour with, double share) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_ || share <= 0) return;
    auto* at = pixels_.data() + (static_cast<std::size_t>(y) * width_ + x) * 3;
    const auto blend = [&](unsigned char& to, unsigned char from) {
      to = static_cast<unsigned char>(std::lround(to + (from - to) * std::min(share, 1.0)));
    };
    blend(at[0], with.red);
    blend(at[1], with.green);
    blend(at[2], with.blue);
  }

  // All points for which `inside` says so, with soft edges.
  template <class Inside>
  void shape(int left, int top, int right, int bottom, colour with, Inside inside) {
    constexpr int steps = 4;
    for (int y = top; y < bottom; ++y) {
      for (int x = left; x < right; ++x) {
        int hits = 0;
        for (int sub = 0; sub < steps * steps; ++sub)
          hits += inside(x + (sub % steps + 0.5) / steps, y + (sub / steps + 0.5) / steps) ? 1 : 0;
        mix(x, y, with, static_cast<double>(hits) / (steps * steps));
      }
    }
  }

  // A bar that stands on its lower edge, with round upper corners.
  void bar(int left, int top, int right, int bottom, colour with) {
    const double radius = std::min({8.0, (right - left) / 2.0, static_cast<double>(bottom - top)});
    shape(left, top, right, bottom, with, [=](double x, double y) {
      if (y >= top + radius || (x >= left + radius && x <= right - radius)) return true;
      const double from = x < left + radius ? left + radius : right - radius;
      return std::hypot(x - from, y - (top + radius)) <= radius;
    });
  }

  VipsImage* to_image() {
    return vips_image_new_from_memory(pixels_.data(), pixels_.size(), width_, height_, 3, VIPS_FORMAT_UCHAR);
  }

 private:
  int width_, height_;
  std::vector<unsigned char> pixels_;
};

enum class anchor { left, middle, right };

// `x` is where the text begins, has its middle, or ends; `y` the upper edge of its letters.
void write_text(canvas& on, int x, int y, anchor where, const std::string& text, int size, bool bold,
                colour with) {
  const char* file = bold ? "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
                          : "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
  if (text.empty() || access(file, R_OK) != 0) return;
  const std::unique_ptr<char, decltype(&g_free)> escaped(
      g_markup_escape_text(text.c_str(), static_cast<gssize>(text.size())), &g_free);
  const auto font = std::string("DejaVu Sans ") + (bold ? "Bold " : "") + std::to_string(size);
  VipsImage* made = nullptr;
  if (vips_text(&made, escaped.get(), "font", font.c_str(), "fontfile", file, "dpi", 72, nullptr) != 0)
    return;  // the bars tell most of it
  const image letters(made);
  std::size_t bytes = 0;
  const std::unique_ptr<unsigned char, decltype(&g_free)> mask(
      static_cast<unsigned char*>(vips_image_write_to_memory(made, &bytes)), &g_free);
  const int width = vips_image_get_width(made), height = vips_image_get_height(made);
  if (!mask || bytes < static_cast<std::size_t>(width) * height) return;
  if (where != anchor::left) x -= where == anchor::middle ? width / 2 : width;
  for (int row = 0; row < height; ++row)
    for (int column = 0; column < width; ++column)
      on.mix(x + column, y + row, with, mask.get()[row * width + column] / 255.0);
}

void write_drawing(canvas& from) {
  const image made(from.to_image());
  if (!made) say_no("broken");
  made->Type = VIPS_INTERPRETATION_sRGB;
  const auto jpeg = to_jpeg(made.get());
  std::printf("ok %d %d %016x\n", from.width(), from.height(), 0);
  write_result(jpeg);
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(at, begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

struct drawn_row {
  std::string label;
  std::vector<long long> values;
};

void draw_row(canvas& on, int top, int edge, const drawn_row& row, colour with) {
  constexpr int tallest = 92, head = 78;
  long long most = 1, all = 0;
  for (const auto value : row.values) {
    most = std::max(most, value);
    all += value;
  }
  write_text(on, edge, top + 4, anchor::left, row.label, 30, false, ink);
  write_text(on, on.width() - edge, top, anchor::right, std::to_string(all), 38, true, with);
  const int ground = top + head + tallest, span = on.width() - 2 * edge;
  const int count = static_cast<int>(row.values.size());
  for (int i = 0; i < count; ++i) {
    const int left = edge + span * i / count, right = edge + span * (i + 1) / count;
    const int gap = std::max(2, (right - left) / 7);
    const auto value = row.values[static_cast<std::size_t>(i)];
    if (value == 0) continue;
    const int tall = std::max(4, static_cast<int>(tallest * value / most));
    on.bar(left + gap, ground - tall, right - gap, ground, with);
    const auto figure = std::to_string(value);
    if (static_cast<int>(figure.size()) * 12 <= right - left)
      write_text(on, (left + right) / 2, ground - tall - 22, anchor::middle, figure, 18, false, pale);
  }
  for (int x = edge; x < on.width() - edge; ++x)
    for (int y = 0; y < 2; ++y) on.mix(x, ground + y, line, 1);
}

void draw_bars(const std::vector<std::string>& lines) {
  constexpr int width = 1000, edge = 48, head = 132, row_height = 214, foot = 62;
  std::vector<drawn_row> rows;
  for (std::size_t i = 4; i < lines.size() && !lines[i].empty(); ++i) {
    const auto cells = split(lines[i], '\t');
    drawn_row row{cells.front(), {}};
    for (std::size_t cell = 1; cell < cells.size(); ++cell)
      row.values.push_back(std::strtoll(cells[cell].c_str(), nullptr, 10));
    rows.push_back(std::move(row));
  }
  if (rows.empty() || rows.size() > row_colours.size()) say_no("broken");
  canvas on(width, head + static_cast<int>(rows.size()) * row_height + foot, white);
  write_text(on, edge, 48, anchor::left, lines[1], 40, true, ink);
  for (std::size_t i = 0; i < rows.size(); ++i)
    draw_row(on, head + static_cast<int>(i) * row_height, edge, rows[i], row_colours[i]);
  write_text(on, edge, on.height() - foot + 8, anchor::left, lines[2], 24, false, pale);
  write_text(on, width - edge, on.height() - foot + 8, anchor::right, lines[3], 24, false, pale);
  write_drawing(on);
}

void draw_placeholder() {
  constexpr int width = 800, height = 1000;
  constexpr colour ground{232, 236, 245}, figure{184, 193, 212};
  canvas on(width, height, ground);
  on.shape(200, 200, 600, 600, figure,
           [](double x, double y) { return std::hypot(x - 400, y - 380) <= 150; });
  on.shape(50, 570, 750, height, figure,
           [](double x, double y) { return std::hypot((x - 400) / 310, (y - 930) / 340) <= 1; });
  write_drawing(on);
}

void draw() {
  const auto bytes = read_picture();
  const auto lines = split(std::string(bytes.begin(), bytes.end()), '\n');
  if (lines.front() == "placeholder") return draw_placeholder();
  if (lines.front() != "bars" || lines.size() < 5) say_no("broken");
  draw_bars(lines);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view job = argc == 2 ? argv[1] : "";
  if (job != "prepare" && job != "pair" && job != "draw") {
    std::fputs("tandem-image prepare|pair|draw: run by tandem, not by hand\n", stderr);
    return 2;
  }
  setenv("VIPS_CONCURRENCY", "1", 1);
  if (VIPS_INIT(argv[0]) != 0) say_no("broken");
  vips_block_untrusted_set(TRUE);
  vips_cache_set_max(0);
  give_up_rights();
  if (job == "prepare") prepare();
  if (job == "pair") pair();
  if (job == "draw") draw();
  std::fflush(stdout);
  _exit(std::ferror(stdout) == 0 ? 0 : 1);
}
