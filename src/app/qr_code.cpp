#include "app/qr_code.hpp"

#include <qrencode.h>

#include <memory>
#include <stdexcept>

namespace tandem::app {

std::string draw_qr_code(std::string_view text) {
  const std::string zero_ended(text);
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
      QRcode_encodeString(zero_ended.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1), &QRcode_free);
  if (!code) throw std::runtime_error("this does not fit into a QR code");
  constexpr int margin = 2;  // scanners want light around it
  const auto is_dark = [&](int x, int y) {
    const bool inside = x >= 0 && y >= 0 && x < code->width && y < code->width;
    return inside && (code->data[y * code->width + x] & 1) != 0;
  };
  std::string out;
  for (int y = -margin; y < code->width + margin; y += 2) {
    out += "\033[30;107m";  // black on white
    for (int x = -margin; x < code->width + margin; ++x) {
      const bool upper = is_dark(x, y), lower = is_dark(x, y + 1);
      out += upper && lower ? "█" : upper ? "▀" : lower ? "▄" : " ";
    }
    out += "\033[0m\n";
  }
  return out;
}

}  // namespace tandem::app
