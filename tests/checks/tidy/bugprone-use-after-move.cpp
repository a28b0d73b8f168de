#include <string>
#include <utility>
std::string keep(std::string text);
std::string twice(std::string text) {
  keep(std::move(text));
  return text;
}
