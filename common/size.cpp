#include "common/size.hpp"

#include <array>
#include <charconv>

namespace portd {
namespace {

struct SizeUnit {
  std::string_view name;
  std::uint64_t bytes;
};

// Largest first: size_text takes the first that divides.
constexpr std::array<SizeUnit, 3> size_units{{{"GB", 1'000'000'000}, {"MB", 1'000'000}, {"KB", 1'000}}};
constexpr std::uint64_t largest_size = 1000 * size_units[0].bytes;

}  // namespace

std::string size_text(std::uint64_t bytes) {
  for (const SizeUnit& unit : size_units) {
    if (bytes > 0 && bytes % unit.bytes == 0) return std::to_string(bytes / unit.bytes) + std::string(unit.name);
  }
  return std::to_string((bytes + size_units.back().bytes - 1) / size_units.back().bytes) +
         std::string(size_units.back().name);
}

Result<std::uint64_t> parse_size(std::string_view text) {
  Error wrong{Problem::invalid_value, "a size is a whole number and a unit of KB, MB or GB, such as \"100MB\""};
  std::uint64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc()) return wrong;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const SizeUnit& unit : size_units) {
    if (unit.name != name) continue;
    if (number > largest_size / unit.bytes) return wrong;
    return number * unit.bytes;
  }
  return wrong;
}

}  // namespace portd
