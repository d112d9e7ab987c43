#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <optional>
#include <string_view>

#include "tests/platform/children.hpp"
#include "tests/platform/platform_world.hpp"
#include "tests/platform/sockets.hpp"

namespace portd {
namespace {

using test::ReuseAddress;

bool enter_network_of_its_own() { return ::unshare(CLONE_NEWNET) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0; }

bool bring_loopback_up() {
  const Descriptor socket(::socket(AF_INET, SOCK_DGRAM, 0));
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP;
  return ::ioctl(socket.get(), SIOCSIFFLAGS, &request) == 0;
}

bool write_ephemeral_range(std::string_view range) {
  const Descriptor file(::open("/proc/sys/net/ipv4/ip_local_port_range", O_WRONLY));
  return ::write(file.get(), range.data(), range.size()) == static_cast<ssize_t>(range.size());
}

std::optional<std::uint16_t> bind_to_zero(const char* address, ReuseAddress reuse) {
  const auto program = test::bind_program(0, {address, reuse, test::V6::dual});
  if (program.error != 0) return std::nullopt;
  return test::local_port(program.socket);
}

// The port that an outgoing connection gets; closed by a reset, so that no TIME_WAIT keeps it.
std::optional<std::uint16_t> connect_out(const test::Program& server) {
  const auto client = test::connect_to("127.0.0.1", test::local_port(server.socket));
  if (!client) return std::nullopt;
  const auto accepted = test::accept_from(server);
  const linger at_once{1, 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  return test::local_port(client);
}

class EphemeralRangeTest : public test::PlatformWorld {
 protected:
  // Ports 30000 to 30003 are all that the kernel may give away; portd holds the first three.
  std::string hold_three_of_four_then(
      const std::function<std::optional<std::uint16_t>(const test::Program& server)>& get_port) {
    return test::in_child([&]() -> std::string {
      if (!enter_network_of_its_own() || !bring_loopback_up() || !write_ephemeral_range("30000 30003")) return "skip";
      const auto server = test::serve(25'000, {"127.0.0.1"});
      for (std::uint16_t port = 30'000; port < 30'003; ++port) {
        const auto outcome =
            platform_.holds->take(Port(port), Protocol::tcp, HoldMode::open, core::Holds::Claim::new_port);
        if (outcome != core::Holds::Outcome::held) return "not held";
      }
      for (int round = 0; round < 50; ++round) {
        const auto port = get_port(server);
        if (port != 30'003) return "got " + std::to_string(port.value_or(0));
      }
      return "only the free one";
    });
  }
};

TEST_F(EphemeralRangeTest, BindingToPortZeroNeverYieldsAHeldPort) {
  SKIP_UNLESS(can_hold());
  for (const char* address : {"0.0.0.0", "127.0.0.1", "::", "::1"}) {
    for (const auto reuse : {ReuseAddress::no, ReuseAddress::yes}) {
      const std::string said =
          hold_three_of_four_then([&](const test::Program&) { return bind_to_zero(address, reuse); });
      if (said == "skip") GTEST_SKIP() << "a network namespace is not permitted here";
      EXPECT_EQ(said, "only the free one") << address << (reuse == ReuseAddress::yes ? " SO_REUSEADDR" : "");
    }
  }
}

TEST_F(EphemeralRangeTest, OutgoingConnectionsNeverUseAHeldPort) {
  SKIP_UNLESS(can_hold());
  const std::string said = hold_three_of_four_then(connect_out);
  if (said == "skip") GTEST_SKIP() << "a network namespace is not permitted here";
  EXPECT_EQ(said, "only the free one");
}

}  // namespace
}  // namespace portd
