#include "daemon/store/revisions.hpp"

#include <limits>
#include <stdexcept>

#include "daemon/store/database.hpp"

namespace portd::store {

Revisions::Revisions(std::uint32_t epoch, std::uint64_t given, std::uint64_t limit,
                     std::function<void(std::uint64_t)> reserve)
    : epoch_(epoch), last_(given), limit_(limit), reserve_(std::move(reserve)) {}

Revisions Revisions::unreserved() {
  return {random_epoch(), 0, std::numeric_limits<std::uint64_t>::max(), [](std::uint64_t) {}};
}

Revision Revisions::next() {
  if (left() == 0) throw std::runtime_error("no revision is reserved: the disk has taken no reservation for long");
  ++last_;
  if (left() < block / 2) top_up();
  return last();
}

void Revisions::top_up() {
  if (asked_) return;
  asked_ = true;
  reserve_(limit_ + block);
}

void Revisions::reserved(std::uint64_t limit) {
  limit_ = limit;
  asked_ = false;
}

}  // namespace portd::store
