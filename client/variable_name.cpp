#include "client/variable_name.hpp"

namespace portd::client {

std::string variable_name(const std::string& name) {
  std::string variable;
  for (const char c : name) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool digit = c >= '0' && c <= '9';
    variable += lower ? static_cast<char>(c - 'a' + 'A') : digit ? c : '_';
  }
  return variable[0] >= '0' && variable[0] <= '9' ? "_" + variable : variable;
}

}  // namespace portd::client
