#include <string>
#include <string_view>
std::string name();
std::string_view short_lived() {
  std::string_view view = name();
  return view;
}
