#include "client/doctor/diagnosis.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace portd::client {
namespace {

constexpr std::uint64_t megabyte = std::uint64_t{1024} * 1024;

// A machine on which all is well.
Facts well() {
  Facts facts;
  facts.version = "0.2.0";
  facts.now = TimePoint(Millis(1'700'000'000'000));
  facts.uid = 1000;
  facts.paths = {"/state", "/run/portd"};
  facts.reach = Facts::Reach::answers;
  facts.pid = 4711;
  facts.url = "http://127.0.0.1:7700";
  facts.health = {{"status", "ok"},
                  {"version", "0.2.0"},
                  {"uptime", "3d"},
                  {"store", {{"detail", ""}, {"disk_full", false}, {"last_backup", nullptr}}},
                  {"alerts", Json::array()}};
  facts.files = {{"/state", S_IFDIR | 0700, 1000, 0700},
                 {"/run/portd", S_IFDIR | 0700, 1000, 0700},
                 {"/run/portd/token", S_IFREG | 0600, 1000, 0600}};
  facts.disk = DiskFact{"/state", 1000 * megabyte, 500 * megabyte};
  facts.newest_backup = facts.now - std::chrono::hours(1);
  facts.ranges = {{"default", {Port(20000), Port(29999)}}};
  facts.ephemeral = PortRange{Port(32768), Port(60999)};
  facts.descriptors = 65'536;
  facts.descriptors_here = 65'536;
  return facts;
}

// Of the portd that ran there, nothing is left.
Facts without_daemon() {
  Facts facts = well();
  facts.reach = Facts::Reach::nobody_there;
  facts.pid.reset();
  facts.url.reset();
  facts.health = Json::object();
  return facts;
}

// The only one; an empty one where there is another number of them.
Finding only_finding(const Facts& facts) {
  const auto found = diagnose(facts);
  EXPECT_EQ(found.size(), 1U);
  return found.size() == 1 ? found[0] : Finding{};
}

std::string command_of(const Finding& finding) { return finding.command.value_or("(none)"); }

void expect_in(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(Diagnosis, NothingIsFoundWhereAllIsWell) { EXPECT_TRUE(diagnose(well()).empty()); }

TEST(Diagnosis, NoDaemon) {
  const Finding finding = only_finding(without_daemon());
  EXPECT_EQ(finding.id, "no-daemon");
  EXPECT_EQ(command_of(finding), "portc daemon start");
}

TEST(Diagnosis, ADaemonThatDoesNotAnswer) {
  Facts facts = well();
  facts.reach = Facts::Reach::silent;
  facts.health = Json::object();
  facts.trouble = "no answer for 15 s";
  const Finding finding = only_finding(facts);
  EXPECT_EQ(finding.id, "no-answer");
  EXPECT_EQ(command_of(finding), "kill -9 4711 && portc daemon start");
}

TEST(Diagnosis, AnotherUsersDaemonIsNotEnded) {
  Facts facts = well();
  facts.reach = Facts::Reach::silent;
  facts.health = Json::object();
  facts.pid.reset();
  facts.trouble = "the socket is another user's";
  EXPECT_EQ(command_of(only_finding(facts)), "(none)");
}

TEST(Diagnosis, StaleFilesAreRemovedByTheirNames) {
  Facts facts = without_daemon();
  facts.traces = {"/run/portd/portd.sock", "/my state/endpoint.json"};
  const auto found = diagnose(facts);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, "stale-files");
  EXPECT_EQ(command_of(found[0]), "rm -f /run/portd/portd.sock '/my state/endpoint.json'");
  EXPECT_EQ(found[1].id, "no-daemon");
}

TEST(Diagnosis, TheFilesOfARunningDaemonAreNotStale) {
  Facts facts = well();
  facts.traces = {"/run/portd/portd.sock"};
  EXPECT_TRUE(diagnose(facts).empty());
}

TEST(Diagnosis, ASocketThatIsGone) {
  Facts facts = well();
  facts.over_socket = false;
  const Finding finding = only_finding(facts);
  EXPECT_EQ(finding.id, "socket-gone");
  EXPECT_EQ(command_of(finding), "kill 4711 && sleep 1 && portc daemon start");
}

TEST(Diagnosis, AFolderThatIsOpenToOthers) {
  Facts facts = well();
  facts.files[1].mode = S_IFDIR | 0755;
  const Finding finding = only_finding(facts);
  EXPECT_EQ(finding.id, "wrong-mode");
  expect_in(finding.detail, "/run/portd has mode 0755");
  EXPECT_EQ(command_of(finding), "chmod 0700 /run/portd");
}

TEST(Diagnosis, AFolderThatIsClosedToPortd) {
  Facts facts = well();
  facts.files[0].mode = S_IFDIR | 0500;
  EXPECT_EQ(command_of(only_finding(facts)), "chmod 0700 /state");
}

TEST(Diagnosis, ATokenThatOthersCanRead) {
  Facts facts = well();
  facts.files[2].mode = S_IFREG | 0644;
  EXPECT_EQ(command_of(only_finding(facts)), "chmod 0600 /run/portd/token");
}

TEST(Diagnosis, AFolderOfSomebodyElse) {
  Facts facts = well();
  facts.files[0].owner = 0;
  const Finding finding = only_finding(facts);
  EXPECT_EQ(finding.id, "wrong-owner");
  EXPECT_EQ(command_of(finding), "sudo chown -R 1000 /state");
}

TEST(Diagnosis, APortThatAnotherProgramHasWhilePortdIsElsewhere) {
  Facts facts = well();
  facts.url = "http://127.0.0.1:7701";
  facts.port_owner = PortOwner{99, "python3 -m http.server 7700", 1000};
  facts.health["alerts"] = Json::array({{{"kind", "endpoint-taken"}, {"detail", "port 7700 is taken"}}});
  const Finding finding = only_finding(facts);
  EXPECT_EQ(finding.id, "api-port-taken");
  expect_in(finding.detail, "pid 99 (python3 -m http.server 7700)");
  expect_in(finding.fix, "portc config set api.port 7701");
  expect_in(command_of(finding), "kill 99 && ");
  expect_in(command_of(finding), "portc daemon stop && portc daemon start");
}

TEST(Diagnosis, APortThatAnotherProgramHasBeforePortdIsStarted) {
  Facts facts = without_daemon();
  facts.port_owner = PortOwner{99, "python3 -m http.server 7700", 1000};
  const auto found = diagnose(facts);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].id, "api-port-taken");
  EXPECT_EQ(command_of(found[1]), "kill 99");
}

TEST(Diagnosis, APortOfAnotherUserIsEndedByRootOrLeftAlone) {
  Facts facts = well();
  facts.port_owner = PortOwner{99, "nginx", 33};
  expect_in(command_of(only_finding(facts)), "sudo kill 99 && ");
  facts.port_owner = PortOwner{std::nullopt, "", 33};
  expect_in(only_finding(facts).detail, "a process of user 33");
  facts.port_owner = PortOwner{};
  expect_in(only_finding(facts).detail, "taken by another program");
  expect_in(command_of(only_finding(facts)), "portc config set api.port 7701 && ");
}

TEST(Diagnosis, ASupervisorThatListensForPortdIsNobodyElse) {
  Facts facts = well();
  facts.port_owner = PortOwner{900, "/usr/lib/systemd/systemd --user", 1000};
  EXPECT_TRUE(diagnose(facts).empty());
}

TEST(Diagnosis, ARangeInsideTheEphemeralOneIsMovedOut) {
  Facts facts = well();
  facts.ranges.insert_or_assign("extra", PortRange{Port(40000), Port(40999)});
  const Finding finding = only_finding(facts);
  EXPECT_EQ(finding.id, "range-in-ephemeral");
  expect_in(finding.detail, "ports.ranges.extra, 40000-40999");
  EXPECT_EQ(command_of(finding), "portc config set ports.ranges.extra 31768-32767");
}

TEST(Diagnosis, ARangeIsNotMovedIntoAnotherOne) {
  Facts facts = well();
  facts.ranges.insert_or_assign("near", PortRange{Port(32000), Port(32700)});
  facts.ranges.insert_or_assign("extra", PortRange{Port(40000), Port(40999)});
  EXPECT_EQ(command_of(only_finding(facts)), "portc config set ports.ranges.extra 31000-31999");
}

TEST(Diagnosis, WhereThereIsNoOtherPlaceTheEphemeralRangeMoves) {
  Facts facts = well();
  facts.ephemeral = PortRange{Port(1024), Port(65535)};
  EXPECT_EQ(command_of(only_finding(facts)), "sudo sysctl -w net.ipv4.ip_local_port_range='30000 65535'");
  facts.ranges = {{"default", {Port(50000), Port(59999)}}};
  EXPECT_EQ(command_of(only_finding(facts)), "sudo sysctl -w net.ipv4.ip_local_port_range='1024 49999'");
}

TEST(Diagnosis, ARangeThatAFlagStatesIsNotMovedByAFile) {
  Facts facts = well();
  facts.ranges.insert_or_assign("extra", PortRange{Port(40000), Port(40999)});
  facts.fixed_ranges = {"extra"};
  EXPECT_EQ(command_of(only_finding(facts)), "sudo sysctl -w net.ipv4.ip_local_port_range='41000 60999'");
}

TEST(Diagnosis, ALowLimitOfDescriptorsOfTheRunningPortd) {
  Facts facts = well();
  facts.descriptors = facts.descriptors_here = 1024;
  const Finding finding = only_finding(facts);
  EXPECT_EQ(finding.id, "few-descriptors");
  EXPECT_EQ(command_of(finding), "sudo prlimit --pid 4711 --nofile=65536:65536");
}

TEST(Diagnosis, ALimitIsLowWhenTheLeasesNeedMore) {
  Facts facts = well();
  facts.leases = 30'000;
  facts.descriptors_here = 1024;
  EXPECT_EQ(command_of(only_finding(facts)), "sudo prlimit --pid 4711 --nofile=180000:180000");
}

TEST(Diagnosis, WhereTheShellMayOpenMoreThePortdIsStartedFromThere) {
  Facts facts = well();
  facts.descriptors = 1024;
  EXPECT_EQ(command_of(only_finding(facts)), "portc daemon stop && portc daemon start");
  expect_in(only_finding(facts).fix, "where 65536 are allowed");
}

TEST(Diagnosis, WithoutADaemonTheLimitIsThatOfTheShell) {
  Facts facts = without_daemon();
  facts.uid = 0;
  for (FileFact& file : facts.files) file.owner = 0;
  facts.descriptors_here = 256;
  EXPECT_EQ(command_of(diagnose(facts).at(1)), "prlimit --pid $$ --nofile=65536:65536");
}

TEST(Diagnosis, AMissingLoopbackAddressOfIpv6) {
  Facts facts = well();
  facts.ipv6 = Ipv6Loopback::disabled;
  EXPECT_EQ(only_finding(facts).id, "no-ipv6-loopback");
  EXPECT_EQ(command_of(only_finding(facts)), "sudo sysctl -w net.ipv6.conf.lo.disable_ipv6=0");
  facts.ipv6 = Ipv6Loopback::missing;
  EXPECT_EQ(command_of(only_finding(facts)), "sudo ip -6 addr add ::1/128 dev lo");
  facts.ipv6 = Ipv6Loopback::no_kernel_support;
  EXPECT_EQ(command_of(only_finding(facts)), "(none)");
}

TEST(Diagnosis, AFullDisk) {
  Facts facts = well();
  facts.disk->free = 9 * megabyte;
  EXPECT_EQ(only_finding(facts).id, "disk-full");
  expect_in(only_finding(facts).detail, "9.0 MB of 1000.0 MB are free");
}

TEST(Diagnosis, WhatCannotBeWrittenToAFullDiskIsNotToldBeside) {
  Facts facts = well();
  facts.disk->free = 0;
  facts.health["store"]["detail"] = "the history is not written: database or disk is full";
  EXPECT_EQ(only_finding(facts).id, "disk-full");
}

TEST(Diagnosis, ASmallDiskIsFullWhenLessThanATwentiethIsFree) {
  Facts facts = well();
  facts.disk = DiskFact{"/state", 4 * megabyte, megabyte};
  EXPECT_TRUE(diagnose(facts).empty());
  facts.disk->free = megabyte / 10;
  EXPECT_EQ(only_finding(facts).id, "disk-full");
}

TEST(Diagnosis, ADiskThatPortdFoundFullIsToldOnce) {
  Facts facts = well();
  facts.health["store"]["disk_full"] = true;
  facts.health["store"]["detail"] = "the disk is full";
  facts.health["alerts"] = Json::array({{{"kind", "store-degraded"}, {"detail", "the disk is full"}}});
  EXPECT_EQ(only_finding(facts).id, "disk-full");
}

TEST(Diagnosis, ADaemonThatIsOlderThanPortc) {
  Facts facts = well();
  for (const std::string older : {"0.1.9", "0.1.10", "0"}) {
    facts.health["version"] = older;
    EXPECT_EQ(only_finding(facts).id, "older-daemon") << older;
    EXPECT_EQ(command_of(only_finding(facts)), "portc daemon stop && portc daemon start");
  }
  for (const std::string newer : {"0.2.0", "0.2.1", "0.10.0", "1.0"}) {
    facts.health["version"] = newer;
    EXPECT_TRUE(diagnose(facts).empty()) << newer;
  }
}

TEST(Diagnosis, NoBackupForADay) {
  Facts facts = well();
  facts.newest_backup = facts.now - std::chrono::hours(25);
  EXPECT_EQ(only_finding(facts).id, "no-backup");
  EXPECT_EQ(command_of(only_finding(facts)), "portc daemon stop && portc daemon start");
  facts.health["store"]["last_backup"] = to_rfc3339(facts.now - std::chrono::hours(2));
  EXPECT_TRUE(diagnose(facts).empty()) << "portd says that there is a newer one";
}

TEST(Diagnosis, NoBackupAtAllIsWrongOnceADayHasPassed) {
  Facts facts = well();
  facts.newest_backup.reset();
  EXPECT_EQ(only_finding(facts).id, "no-backup");
  facts.health["uptime"] = "20h";
  EXPECT_TRUE(diagnose(facts).empty());
}

TEST(Diagnosis, AStoreThatSaysWhatIsWrong) {
  Facts facts = well();
  facts.health["store"]["detail"] = "no history is kept: it cannot be written";
  EXPECT_EQ(only_finding(facts).id, "store-degraded");
  expect_in(only_finding(facts).detail, "no history is kept");
}

TEST(Diagnosis, AlertsThatAreRaised) {
  Facts facts = well();
  facts.health["alerts"] = Json::array(
      {{{"kind", "port-contested"}, {"detail", "end pid 7"}}, {{"kind", "range-low"}, {"detail", "release some"}}});
  const auto found = diagnose(facts);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].id, "alert");
  EXPECT_EQ(found[0].detail, "port-contested: end pid 7");
}

TEST(Diagnosis, AnAlertSaysHowItIsAcknowledgedAndIsThenNoLongerFound) {
  Facts facts = well();
  facts.health["alerts"] = Json::array({{{"kind", "range-low"}, {"detail", "x"}, {"id", "a-1"}, {"state", "raised"}}});
  expect_in(only_finding(facts).fix, "portc alerts ack a-1");
  facts.health["alerts"][0]["state"] = "acknowledged";
  EXPECT_TRUE(diagnose(facts).empty());
}

TEST(Diagnosis, MistakesOfTheConfigurationComeFirst) {
  Facts facts = without_daemon();
  facts.mistakes = {"portd.yaml:1:1: prots: is not a setting"};
  EXPECT_EQ(diagnose(facts).at(0).id, "configuration");
  EXPECT_EQ(command_of(diagnose(facts).at(0)), "portc config validate --fix");
}

TEST(Diagnosis, OfANamedPortdOnlyWhatItSaysItselfIsJudged) {
  Facts facts = well();
  facts.named = "http://localhost:9";
  facts.ipv6 = Ipv6Loopback::missing;
  facts.descriptors = 10;
  facts.newest_backup.reset();
  EXPECT_TRUE(diagnose(facts).empty());
  facts.reach = Facts::Reach::nobody_there;
  facts.trouble = "no portd answers at http://localhost:9: Connection refused";
  const Finding finding = only_finding(facts);
  EXPECT_EQ(finding.detail, facts.trouble);
  EXPECT_EQ(command_of(finding), "(none)");
}

}  // namespace
}  // namespace portd::client
