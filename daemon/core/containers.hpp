#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/lease.hpp"

namespace portd::core {

// A port of this machine behind which a container serves.
struct PublishedPort {
  Protocol protocol = Protocol::tcp;
  Port port{1};
  std::string address;  // "127.0.0.1", "::", ...; empty: every one
  Container container;

  bool operator==(const PublishedPort&) const = default;
};

// Knows which ports containers publish. Loop thread only.
class Containers {
 public:
  virtual ~Containers() = default;

  // Nothing: whoever should know did not tell in time, or told nonsense.
  using Told = std::function<void(const std::optional<std::vector<PublishedPort>>&)>;

  // `told` is called later, once. False: there is nobody to ask, and it is never called.
  virtual bool ask(Told told) = 0;
};

}  // namespace portd::core
