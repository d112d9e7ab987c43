#include "daemon/core/processes.hpp"

namespace portd::core {

std::vector<Listener> Listeners::snapshot() const {
  std::vector<Listener> all;
  for (const OpenSocket& socket : sockets()) all.push_back(describe(socket));
  return all;
}

}  // namespace portd::core
