#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "common/error.hpp"
#include "common/time.hpp"

// What the writer thread tells the loop thread.
namespace portd::store {

// The oldest `appends` that were not yet durable are.
struct Durable {
  std::size_t appends = 0;
  std::optional<std::uint64_t> revision_limit{};  // numbers up to it may be given now
};

// Nothing of what is not yet durable will be; the disk may take what is appended after this.
struct Refused {
  Error error;
};

// The disk lost a promise. Nothing more is written.
struct Broken {
  std::string detail;
};

struct BackedUp {
  TimePoint at;
};

// Backups do not work; empty when they do again.
struct Degraded {
  std::string detail;
};

using Report = std::variant<Durable, Refused, Broken, BackedUp, Degraded>;
using Tell = std::function<void(Report)>;

}  // namespace portd::store
