#include "common/port.hpp"

#include <algorithm>
#include <charconv>

#include "common/wording.hpp"

namespace portd {
namespace {

Error not_a_port(std::string_view text) {
  return Error{Problem::invalid_value, in_quotes(text) + " is not a port; a port is a whole number from 1 to 65535"};
}

}  // namespace

Result<Port> Port::checked(std::int64_t number) {
  if (number < 1 || number > 65535) return not_a_port(std::to_string(number));
  return Port(static_cast<std::uint16_t>(number));
}

Result<Port> Port::parse(std::string_view text) {
  std::uint16_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || number == 0) return not_a_port(text);
  return Port(number);
}

Result<PortRange> PortRange::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  const auto lowest = Port::parse(text.substr(0, dash));
  if (!lowest) return lowest.error();
  if (dash == std::string_view::npos) return PortRange{*lowest, *lowest};
  const auto highest = Port::parse(text.substr(dash + 1));
  if (!highest) return highest.error();
  if (*highest < *lowest) {
    return Error{Problem::invalid_value,
                 "the range " + in_quotes(text) + " ends before it begins; write the lower port first"};
  }
  return PortRange{*lowest, *highest};
}

}  // namespace portd
