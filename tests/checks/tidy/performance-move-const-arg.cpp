#include <string>
#include <utility>
std::string keep(std::string text);
std::string copied(const std::string& text) { return keep(std::move(text)); }
