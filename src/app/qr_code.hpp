#pragma once
#include <string>
#include <string_view>

namespace tandem::app {

// A QR code for a terminal: two of its squares in one character, dark on light whatever the terminal's
// colours are. Throws std::runtime_error for a text that does not fit (3 KB).
std::string draw_qr_code(std::string_view text);

}  // namespace tandem::app
