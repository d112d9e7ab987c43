#pragma once

#include <map>
#include <string>
#include <vector>

namespace portd::client {

// NAME=value, as exec(3) and posix_spawn(3) take an environment.
inline std::vector<std::string> assignments(const std::map<std::string, std::string>& variables) {
  std::vector<std::string> list;
  for (const auto& [name, value] : variables) list.push_back(std::string(name).append("=").append(value));
  return list;
}

// A list that ends with a null pointer, as they take arguments and environment; `texts` must outlive it.
inline std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace portd::client
