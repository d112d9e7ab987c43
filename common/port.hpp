#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/error.hpp"

namespace portd {

// A port number, 1 to 65535.
class Port {
 public:
  // Unchecked: for numbers that are known to be ports. 0 is a bug.
  constexpr explicit Port(std::uint16_t number) : number_(number) {}

  // Error: invalid_value, saying what a port is.
  static Result<Port> checked(std::int64_t number);
  static Result<Port> parse(std::string_view text);

  constexpr std::uint16_t number() const { return number_; }
  std::string text() const { return std::to_string(number_); }

  constexpr auto operator<=>(const Port&) const = default;

 private:
  std::uint16_t number_;
};

// An inclusive range of ports: 20000-29999.
struct PortRange {
  Port first;
  Port last;

  constexpr std::uint32_t size() const { return std::uint32_t{last.number()} - first.number() + 1U; }
  constexpr bool contains(Port port) const { return first <= port && port <= last; }
  std::string text() const { return first.text() + "-" + last.text(); }

  // Reads "20000-29999" or one port. Error: invalid_value.
  static Result<PortRange> parse(std::string_view text);

  constexpr bool operator==(const PortRange&) const = default;
};

}  // namespace portd

template <>
struct std::hash<portd::Port> {
  std::size_t operator()(portd::Port port) const noexcept { return port.number(); }
};
