#include "daemon/core/port_warnings.hpp"

#include <gmock/gmock.h>

namespace portd::core {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Listener program_on(const std::string& address, pid_t pid, const std::string& command) {
  Listener listener;
  listener.address = address;
  listener.port = Port(8000);
  listener.inode = static_cast<std::uint64_t>(pid);
  listener.user = "dev";
  listener.uid = 1000;
  listener.process = Holder{{"boot", pid, 7}, command, "/work", {}};
  listener.origin.started_by = {{1000, "bash"}};
  return listener;
}

TEST(PortWarnings, OneProgramIsNotOdd) {
  EXPECT_THAT(warnings_of({}), IsEmpty());
  EXPECT_THAT(warnings_of({program_on("0.0.0.0", 42, "node"), program_on("::", 42, "node")}), IsEmpty());
}

TEST(PortWarnings, TwoProgramsOnOneAddressAreNamed) {
  const auto warnings = warnings_of({program_on("127.0.0.1", 42, "node"), program_on("127.0.0.1", 43, "python")});
  EXPECT_THAT(warnings,
              ElementsAre(AllOf(HasSubstr("pid 42 (node)"), HasSubstr("pid 43 (python)"), HasSubstr("SO_REUSEPORT"))));
}

TEST(PortWarnings, TwoOfTheSameShellAreTwoProgramsThoughTheyLookTheSame) {
  EXPECT_EQ(warnings_of({program_on("::", 42, "node"), program_on("::", 43, "node")}).size(), 1U);
}

TEST(PortWarnings, TheProcessesOfOneServerAreNotOdd) {
  const Listener master = program_on("::", 42, "gunicorn");
  Listener worker = program_on("::", 43, "gunicorn");
  Listener other = program_on("::", 44, "gunicorn");
  worker.origin.started_by = other.origin.started_by = {{42, "gunicorn"}, {1000, "bash"}};
  EXPECT_THAT(warnings_of({master, worker}), IsEmpty());
  EXPECT_THAT(warnings_of({worker, other}), IsEmpty());
}

TEST(PortWarnings, DifferentProgramsOfTheTwoFamiliesAreNamed) {
  for (const auto& [v4, v6] : {std::pair("127.0.0.1", "::1"), {"0.0.0.0", "::"}, {"127.0.0.1", "::"}}) {
    const auto warnings = warnings_of({program_on(v6, 42, "node"), program_on(v4, 43, "python")});
    EXPECT_THAT(warnings, ElementsAre(HasSubstr("localhost is pid 43 (python) in /work over IPv4 and pid 42 (node)")));
  }
}

TEST(PortWarnings, OnlyWhatLocalhostMayReachIsCompared) {
  EXPECT_THAT(warnings_of({program_on("192.168.1.7", 42, "node"), program_on("::1", 43, "python")}), IsEmpty());
  Listener datagrams = program_on("::1", 43, "python");
  datagrams.protocol = Protocol::udp;
  EXPECT_THAT(warnings_of({program_on("127.0.0.1", 42, "node"), datagrams}), IsEmpty());
}

TEST(PortWarnings, OneOnEveryAddressBesideOneOnASingleAddressIsToldWhoIsReachedWhere) {
  for (const auto& [every, single] : {std::pair("0.0.0.0", "127.0.0.1"), {"::", "::1"}, {"0.0.0.0", "192.168.1.7"}}) {
    const Listener wide = program_on(every, 42, "node");
    const Listener narrow = program_on(single, 43, "python");
    const std::string warning = std::string("connections to ") + single +
                                " reach only pid 43 (python) in /work, those to any other address pid 42 (node) in "
                                "/work, which listens on " +
                                every + "; end one of them";
    EXPECT_THAT(warnings_of({wide, narrow}), ElementsAre(warning));
    EXPECT_THAT(warnings_of({narrow, wide}), ElementsAre(warning));
  }
  EXPECT_THAT(warnings_of({program_on("0.0.0.0", 42, "node"), program_on("127.0.0.1", 42, "node")}), IsEmpty());
}

TEST(PortWarnings, TheWildcardOfIpv6CoversIpv4UnlessItIsOfIpv6Alone) {
  Listener wide = program_on("::", 42, "node");
  const Listener narrow = program_on("192.168.1.7", 43, "python");
  EXPECT_THAT(warnings_of({wide, narrow}), ElementsAre(HasSubstr("connections to 192.168.1.7 reach only pid 43")));
  wide.v6_only = true;
  EXPECT_THAT(warnings_of({wide, narrow}), IsEmpty());
}

TEST(PortWarnings, HiddenProcessesAreTwoOnlyIfTheirUsersAre) {
  Listener mine = program_on("127.0.0.1", 42, "node");
  Listener hidden = program_on("127.0.0.1", 43, "");
  hidden.process.reset();
  EXPECT_THAT(warnings_of({mine, hidden}), IsEmpty());
  hidden.uid = 105;
  hidden.user = "postgres";
  EXPECT_THAT(warnings_of({mine, hidden}), ElementsAre(HasSubstr("a process of user postgres")));
}

TEST(PortWarnings, OfManyAFewAreTold) {
  std::vector<Listener> many;
  for (pid_t pid = 1; pid <= 3'000; ++pid) many.push_back(program_on("::", pid, "node"));
  EXPECT_EQ(warnings_of(many).size(), 4U);
}

}  // namespace
}  // namespace portd::core
