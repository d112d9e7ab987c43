#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <set>

#include "client/doctor/port_owner.hpp"
#include "common/descriptor.hpp"
#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;

const char* const settings_of_a_portd =
    R"({"settings": {"api": {"port": 0}, "ports": {"ranges": {"default": "20000-20099"}}}})";

std::string health_of_version(const std::string& version) {
  return R"({"status":"ok","version":")" + version + R"(","uptime":"1m","leases":1,"alerts":[],)" +
         R"("store":{"condition":"good","detail":"","disk_full":false,"last_backup":null}})";
}

// Folders and socket as portd makes them, on whatever machine this is.
void make_private(const PortcWorld& world) {
  for (const char* folder : {"state", "run"}) ::chmod((world.home / folder).c_str(), 0700);
  ::chmod(world.socket().c_str(), 0600);
}

void start_well(PortcWorld& world) {
  world.environment.variables["PORTD_CFG_API__PORT"] = "0";
  world.answers = {{"GET /health", {200, health_of_version(PORTD_VERSION)}},
                   {"GET /config", {200, settings_of_a_portd}}};
  world.start_portd();
  make_private(world);
}

// What the machine that runs the tests may lack.
const std::set<std::string> of_the_machine{"no-ipv6-loopback", "few-descriptors", "disk-full", "range-in-ephemeral"};

std::set<std::string> found_by(const PortcWorld& world) {
  std::set<std::string> ids;
  const Json told = *parse_json(world.run({"doctor", "--json"}).out);
  for (const Json& finding : told.at("findings")) {
    const std::string id = finding.at("id");
    if (!of_the_machine.contains(id)) ids.insert(id);
  }
  return ids;
}

using Ids = std::set<std::string>;

TEST(DoctorVerb, FindsNothingWrongWithAPortdThatIsWell) {
  PortcWorld world;
  start_well(world);
  EXPECT_EQ(found_by(world), Ids{});
}

TEST(DoctorVerb, FindsThatNoneRunsAndStartsNone) {
  PortcWorld world;
  world.environment.variables.erase("PORTD_AUTOSTART");
  world.environment.variables["PORTD_CFG_API__PORT"] = "0";
  make_private(world);
  EXPECT_EQ(found_by(world), Ids{"no-daemon"});
  const auto ran = world.run({"doctor"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_NE(ran.out.find("no-daemon: portd is not running\n  fix: start it\n    $ portc daemon start\n"),
            std::string::npos);
  EXPECT_EQ(ran.err, "");
}

TEST(DoctorVerb, FindsWhatAPortdThatIsGoneLeftBehind) {
  PortcWorld world;
  start_well(world);
  world.portd.reset();
  const Ids both{"no-daemon", "stale-files"};
  EXPECT_EQ(found_by(world), both);
}

TEST(DoctorVerb, FindsAnOlderDaemon) {
  PortcWorld world;
  start_well(world);
  world.answers["GET /health"] = {200, health_of_version("0.0.9")};
  EXPECT_EQ(found_by(world), Ids{"older-daemon"});
}

TEST(DoctorVerb, FindsWrongModes) {
  PortcWorld world;
  start_well(world);
  ::chmod((world.home / "run").c_str(), 0755);
  EXPECT_EQ(found_by(world), Ids{"wrong-mode"});
}

TEST(DoctorVerb, FindsMistakesOfTheConfiguration) {
  PortcWorld world;
  start_well(world);
  world.write(".config/portd/portd.yaml", "ports: {stratgy: next}\n");
  EXPECT_EQ(found_by(world), Ids{"configuration"});
}

TEST(DoctorVerb, FindsARangeOfTheRunningPortdInsideTheEphemeralOne) {
  if (!std::filesystem::exists("/proc/sys/net/ipv4/ip_local_port_range")) GTEST_SKIP();
  PortcWorld world;
  start_well(world);
  world.answers["GET /config"] = {200,
                                  R"({"settings": {"api": {"port": 0}, "ports": {"ranges": {"all": "1024-65535"}}}})"};
  const Json told = *parse_json(world.run({"doctor", "--json"}).out);
  EXPECT_TRUE(std::ranges::any_of(told.at("findings"), [](const Json& finding) {
    return finding.at("id") == "range-in-ephemeral" &&
           finding.at("detail").get<std::string>().find("ports.ranges.all") == 0;
  })) << told;
}

TEST(DoctorVerb, AnAnswerOfNoPortdIsNoAnswer) {
  PortcWorld world;
  start_well(world);
  world.answers["GET /health"] = {200, "[]"};
  EXPECT_EQ(found_by(world), Ids{"no-answer"});
}

TEST(DoctorVerb, ANamedPortdIsJudgedByWhatItSays) {
  PortcWorld world;
  world.answers = {{"GET /health", {200, health_of_version(PORTD_VERSION)}}};
  world.serve();
  const auto ran = world.run({"doctor", "--socket", world.socket().string()});
  EXPECT_EQ(ran.exit, 0) << ran.out;
  EXPECT_EQ(ran.out, "all is well: portd " PORTD_VERSION " serves on " + world.socket().string() + "\n");
  EXPECT_EQ(world.run({"doctor", "--socket", "/nowhere"}).exit, 1);
}

TEST(DoctorVerb, ThePortdThatIsNamedHasToBeNamedWell) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"doctor", "--url", "nonsense"}).exit, 2);
}

// --- who has a port -------------------------------------------------------------------------------------------------

struct OpenPort {
  Descriptor socket;
  std::uint16_t port = 0;
};

OpenPort listen_on_any(in_addr_t at = INADDR_LOOPBACK) {
  OpenPort open{Descriptor(::socket(AF_INET, SOCK_STREAM, 0))};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(at);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(open.socket.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(open.socket.get(), 1), 0);
  ::getsockname(open.socket.get(), reinterpret_cast<sockaddr*>(&address), &size);
  open.port = ntohs(address.sin_port);
  return open;
}

TEST(PortOwner, IsTheProcessThatListens) {
  const OpenPort open = listen_on_any();
  const auto owner = owner_of_port(open.port);
  ASSERT_TRUE(owner);
  if (!std::filesystem::exists("/proc/net/tcp")) return;
  EXPECT_EQ(owner->uid, ::geteuid());
  EXPECT_EQ(owner->pid, ::getpid());
  EXPECT_NE(owner->command.find("client_test"), std::string::npos);
}

TEST(PortOwner, HasAnAddressThatPortdBinds) {
  if (!std::filesystem::exists("/proc/net/tcp")) return;
  const OpenPort beside = listen_on_any(INADDR_LOOPBACK + 4);
  EXPECT_FALSE(owner_of_port(beside.port)) << "127.0.0.5 leaves 127.0.0.1 to portd";
  const OpenPort everywhere = listen_on_any(INADDR_ANY);
  const auto owner = owner_of_port(everywhere.port);
  ASSERT_TRUE(owner);
  EXPECT_EQ(owner->pid, ::getpid());
}

TEST(PortOwner, HasTheLoopbackOfIpv6) {
  if (!std::filesystem::exists("/proc/net/tcp6")) return;
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  socklen_t size = sizeof address;
  for (const char* text : {"::1", "::ffff:127.0.0.1"}) {
    const Descriptor one(::socket(AF_INET6, SOCK_STREAM, 0));
    const int off = 0;
    ::setsockopt(one.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    ::inet_pton(AF_INET6, text, &address.sin6_addr);
    address.sin6_port = 0;
    if (::bind(one.get(), reinterpret_cast<sockaddr*>(&address), size) != 0) GTEST_SKIP() << "no IPv6";
    ASSERT_EQ(::listen(one.get(), 1), 0);
    ::getsockname(one.get(), reinterpret_cast<sockaddr*>(&address), &size);
    EXPECT_TRUE(owner_of_port(ntohs(address.sin6_port))) << text;
  }
}

TEST(PortOwner, IsNobodyOnAFreePort) {
  const std::uint16_t port = listen_on_any().port;
  EXPECT_FALSE(owner_of_port(port));
}

}  // namespace
}  // namespace portd::client
