#pragma once

#include <string>
#include <vector>

#include "common/lease.hpp"

namespace portd::core {

// What is odd about who listens on one port, a sentence each, naming both sides:
// - two programs share an address by SO_REUSEPORT, so that the kernel gives each a part of the connections;
// - one has IPv4 and another IPv6, so that it depends on the client which of them `localhost` reaches;
// - one has every address and another a single one, so that the first is not reached there.
// The processes of one server are not odd: one started the other, or both were forked by one that looks the same.
std::vector<std::string> warnings_of(const std::vector<Listener>& listeners);

}  // namespace portd::core
