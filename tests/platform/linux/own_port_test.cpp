#include <gtest/gtest.h>
#include <sys/utsname.h>

#include <cstdio>

#include "tests/platform/platform_world.hpp"
#include "tests/platform/sockets.hpp"

namespace portd {
namespace {

bool kernel_shows_idle_sockets() {
  utsname system{};
  int major = 0;
  int minor = 0;
  ::uname(&system);
  if (std::sscanf(system.release, "%d.%d", &major, &minor) != 2) return false;
  return major > 6 || (major == 6 && minor >= 8);
}

using OwnPortOnLinuxTest = test::PlatformWorld;

// On the wildcards every kernel tells; on one address only newer ones do.
TEST_F(OwnPortOnLinuxTest, IsNotTakenFromASocketThatIsAboutToListenOnOneAddress) {
  SKIP_UNLESS(can_hold());
  if (!kernel_shows_idle_sockets()) GTEST_SKIP() << "before Linux 6.8 such a socket is not to be seen";
  const Port port = test::free_port();
  const test::Wish wish{"127.0.0.1", test::ReuseAddress::yes};
  test::leave_time_wait(port, "127.0.0.1", wish);
  const auto program = test::bind_program(port.number(), wish);
  ASSERT_EQ(program.error, 0);
  EXPECT_EQ(platform_.holds->take(port, Protocol::tcp, HoldMode::open, core::Holds::Claim::own_port),
            core::Holds::Outcome::in_use);
}

}  // namespace
}  // namespace portd
