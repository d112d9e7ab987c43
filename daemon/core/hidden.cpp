#include "daemon/core/hidden.hpp"

namespace portd::core {

std::string note_on(const Listener& listener, uid_t owner) {
  if (listener.process || listener.container) return "";
  const std::string look = "sudo lsof -nP -i :" + listener.port.text();
  if (owner == 0 || listener.uid == owner) {
    return "a process of user " + listener.user +
           " that the system does not show: it protects itself, runs in a container, or is the kernel's: " + look;
  }
  return "owned by user " + listener.user + ", whose processes only root may see: " + look;
}

}  // namespace portd::core
