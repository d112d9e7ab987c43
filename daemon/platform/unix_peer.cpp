#include "daemon/platform/unix_peer.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace portd::platform {

#ifdef SO_PEERCRED

std::optional<core::Caller> unix_peer(int socket) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  // What is no unix socket has no peer: nobody's uid.
  if (size != sizeof peer || peer.uid == static_cast<uid_t>(-1)) return std::nullopt;
  core::Caller caller{peer.uid};
  if (peer.pid > 0) caller.pid = peer.pid;
  return caller;
}

#else

std::optional<core::Caller> unix_peer(int socket) {
  uid_t uid = 0;
  gid_t gid = 0;
  if (::getpeereid(socket, &uid, &gid) != 0) return std::nullopt;
  core::Caller caller{uid};
#ifdef LOCAL_PEERPID
  pid_t pid = 0;
  socklen_t size = sizeof pid;
  if (::getsockopt(socket, SOL_LOCAL, LOCAL_PEERPID, &pid, &size) == 0 && pid > 0) caller.pid = pid;
#endif
  return caller;
}

#endif

}  // namespace portd::platform
