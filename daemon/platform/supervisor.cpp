// What a supervisor such as systemd(1) says in the environment: sd_notify(3) and sd_listen_fds(3), without its library.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "common/descriptor.hpp"
#include "daemon/platform/platform.hpp"

namespace portd::platform {
namespace {

constexpr int first_inherited = 3;     // SD_LISTEN_FDS_START
constexpr int most_inherited = 1'024;  // more is not a supervisor's word

// The environment is written by the start of the program alone, before there is a second thread.
const char* variable(const char* name) { return std::getenv(name); }  // NOLINT(concurrency-mt-unsafe)

void forget(const char* name) { ::unsetenv(name); }  // NOLINT(concurrency-mt-unsafe)

std::optional<int> number_in(const char* name) {
  const char* text = variable(name);
  if (text == nullptr) return std::nullopt;
  int number = 0;
  const char* end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

void close_on_exec(int descriptor) { ::fcntl(descriptor, F_SETFD, ::fcntl(descriptor, F_GETFD) | FD_CLOEXEC); }

struct UnixAddress {
  sockaddr_un address{};
  socklen_t size = 0;
};

// "@name" is Linux's abstract namespace (unix(7)): a zero byte, then the name.
std::optional<UnixAddress> address_of(std::string_view path) {
  UnixAddress result;
  if (path.size() < 2 || path.size() >= sizeof result.address.sun_path) return std::nullopt;
  if (path[0] != '/' && path[0] != '@') return std::nullopt;
  result.address.sun_family = AF_UNIX;
  std::memcpy(result.address.sun_path, path.data(), path.size());
  if (path[0] == '@') result.address.sun_path[0] = '\0';
  result.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  return result;
}

}  // namespace

void notify_supervisor(std::string_view state) {
  const char* path = variable("NOTIFY_SOCKET");
  if (path == nullptr) return;
  const auto to = address_of(path);
  if (!to) return;
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM, 0));
  if (!socket) return;
  close_on_exec(socket.get());
  ::sendto(socket.get(), state.data(), state.size(), 0, reinterpret_cast<const sockaddr*>(&to->address), to->size);
}

std::vector<int> inherited_sockets() {
  const bool meant_for_us = number_in("LISTEN_PID") == static_cast<int>(::getpid());
  const int count = number_in("LISTEN_FDS").value_or(0);
  for (const char* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) forget(name);
  if (!meant_for_us || count < 1 || count > most_inherited) return {};

  std::vector<int> sockets;
  for (int descriptor = first_inherited; descriptor < first_inherited + count; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) < 0) continue;  // promised but not passed
    close_on_exec(descriptor);
    sockets.push_back(descriptor);
  }
  return sockets;
}

}  // namespace portd::platform
