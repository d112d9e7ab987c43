#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstdlib>
#include <cstring>

#include "common/descriptor.hpp"
#include "daemon/platform/platform.hpp"
#include "tests/platform/children.hpp"

namespace portd {
namespace {

// A supervisor's notification socket; what it hears.
std::string heard_at(const std::string& path) {
  const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) return std::strerror(errno);
  ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
  platform::notify_supervisor("READY=1");
  ::unsetenv("NOTIFY_SOCKET");
  std::array<char, 64> buffer;
  const ssize_t received = ::recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  return received < 0 ? "" : std::string(buffer.data(), static_cast<std::size_t>(received));
}

TEST(Supervisor, IsToldOverASocketInAFolder) {
  std::string folder = testing::TempDir() + "portd-notify-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/notify";
  EXPECT_EQ(heard_at(path), "READY=1");
  ::unlink(path.c_str());
  ::rmdir(folder.c_str());
}

TEST(Supervisor, IsToldOverAnAbstractSocket) {
  if (std::string(platform::platform_name()) != "linux") GTEST_SKIP() << "only Linux has abstract sockets";
  EXPECT_EQ(heard_at("@portd-notify-" + std::to_string(::getpid())), "READY=1");
}

TEST(Supervisor, IsNotNeeded) {
  for (const std::string& path : {std::string(), std::string("relative"), std::string("/") + std::string(500, 'x')}) {
    ::setenv("NOTIFY_SOCKET", path.c_str(), 1);
    EXPECT_NO_FATAL_FAILURE(platform::notify_supervisor("READY=1"));
  }
  ::unsetenv("NOTIFY_SOCKET");
  EXPECT_NO_FATAL_FAILURE(platform::notify_supervisor("READY=1"));
}

// Runs in a child, whose descriptors from 3 on are the supervisor's to fill.
std::string inherited(const std::string& pid, const std::string& count, int opened) {
  return test::in_child([&] {
    // The pipe that carries the answer moves out of the way; in_child keeps its number in a Descriptor of its own.
    for (int descriptor = 3; descriptor < 3 + opened; ++descriptor) {
      if (::fcntl(descriptor, F_GETFD) < 0) ::dup2(0, descriptor);
      ::fcntl(descriptor, F_SETFD, 0);
    }
    ::setenv("LISTEN_PID", pid.empty() ? std::to_string(::getpid()).c_str() : pid.c_str(), 1);
    ::setenv("LISTEN_FDS", count.c_str(), 1);
    std::string said;
    for (const int descriptor : platform::inherited_sockets()) {
      said += std::to_string(descriptor) + (::fcntl(descriptor, F_GETFD) == FD_CLOEXEC ? "c " : " ");
    }
    return said + (std::getenv("LISTEN_PID") == nullptr && std::getenv("LISTEN_FDS") == nullptr ? "unset" : "set");
  });
}

TEST(Supervisor, PassesSocketsThatAreNotInheritedFurther) { EXPECT_EQ(inherited("", "2", 2), "3c 4c unset"); }

TEST(Supervisor, PassesNothingThatWasMeantForAnotherProcess) { EXPECT_EQ(inherited("1", "2", 2), "unset"); }

TEST(Supervisor, PassesNothingWithAMalformedCount) {
  for (const char* count : {"", "two", "-1", "0", "2x", "99999999"})
    EXPECT_EQ(inherited("", count, 2), "unset") << count;
}

}  // namespace
}  // namespace portd
