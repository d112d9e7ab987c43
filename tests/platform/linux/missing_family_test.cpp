#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <array>
#include <cstddef>
#include <ostream>

#include "tests/platform/children.hpp"
#include "tests/platform/platform_world.hpp"
#include "tests/platform/sockets.hpp"

namespace portd {
namespace {

using Outcome = core::Holds::Outcome;

sock_filter statement(unsigned code, unsigned value) { return {static_cast<std::uint16_t>(code), 0, 0, value}; }
sock_filter skip_unless_equal(unsigned value, std::uint8_t skipped) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, skipped, value};
}

// From here on this process has no such family: socket(2) says EAFNOSUPPORT.
bool lose_family(unsigned family) {
  std::array filter = {
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),   skip_unless_equal(SYS_socket, 3),
      statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)), skip_unless_equal(family, 1),
      statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT),      statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{filter.size(), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

struct Lost {
  unsigned family;
  const char* other;  // an address of the family that is left
};
void PrintTo(const Lost& lost, std::ostream* out) { *out << (lost.family == AF_INET ? "IPv4" : "IPv6"); }

class MissingFamilyTest : public test::PlatformWorld, public testing::WithParamInterface<Lost> {};

INSTANTIATE_TEST_SUITE_P(Families, MissingFamilyTest,
                         testing::Values(Lost{AF_INET, "::1"}, Lost{AF_INET6, "127.0.0.1"}),
                         [](const auto& tested) { return tested.param.family == AF_INET ? "IPv4" : "IPv6"; });

TEST_P(MissingFamilyTest, IsPassedOverAndTheOtherIsHeld) {
  const Port port = test::free_port();
  const std::string said = test::in_child([&]() -> std::string {
    if (!lose_family(GetParam().family)) return "skip";
    const auto outcome = platform_.holds->take(port, Protocol::both, HoldMode::open, core::Holds::Claim::new_port);
    if (outcome != (can_hold() ? Outcome::held : Outcome::probed)) return "not taken";
    const int error = test::serve(port.number(), {GetParam().other}).error;
    return error == (can_hold() ? EADDRINUSE : 0) ? "taken" : "not kept";
  });
  if (said == "skip") GTEST_SKIP() << "seccomp filters are not permitted here";
  EXPECT_EQ(said, "taken");
}

}  // namespace
}  // namespace portd
