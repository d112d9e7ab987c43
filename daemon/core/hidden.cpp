#include "daemon/core/hidden.hpp"

namespace portd::core {

std::string note_on(const Listener& listener, uid_t owner) {
  if (listener.process || owner == 0 || listener.uid == owner) return "";
  return "owned by user " + listener.user +
         ", whose processes only root may see: sudo lsof -nP -i :" + listener.port.text();
}

}  // namespace portd::core
