#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::lease_of;
using test::PortcWorld;

// What `who` says of a port.
test::Ran who(PortReport report, const std::vector<std::string>& options = {}) {
  PortcWorld world;
  world.answers = {{"GET /ports/" + report.port.text(), {200, dump_json(to_json(report))}}};
  world.start_portd();
  std::vector<std::string> arguments{"who", report.port.text()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return world.run(arguments);
}

PortReport reserved() {
  Lease lease = lease_of("acme/shop", 20123);
  lease.created_at = TimePoint(Millis(1'790'000'000'000));
  lease.held = true;
  return {lease.port, Verdict::reserved, lease, {}};
}

Listener listener(std::optional<Holder> process) {
  return {Protocol::tcp, "127.0.0.1", Port(20123), 1, 1000, "ada", std::move(process)};
}

TEST(WhoVerb, AFreePortCanBeAskedFor) {
  const auto ran = who({Port(20123), Verdict::free, {}, {}});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out,
            "free: port 20123 is not leased, and nobody listens on it.\n"
            "next: portc allocate --port 20123\n");
}

TEST(WhoVerb, AReservedPortNamesItsKeyAndTheHold) {
  EXPECT_EQ(who(reserved()).out,
            "reserved: port 20123 is leased to acme/shop since 2026-09-21T14:13:20.000Z; nobody listens, and portd "
            "holds it for that service.\n"
            "next: portc release 20123\n");
}

TEST(WhoVerb, AContestedPortNamesTheIntruder) {
  PortReport report = reserved();
  report.verdict = Verdict::contested;
  report.listeners = {listener(Holder{{"", 17, 1}, "python3 -m http.server", "/tmp", {}})};
  EXPECT_EQ(who(report).out,
            "contested: port 20123 is leased to acme/shop since 2026-09-21T14:13:20.000Z, but pid 17 (python3 -m "
            "http.server) of ada listens on it instead.\n"
            "PROTO  ADDRESS    PID  USER  COMMAND                 CWD\n"
            "tcp    127.0.0.1  17   ada   python3 -m http.server  /tmp\n"
            "next: kill 17\n");
}

TEST(WhoVerb, AForeignListenerOfAnotherUserIsNamedByItsUser) {
  const auto ran = who({Port(20123), Verdict::foreign, {}, {listener(std::nullopt)}});
  EXPECT_NE(ran.out.find("a process of ada listens on it."), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("next: sudo ss"), std::string::npos) << ran.out;
}

TEST(WhoVerb, PortdsOwnPortIsNotForTheKilling) {
  const auto ran = who({Port(20123), Verdict::foreign, {}, {listener(Holder{{"", ::getpid(), 1}, "portd", "/", {}})}});
  EXPECT_NE(ran.out.find("is portd's own"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("next: portc daemon status\n"), std::string::npos) << ran.out;
}

TEST(WhoVerb, AListeningPortLeadsToItsService) {
  PortReport report = reserved();
  report.verdict = Verdict::listening;
  report.listeners = {listener(Holder{{"", 17, 1}, "flask", "/tmp", {}})};
  EXPECT_NE(who(report).out.find("next: curl http://localhost:20123/\n"), std::string::npos);
}

TEST(WhoVerb, APortThatIsNeverGrantedSaysWhy) {
  EXPECT_NE(who({Port(6000), Verdict::blocked, {}, {}}).out.find("browsers refuse"), std::string::npos);
  EXPECT_NE(who({Port(27017), Verdict::excluded, {}, {}}).out.find("well-known program"), std::string::npos);
}

TEST(WhoVerb, EscapesACommandThatSteersTheTerminal) {
  PortReport report = reserved();
  report.verdict = Verdict::contested;
  report.listeners = {listener(Holder{{"", 17, 1}, "evil\x1b[2J", "/tmp", {}})};
  EXPECT_EQ(who(report).out.find('\x1b'), std::string::npos);
}

TEST(WhoVerb, JsonIsTheReport) { EXPECT_EQ(*parse_json(who(reserved(), {"--json"}).out), to_json(reserved())); }

TEST(WhoVerb, RefusesWhatIsNoPort) {
  const PortcWorld world;
  for (const char* text : {"65536", "0", "-1", "http", "999999999999"}) {
    EXPECT_EQ(world.run({"who", text}).exit, 2) << text;
  }
}

}  // namespace
}  // namespace portd::client
