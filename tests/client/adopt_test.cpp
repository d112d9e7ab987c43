#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::FakeAnswer;
using test::lease_of;
using test::PortcWorld;
using ::testing::HasSubstr;

constexpr const char* adopts_port = "GET /ports/3000";

PortReport running_in(const std::string& folder) {
  Holder process{{"", 17, 1}, "node server.js", folder, {}};
  return {Port(3000),
          Verdict::foreign,
          {},
          {{Protocol::tcp, "127.0.0.1", Port(3000), 1, 1000, "ada",
            folder.empty() ? std::nullopt : std::optional(process)}}};
}

std::string adopted(const std::string& key) {
  Lease lease = lease_of(key, 3000);
  lease.state = LeaseState::listening;
  lease.holder = Holder{{"", 17, 1}, "node server.js", "/", {}};
  lease.holder_alive = true;
  return dump_json(to_json(lease));
}

// A portd that sees this on port 3000 and adopts it.
void serve(PortcWorld& world, const PortReport& report, const std::string& key = "demo", int status = 201) {
  world.answers = {{adopts_port, {200, dump_json(to_json(report))}}, {"POST /ports", {status, adopted(key)}}};
  world.start_portd();
}

Json asked_of(const PortcWorld& world) { return *parse_json(world.portd->requests().back().body); }

TEST(AdoptVerb, TakesTheKeyFromTheFolderOfTheProcess) {
  PortcWorld world;
  const auto folder = world.write("old-demo/server.js", "").parent_path();
  serve(world, running_in(folder.string()), "old-demo");
  const auto ran = world.run({"adopt", "3000"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "adopted port 3000 as old-demo: pid 17 (node server.js) runs on untouched, and the port stays its "
            "own after its end\n");
  EXPECT_EQ(asked_of(world), (Json{{"adopt", true},
                                   {"port", 3000},
                                   {"project", "default"},
                                   {"service", "old-demo"},
                                   {"instance", "main"},
                                   {"role", "http"},
                                   {"cwd", folder.string()}}));
}

TEST(AdoptVerb, AProgramInTheRootFolderIsNamedByPortd) {
  PortcWorld world;
  serve(world, running_in("/"), "node");
  const auto ran = world.run({"adopt", "3000"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(asked_of(world), (Json{{"adopt", true}, {"port", 3000}}));
  world.run({"adopt", "3000", "--as", "web"});
  EXPECT_EQ(asked_of(world).at("service"), "web");
}

TEST(AdoptVerb, AsNamesTheServiceAndTheFolderTheRest) {
  PortcWorld world;
  const auto file = world.write("acme/portd.yaml", "project: acme\n");
  serve(world, running_in(file.parent_path().string()), "acme/web");
  world.run({"adopt", "3000", "--as", "web@blue:debug"});
  const Json body = asked_of(world);
  EXPECT_EQ(body.at("project"), "acme");
  EXPECT_EQ(body.at("service"), "web");
  EXPECT_EQ(body.at("instance"), "blue");
  EXPECT_EQ(body.at("role"), "debug");
  EXPECT_EQ(body.at("cwd"), file.parent_path().string());
}

TEST(AdoptVerb, AHiddenProcessGetsTheKeyOfThisFolder) {
  PortcWorld world;
  serve(world, running_in(""), "shop");
  world.run({"adopt", "3000"});
  EXPECT_EQ(asked_of(world).at("service"), "shop");
  EXPECT_EQ(asked_of(world).at("cwd"), (world.home / "shop").string());
}

TEST(AdoptVerb, AFolderThatIsGoneIsNotLookedInto) {
  PortcWorld world;
  serve(world, running_in((world.home / "gone").string()), "shop");
  world.run({"adopt", "3000"});
  EXPECT_EQ(asked_of(world).at("service"), "shop");
}

TEST(AdoptVerb, WhatIsAdoptedAlreadyIsSaidSo) {
  PortcWorld world;
  serve(world, running_in(world.environment.folder.string()), "shop", 200);
  EXPECT_EQ(world.run({"adopt", "3000"}).out, "port 3000 is leased to shop already\n");
}

TEST(AdoptVerb, OfUdpNoHoldIsPromised) {
  PortcWorld world;
  PortReport report = running_in(world.environment.folder.string());
  report.listeners.front().protocol = Protocol::udp;
  Lease lease = lease_of("dns", 3000);
  lease.protocol = Protocol::udp;
  lease.state = LeaseState::listening;
  world.answers = {{adopts_port, {200, dump_json(to_json(report))}}, {"POST /ports", {201, dump_json(to_json(lease))}}};
  world.start_portd();
  EXPECT_EQ(world.run({"adopt", "3000", "--as", "dns"}).out,
            "adopted port 3000 as dns: what listens runs on untouched; portd remembers the port for it, but does not "
            "hold UDP: after its end any program can take it\n");
}

TEST(AdoptVerb, AContainerIsNamed) {
  PortcWorld world;
  PortReport report = running_in("");
  report.listeners.front().container = Container{"0123456789ab", "pg", "postgres:16", ""};
  world.answers = {{adopts_port, {200, dump_json(to_json(report))}}, {"POST /ports", {201, test::granted("db", 3000)}}};
  world.start_portd();
  EXPECT_THAT(world.run({"adopt", "3000", "--as", "db"}).out, HasSubstr("as db: container pg runs on"));
}

TEST(AdoptVerb, AContainersLabelIsItsKey) {
  PortcWorld world;
  PortReport report = running_in("");
  report.listeners.front().container = Container{"0123456789ab", "pg", "postgres:16", "acme/db:postgres"};
  serve(world, report);
  world.run({"adopt", "3000"});
  EXPECT_EQ(asked_of(world).at("project"), "acme");
  EXPECT_EQ(asked_of(world).at("role"), "postgres");
  world.run({"adopt", "3000", "--as", "pg"});
  EXPECT_EQ(asked_of(world).at("service"), "pg");
}

TEST(AdoptVerb, ABarredPortIsAdoptedWithAWarning) {
  PortcWorld world;
  PortReport report = running_in(world.environment.folder.string());
  report.barred = Verdict::blocked;
  serve(world, report);
  const auto ran = world.run({"adopt", "3000"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.err, HasSubstr("browsers refuse to open it"));
}

TEST(AdoptVerb, NobodyToAdoptIsNotFound) {
  PortcWorld world;
  world.answers = {{adopts_port, {200, dump_json(to_json(PortReport{Port(3000), Verdict::free, {}, {}}))}}};
  world.start_portd();
  const auto ran = world.run({"adopt", "3000"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_THAT(ran.err, HasSubstr("portc allocate --port 3000"));
}

TEST(AdoptVerb, PortdsRefusalsHaveTheirExitCodes) {
  const std::vector<std::pair<Problem, int>> problems{
      {Problem::port_in_use, 4}, {Problem::key_conflict, 4}, {Problem::forbidden, 77}, {Problem::not_found, 3}};
  for (const auto& [kind, exit] : problems) {
    PortcWorld world;
    world.answers = {{adopts_port, {200, dump_json(to_json(running_in("/")))}},
                     {"POST /ports", {row_of(kind).http_status, test::problem(kind, "no, because")}}};
    world.start_portd();
    const auto ran = world.run({"adopt", "3000", "--as", "web"});
    EXPECT_EQ(ran.exit, exit);
    EXPECT_EQ(ran.err, "portc: no, because\n");
  }
}

TEST(AdoptVerb, JsonIsTheLease) {
  PortcWorld world;
  serve(world, running_in(world.environment.folder.string()), "shop");
  EXPECT_EQ(*parse_json(world.run({"adopt", "3000", "--json"}).out), *parse_json(adopted("shop")));
}

TEST(AdoptVerb, RefusesWhatIsNoPortOrNoKey) {
  PortcWorld world;
  serve(world, running_in("/"));
  EXPECT_EQ(world.run({"adopt", "0"}).exit, 2);
  EXPECT_EQ(world.run({"adopt", "3000", "--as", "No Key"}).exit, 2);
}

}  // namespace
}  // namespace portd::client
