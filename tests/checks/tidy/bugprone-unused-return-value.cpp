#include <expected>
std::expected<int, int> save();
void forget() { save(); }
