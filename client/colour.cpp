#include "client/colour.hpp"

#include <array>
#include <utility>

namespace portd::client {
namespace {

constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view red = "\x1b[31m";

constexpr auto colours = std::to_array<std::pair<std::string_view, std::string_view>>({{"listening", green},
                                                                                       {"ok", green},
                                                                                       {"passing", green},
                                                                                       {"warning", yellow},
                                                                                       {"starting", yellow},
                                                                                       {"foreign", yellow},
                                                                                       {"maintenance", yellow},
                                                                                       {"contested", red},
                                                                                       {"degraded", red},
                                                                                       {"critical", red},
                                                                                       {"raised", red},
                                                                                       {"missing", red}});

}  // namespace

std::string in_colour(std::string_view word, bool colour) {
  if (colour) {
    for (const auto& [known, start] : colours) {
      if (known == word) return std::string(start).append(word).append("\x1b[0m");
    }
  }
  return std::string(word);
}

}  // namespace portd::client
