#include "daemon/notify/delivery_queue.hpp"

#include <utility>

namespace portd::notify {

std::optional<Delivery> DeliveryQueue::push(Delivery delivery) {
  waiting_.push_back(std::move(delivery));
  if (waiting_.size() <= most_ || waiting_.size() < 3) return std::nullopt;
  const auto second = waiting_.begin() + 1;
  Delivery fallen = std::move(*second);
  waiting_.erase(second);
  return fallen;
}

void DeliveryQueue::remove(const std::string& id) {
  if (!waiting_.empty() && waiting_.front().id == id) waiting_.pop_front();
}

}  // namespace portd::notify
