#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace portd::core {

// How long many things took, in a few numbers that can be added up. Loop and history thread, as a value.
class Latencies {
 public:
  using Micros = std::chrono::microseconds;

  void add(Micros latency);
  void add(const Latencies& others);

  std::uint64_t count() const { return count_; }
  Micros sum() const { return sum_; }
  Micros max() const { return max_; }
  std::optional<Micros> average() const;
  // At most a fifth above the true one. `part`: 0.95 for p95.
  std::optional<Micros> percentile(double part) const;

  // "3:12 7:1": the places that are not empty and what is in them.
  std::string text() const;
  // What was written: the sums beside the text. What is malformed in it counts as nothing.
  static Latencies from(std::string_view text, Micros sum, Micros max);

  bool operator==(const Latencies&) const = default;

 private:
  static constexpr std::size_t places = 80;  // a quarter of a doubling each, from 0.1 ms to 100 s

  static std::size_t place_of(Micros latency);
  static Micros end_of(std::size_t place);

  std::array<std::uint32_t, places> counts_{};
  std::uint64_t count_ = 0;
  Micros sum_{};
  Micros max_{};
};

}  // namespace portd::core
