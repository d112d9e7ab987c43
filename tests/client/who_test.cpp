#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::lease_of;
using test::PortcWorld;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// What `who` says of a port to ada.
test::Ran who(PortReport report, const std::vector<std::string>& options = {}, const std::string& user = "ada") {
  PortcWorld world;
  world.environment.user = user;
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

PortReport foreign(Listener one) { return {one.port, Verdict::foreign, {}, {std::move(one)}}; }

Holder server(pid_t pid = 17) { return {{"", pid, 1}, "node server.js", "/srv/demo", {}}; }

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

TEST(WhoVerb, AReservedPortNamesWhoListensByTheOtherProtocol) {
  PortReport report = reserved();
  report.listeners = {listener(server())};
  report.listeners.front().protocol = Protocol::udp;
  EXPECT_THAT(who(report).out, HasSubstr("; nobody listens over TCP; portd holds it for that service. Over UDP pid 17 "
                                         "(node server.js) of ada listens on it.\n"));
  report.lease->protocol = Protocol::udp;
  report.lease->held = false;
  report.listeners.front().protocol = Protocol::tcp;
  EXPECT_THAT(who(report).out,
              HasSubstr("; nobody listens over UDP. Over TCP pid 17 (node server.js) of ada listens on it.\n"));
}

TEST(WhoVerb, AnOwnProcessThatIsHiddenIsToBeFoundByRoot) {
  EXPECT_THAT(who(foreign(listener(std::nullopt))).out,
              AllOf(HasSubstr("is not leased; a process of ada listens on it.\n"),
                    EndsWith("next: sudo ss -Hltunp 'sport = :20123'\n")));
}

TEST(WhoVerb, AServiceOnAnotherLoopbackAddressIsAskedThere) {
  PortReport report = reserved();
  report.verdict = Verdict::listening;
  report.listeners = {listener(server())};
  report.listeners.front().address = "127.0.0.2";
  EXPECT_THAT(who(report).out, HasSubstr("next: curl http://127.0.0.2:20123/\n"));
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
            "pid 17 runs in /tmp.\n"
            "next: portc free 20123   (or: kill 17)\n");
}

TEST(WhoVerb, AContestedPortNamesTheHolderThatIsKeptOut) {
  PortReport report = reserved();
  report.verdict = Verdict::contested;
  report.lease->holder = Holder{{"", 12, 1}, "flask run", "/srv/shop", {}};
  report.lease->holder_alive = true;
  report.listeners = {listener(server())};
  EXPECT_THAT(who(report).out, HasSubstr("listens on it instead; it is held for pid 12 (flask run).\n"));
}

// A lease whose server, pid 12, listens as this says, and a stranger with it.
PortReport both_listen(Listener own) {
  PortReport report = reserved();
  report.verdict = Verdict::contested;
  report.lease->holder = Holder{{"", 12, 1}, "flask run", "/srv/shop", {}};
  report.lease->holder_alive = true;
  Listener stranger = listener(server());
  stranger.address = "::1";
  report.listeners = {std::move(own), stranger};
  return report;
}

TEST(WhoVerb, AServiceThatListensItselfIsNotAccused) {
  const auto ran = who(both_listen(listener(Holder{{"", 12, 1}, "flask run", "/srv/shop", {}})));
  EXPECT_THAT(ran.out, HasSubstr(", but pid 17 (node server.js) of ada listens on it, too; its service listens as well "
                                 "and is left alone: pid 12 (flask run) of ada.\n"));
  EXPECT_THAT(ran.out, EndsWith("next: portc free 20123   (or: kill 17)\n"));
}

TEST(WhoVerb, AWorkerOfTheServiceIsNotAccused) {
  Listener worker = listener(Holder{{"", 14, 1}, "python3 worker", "/srv/shop", {}});
  worker.origin.started_by = {{13, "sh -c worker"}, {12, "flask run"}};
  EXPECT_THAT(who(both_listen(worker)).out, EndsWith("next: portc free 20123   (or: kill 17)\n"));
  worker.origin.started_by.pop_back();
  EXPECT_THAT(
      who(both_listen(worker)).out,
      HasSubstr("but pid 14 (python3 worker) of ada and pid 17 (node server.js) of ada listen on it instead; it "
                "is held for pid 12 (flask run).\n"));
}

TEST(WhoVerb, TheContainerOfTheServiceIsNotAccused) {
  Listener published = listener(std::nullopt);
  published.user = "root";
  published.container = Container{"0123456789ab", "web", "nginx", "acme/shop"};
  EXPECT_THAT(who(both_listen(published)).out, HasSubstr("and is left alone: container web (nginx).\n"));
  published.container->key = "acme/other";
  EXPECT_THAT(who(both_listen(published)).out, HasSubstr("but container web (nginx) and pid 17"));
}

TEST(WhoVerb, AForeignProcessIsToldByHowItCameToBe) {
  PortcWorld world;
  Listener one = listener(server());
  one.process->cwd = (world.home / "old-demo").string();
  one.process->started_at =
      std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - std::chrono::hours(6 * 24 + 5);
  one.origin = {"main", {{16, "npm run dev"}, {15, "-bash"}}, "vte-spawn-1.scope", "pts/3", false};
  world.environment.user = "ada";
  world.answers = {{"GET /ports/20123", {200, dump_json(to_json(foreign(one)))}}};
  world.start_portd();
  EXPECT_THAT(world.run({"who", "20123"}).out,
              HasSubstr("pid 17 runs since " + to_rfc3339(one.process->started_at) +
                        " (6 days) in ~/old-demo on branch main.\n"
                        "pid 17 was started by pid 16 (npm run dev), that by pid 15 (-bash) at terminal pts/3.\n"
                        "pid 17 belongs to the unit vte-spawn-1.scope.\n"
                        "next: portc free 20123   (or: kill 17)\n"));
}

TEST(WhoVerb, AForeignListenerOfAnotherUserIsNamedByItsUser) {
  Listener hidden = listener(std::nullopt);
  hidden.user = "postgres";
  hidden.note = "it is owned by user postgres, whose processes only root may see: sudo portc who 20123";
  const auto ran = who(foreign(hidden));
  EXPECT_THAT(ran.out, HasSubstr("a process of postgres listens on it."));
  EXPECT_THAT(ran.out, HasSubstr("note: " + hidden.note + "\n"));
  EXPECT_THAT(ran.out, HasSubstr("next: sudo ss"));
}

TEST(WhoVerb, WhatIsSeenOfAnotherUserIsKilledAsRoot) {
  Listener other = listener(server());
  other.user = "grace";
  EXPECT_THAT(who(foreign(other)).out, EndsWith("next: sudo kill 17\n"));
  EXPECT_THAT(who(foreign(other), {}, "root").out, EndsWith("next: kill 17\n"));
}

TEST(WhoVerb, AUnitIsStoppedAsAUnit) {
  Listener one = listener(server());
  one.origin.unit = "demo.service";
  EXPECT_THAT(who(foreign(one)).out, EndsWith("next: sudo systemctl stop demo.service\n"));
  EXPECT_THAT(who(foreign(one), {}, "root").out, EndsWith("next: systemctl stop demo.service\n"));
  one.user = "postgres";
  EXPECT_THAT(who(foreign(one)).out, EndsWith("next: sudo systemctl stop demo.service\n"));
}

TEST(WhoVerb, AWorkerIsStoppedWithItsUnit) {
  Listener one = listener(Holder{{"", 17, 1}, "nginx: worker process", "/", {}});
  one.origin.unit = "nginx.service";
  one.origin.started_by = {{16, "nginx: master process /usr/sbin/nginx"}};
  EXPECT_THAT(who(foreign(one)).out, EndsWith("next: sudo systemctl stop nginx.service\n"));
}

TEST(WhoVerb, WhatAServiceHasStartedIsEndedWithoutTheService) {
  Listener one = listener(server());
  one.origin.unit = "cron.service";
  one.origin.started_by = {{16, "/bin/sh -c node server.js"}, {15, "/usr/sbin/CRON -f"}, {14, "/usr/sbin/cron -f"}};
  EXPECT_THAT(who(foreign(one)).out, HasSubstr("pid 17 belongs to the unit cron.service.\n"));
  EXPECT_THAT(who(foreign(one)).out, EndsWith("next: portc free 20123   (or: kill 17)\n"));
  one.origin.unit = "code-server.service";
  one.origin.started_by = {{16, "/bin/sh -c npm start"}, {15, "node /usr/lib/code-server"}};
  EXPECT_THAT(who(foreign(one)).out, EndsWith("next: portc free 20123   (or: kill 17)\n"));
  one.user = "jenkins";
  EXPECT_THAT(who(foreign(one)).out, EndsWith("next: sudo kill 17\n"));
}

TEST(WhoVerb, AUnitOfAUserIsStoppedByTheUsersManager) {
  Listener one = listener(server());
  one.origin.unit = "demo.service";
  one.origin.user_unit = true;
  EXPECT_THAT(who(foreign(one)).out, EndsWith("next: systemctl --user stop demo.service\n"));
  one.user = "grace";
  EXPECT_THAT(who(foreign(one)).out, EndsWith("next: sudo systemctl --user --machine=grace@ stop demo.service\n"));
}

TEST(WhoVerb, AShellOfTheUsersManagerIsNoUnitToStop) {
  Listener one = listener(server());
  one.origin.unit = "user@1000.service";
  EXPECT_THAT(who(foreign(one)).out, HasSubstr("next: portc free 20123"));
  one.origin.unit = "gnome-terminal-server.service";
  one.origin.terminal = "pts/1";
  EXPECT_THAT(who(foreign(one)).out, HasSubstr("next: portc free 20123"));
}

TEST(WhoVerb, AContainerIsStoppedByDocker) {
  Listener one = listener(std::nullopt);
  one.user = "root";
  one.container = Container{"0123456789ab", "web", "nginx:1.25", "acme/web"};
  Listener other_family = one;
  other_family.address = "::";
  PortReport report = foreign(one);
  report.listeners.push_back(other_family);
  const auto ran = who(report);
  EXPECT_THAT(ran.out, HasSubstr("is not leased; container web (nginx:1.25) listens on it.\n"));
  EXPECT_THAT(ran.out, HasSubstr("its id is 0123456789ab, its label portd.service is acme/web.\n"));
  EXPECT_THAT(ran.out, EndsWith("next: docker stop web\n"));
}

TEST(WhoVerb, AirPlayIsSwitchedOffOnTheScreen) {
  Listener one = listener(Holder{{"", 17, 1}, "/System/Library/CoreServices/ControlCenter.app/ControlCenter", "/", {}});
  one.port = Port(5000);
  const auto ran = who(foreign(one));
  EXPECT_THAT(ran.out, HasSubstr("the AirPlay Receiver of macOS (pid 17) listens on it."));
  EXPECT_THAT(ran.out, HasSubstr("next: System Settings > General > AirDrop & Handoff > AirPlay Receiver"));
  one.port = Port(5001);
  EXPECT_THAT(who(foreign(one)).out, Not(HasSubstr("AirPlay")));
}

TEST(WhoVerb, TwoOwnersAreBothNamedAndWarnedOf) {
  PortReport report = foreign(listener(server(17)));
  report.listeners.push_back(listener(server(18)));
  report.warnings = {"pid 17 and pid 18 share the port by SO_REUSEPORT: each gets a part of the connections"};
  const auto ran = who(report);
  EXPECT_THAT(ran.out, HasSubstr("pid 17 (node server.js) of ada and pid 18 (node server.js) of ada listen on it.\n"));
  EXPECT_THAT(ran.out, HasSubstr("warning: pid 17 and pid 18 share the port by SO_REUSEPORT"));
  EXPECT_THAT(ran.out, EndsWith("next: portc free 20123\n"));
}

TEST(WhoVerb, OneProcessOnTwoAddressesIsNamedOnce) {
  PortReport report = foreign(listener(server()));
  report.listeners.push_back(listener(server()));
  report.listeners.back().address = "::1";
  EXPECT_THAT(who(report).out, HasSubstr("; pid 17 (node server.js) of ada listens on it.\n"));
  EXPECT_THAT(who(report).out, Not(HasSubstr("IPv6 only")));
}

TEST(WhoVerb, UdpAloneLeavesTcpToOthers) {
  PortReport report = foreign(listener(server()));
  report.listeners.front().protocol = Protocol::udp;
  EXPECT_THAT(who(report).out, HasSubstr("note: only UDP port 20123 is open; nobody listens on TCP port 20123.\n"));
}

TEST(WhoVerb, Ipv6AloneIsNotReachedByIpv4) {
  PortReport report = foreign(listener(server()));
  report.listeners.front().address = "::1";
  EXPECT_THAT(who(report).out, HasSubstr("note: it listens on IPv6 only: http://[::1]:20123/ reaches it, "
                                         "http://127.0.0.1:20123/ does not.\n"));
}

TEST(WhoVerb, TheWildcardOfIpv6MayServeBothFamilies) {
  PortReport report = foreign(listener(server()));
  report.listeners.front().address = "::";
  EXPECT_THAT(who(report).out, Not(HasSubstr("IPv6")));
}

TEST(WhoVerb, TheWildcardOfIpv6AloneIsReachedByItsLoopback) {
  PortReport report = foreign(listener(server()));
  report.listeners.front().address = "::";
  report.listeners.front().v6_only = true;
  EXPECT_THAT(who(report).out, HasSubstr("note: it listens on IPv6 only: http://[::1]:20123/ reaches it, "
                                         "http://127.0.0.1:20123/ does not.\n"));
}

TEST(WhoVerb, PortdsOwnPortIsNotForTheKilling) {
  const auto ran = who(foreign(listener(Holder{{"", ::getpid(), 1}, "portd", "/", {}})));
  EXPECT_THAT(ran.out, HasSubstr("is portd's own"));
  EXPECT_THAT(ran.out, HasSubstr("next: portc daemon status\n"));
}

TEST(WhoVerb, AListeningPortLeadsToItsService) {
  PortReport report = reserved();
  report.verdict = Verdict::listening;
  report.listeners = {listener(Holder{{"", 17, 1}, "flask", "/tmp", {}})};
  EXPECT_THAT(who(report).out, HasSubstr("next: curl http://localhost:20123/\n"));
}

TEST(WhoVerb, AServiceOfUdpIsNeitherHeldNorAskedByHttp) {
  PortReport report = reserved();
  report.verdict = Verdict::listening;
  report.lease->protocol = Protocol::udp;
  report.listeners = {listener(Holder{{"", 17, 1}, "dnsmasq", "/tmp", {}})};
  report.listeners.front().protocol = Protocol::udp;
  const auto ran = who(report);
  EXPECT_THAT(ran.out, HasSubstr("note: portd remembers the port for its service, but does not hold UDP"));
  EXPECT_THAT(ran.out, EndsWith("next: portc ls\n"));
}

TEST(WhoVerb, APortThatIsNeverGrantedSaysWhy) {
  EXPECT_THAT(who({Port(6000), Verdict::blocked, {}, {}}).out, HasSubstr("browsers refuse"));
  EXPECT_THAT(who({Port(27017), Verdict::excluded, {}, {}}).out, HasSubstr("well-known program"));
}

TEST(WhoVerb, WhoeverListensOnABarredPortLearnsThatItIsOne) {
  PortReport report = foreign(listener(server()));
  report.barred = Verdict::blocked;
  EXPECT_THAT(who(report).out, HasSubstr("note: portd never grants it, because browsers refuse to open it.\n"));
  report.barred = Verdict::excluded;
  EXPECT_THAT(who(report).out, HasSubstr("note: portd never grants it, because the configuration excludes it"));
}

TEST(WhoVerb, AnEphemeralPortIsWarnedOf) {
  PortReport report{Port(40000), Verdict::free, {}, {}};
  report.ephemeral = true;
  EXPECT_THAT(who(report).out, HasSubstr("note: it lies in the ephemeral range"));
}

TEST(WhoVerb, EscapesACommandThatSteersTheTerminal) {
  PortReport report = reserved();
  report.verdict = Verdict::contested;
  Listener evil = listener(Holder{{"", 17, 1}, "evil\x1b[2J", "/tmp\x1b[2J", {}});
  evil.origin = {"main\x1b[2J", {{16, "sh\x1b[2J"}}, "x\x1b[2J.service", "pts/1\x1b[2J", false};
  evil.note = "\x1b[2J";
  report.listeners = {evil};
  report.warnings = {"\x1b[2J"};
  EXPECT_EQ(who(report).out.find('\x1b'), std::string::npos);
}

TEST(WhoVerb, ALongCommandIsCutShort) {
  PortReport report = foreign(listener(server()));
  report.listeners.front().process->command = "node " + std::string(2'500, 'x');
  EXPECT_THAT(who(report).out, HasSubstr("  node " + std::string(55, 'x') + "...  /srv/demo\n"));
  EXPECT_THAT(who(report).out, Not(HasSubstr(std::string(56, 'x'))));
  EXPECT_THAT(who(report, {"--json"}).out, HasSubstr(report.listeners.front().process->command));
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
