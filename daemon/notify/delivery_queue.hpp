#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "common/alert.hpp"

namespace portd::notify {

// One alert on its way to a receiver.
struct Delivery {
  std::string id{};  // "a-9f0c-7-raised": the same at every try, so that the receiver knows what it has
  Alert alert{};
};

// What waits for a receiver that is down, in order. What is over the bound falls out at the front, but for the first,
// of which nobody knows whether it has arrived.
class DeliveryQueue {
 public:
  explicit DeliveryQueue(std::size_t most) : most_(most) {}

  // What fell out for it.
  std::optional<Delivery> push(Delivery delivery);
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return waiting_.size(); }
  const Delivery& front() const { return waiting_.front(); }
  // The first, if it still is this one.
  void remove(const std::string& id);
  void clear() { waiting_.clear(); }

 private:
  std::size_t most_;
  std::deque<Delivery> waiting_;
};

}  // namespace portd::notify
