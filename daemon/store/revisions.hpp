#pragma once

#include <cstdint>
#include <functional>

#include "common/lease.hpp"

namespace portd::store {

// Hands out the numbers of one epoch, each once: only those that the disk says may have been given. A restart goes
// on after them, so a crash skips some and repeats none. Loop thread only.
class Revisions {
 public:
  static constexpr std::uint64_t block = 1'000'000;

  // `given`: the last number that may have been given before; `limit`: the last that may be given now.
  // `reserve` asks for a higher limit, which reserved() brings later.
  Revisions(std::uint32_t epoch, std::uint64_t given, std::uint64_t limit, std::function<void(std::uint64_t)> reserve);

  // Numbers of an epoch that is nowhere on disk need no reservation.
  static Revisions unreserved();

  // Throws std::runtime_error when nothing is left; running_out() comes long before.
  Revision next();

  void reserved(std::uint64_t limit);
  // So few are left that no change should be begun: the disk has refused a reservation for a long time.
  bool running_out() const { return left() < block / 10; }

  std::uint32_t epoch() const { return epoch_; }
  Revision last() const { return {epoch_, last_}; }

 private:
  std::uint64_t left() const { return limit_ - last_; }
  void top_up();

  std::uint32_t epoch_;
  std::uint64_t last_;
  std::uint64_t limit_;
  std::function<void(std::uint64_t)> reserve_;
  bool asked_ = false;
};

}  // namespace portd::store
