#include <cstdio>
#include <string_view>
void print(std::string_view text) { std::puts(text.data()); }
