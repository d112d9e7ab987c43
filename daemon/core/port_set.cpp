#include "daemon/core/port_set.hpp"

#include <bit>

namespace portd::core {
namespace {

constexpr std::uint64_t all_ones = ~std::uint64_t{0};

constexpr std::uint64_t bit(std::size_t index) { return std::uint64_t{1} << (index % 64); }

// Bits at and above index % 64.
constexpr std::uint64_t from_bit(std::size_t index) { return all_ones << (index % 64); }

}  // namespace

bool PortSet::contains(Port port) const { return (present_[port.number() / 64U] & bit(port.number())) != 0; }

void PortSet::insert(Port port) {
  const std::size_t word = port.number() / 64U;
  present_[word] |= bit(port.number());
  if (present_[word] == all_ones) full_[word / 64] |= bit(word);
}

void PortSet::insert(const PortSet& others) {
  for (std::size_t word = 0; word < words; ++word) {
    present_[word] |= others.present_[word];
    if (present_[word] == all_ones) full_[word / 64] |= bit(word);
  }
}

void PortSet::erase(Port port) {
  const std::size_t word = port.number() / 64U;
  present_[word] &= ~bit(port.number());
  full_[word / 64] &= ~bit(word);
}

std::optional<Port> PortSet::next_absent(PortRange range, Port from) const {
  if (from < range.first) from = range.first;
  const std::size_t last = range.last.number();
  std::size_t word = from.number() / 64U;
  std::uint64_t absent = ~present_[word] & from_bit(from.number());
  while (absent == 0) {
    // The next word that is not full, by the summary.
    ++word;
    std::size_t group = word / 64;
    if (group >= full_.size()) return std::nullopt;
    std::uint64_t open = ~full_[group] & from_bit(word);
    while (open == 0) {
      if (++group >= full_.size()) return std::nullopt;
      open = ~full_[group];
    }
    word = group * 64 + static_cast<std::size_t>(std::countr_zero(open));
    if (word * 64 > last) return std::nullopt;
    absent = ~present_[word];
  }
  const std::size_t found = word * 64 + static_cast<std::size_t>(std::countr_zero(absent));
  if (found > last) return std::nullopt;
  return Port(static_cast<std::uint16_t>(found));
}

std::uint32_t PortSet::count(PortRange range) const {
  const std::size_t first = range.first.number();
  const std::size_t last = range.last.number();
  std::uint32_t total = 0;
  for (std::size_t word = first / 64; word <= last / 64; ++word) {
    std::uint64_t bits = present_[word];
    if (word == first / 64) bits &= from_bit(first);
    if (word == last / 64 && last % 64 != 63) bits &= ~from_bit(last + 1);
    total += static_cast<std::uint32_t>(std::popcount(bits));
  }
  return total;
}

}  // namespace portd::core
