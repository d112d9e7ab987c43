#include "config/machine.hpp"

#include <charconv>

#include "common/file.hpp"

namespace portd::config {
namespace {

// "32768\t60999\n"
std::optional<PortRange> range_from(std::string_view text) {
  const std::size_t blank = text.find_first_of(" \t");
  if (blank == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find_first_not_of(" \t", blank);
  if (second == std::string_view::npos) return std::nullopt;
  const auto first = Port::parse(text.substr(0, blank));
  const auto last = Port::parse(text.substr(second, text.find('\n') - second));
  if (!first || !last) return std::nullopt;
  return PortRange{*first, *last};
}

}  // namespace

Machine this_machine() {
  const auto text = read_file("/proc/sys/net/ipv4/ip_local_port_range", 64);
  return {text ? range_from(*text) : std::nullopt};
}

}  // namespace portd::config
