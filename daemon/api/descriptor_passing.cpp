#include "daemon/api/descriptor_passing.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace portd::api {

boost::system::error_code send_with(int socket, char byte, const Descriptor& descriptor) {
#ifdef MSG_NOSIGNAL
  constexpr int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
  constexpr int flags = MSG_DONTWAIT;
#endif
  const int number = descriptor.get();
  alignas(cmsghdr) std::array<unsigned char, CMSG_SPACE(sizeof number)> control{};
  iovec data{&byte, 1};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof number);
  std::memcpy(CMSG_DATA(rights), &number, sizeof number);
  while (::sendmsg(socket, &message, flags) < 0) {
    if (errno != EINTR) return {errno, boost::system::system_category()};
  }
  return {};
}

}  // namespace portd::api
