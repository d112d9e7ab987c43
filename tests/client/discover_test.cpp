#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::instances_of;
using test::PortcWorld;

std::string services_of(const std::vector<Instance>& instances) { return dump_json(services_json(instances, {1, 9})); }

std::string not_found() { return test::problem(Problem::not_found, "web is not registered"); }

TEST(DiscoverVerb, ListsTheServicesOfTheProject) {
  PortcWorld world;
  Instance web = test::instance_of("web@blue", Status::critical);
  web.tags = {"beta", "web"};
  web.reason = "http: connection refused";
  web.affected_by = {"db"};
  const Instance db = test::instance_of("db", Status::passing, 20124);
  world.answers = {{"GET /services?project=default", {200, services_of({db, web})}}};
  world.start_portd();
  const auto ran = world.run({"discover"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(
      ran.out,
      "SERVICE  INSTANCE  STATUS    URL                     TAGS      REASON\n"
      "db       main      passing   http://localhost:20124  -         -\n"
      "web      blue      critical  http://localhost:20123  beta,web  http: connection refused; affected by db\n");
}

TEST(DiscoverVerb, OneServiceShowsAllItsInstances) {
  PortcWorld world;
  world.answers = {{"GET /services/web?project=default",
                    {200, instances_of({test::instance_of("web", Status::passing),
                                        test::instance_of("web@blue", Status::warning)})}}};
  world.start_portd();
  const auto ran = world.run({"discover", "web"});
  EXPECT_NE(ran.out.find("web      main      passing"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("web      blue      warning"), std::string::npos) << ran.out;
}

TEST(DiscoverVerb, AStatedInstanceIsTheOnlyOne) {
  PortcWorld world;
  world.answers = {{"GET /services/web?project=acme&instance=blue",
                    {200, instances_of({test::instance_of("acme/web@blue", Status::passing)})}}};
  world.start_portd();
  EXPECT_EQ(world.run({"discover", "acme/web@blue"}).exit, 0);
  EXPECT_EQ(world.run({"discover", "web", "--project", "acme", "--instance", "blue"}).exit, 0);
}

TEST(DiscoverVerb, FiltersByStatusAndTagAcrossAllProjects) {
  PortcWorld world;
  world.answers = {
      {"GET /services?status=passing&tag=web", {200, services_of({test::instance_of("acme/web", Status::passing)})}}};
  world.start_portd();
  const auto ran = world.run({"discover", "--all-projects", "--status", "passing", "--tag", "web"});
  EXPECT_NE(ran.out.find("acme/web  main"), std::string::npos) << ran.out << ran.err;
}

TEST(DiscoverVerb, ExitsWithThreeWhenTheServiceIsNotRegistered) {
  for (const test::FakeAnswer& answer : {test::FakeAnswer{404, not_found()}, test::FakeAnswer{200, instances_of({})}}) {
    PortcWorld world;
    world.answers = {{"GET /services/web?project=default", answer}};
    world.start_portd();
    const auto ran = world.run({"discover", "web"});
    EXPECT_EQ(ran.exit, 3);
    EXPECT_EQ(ran.out, "");
    EXPECT_NE(ran.err.find("web is not registered"), std::string::npos) << ran.err;
  }
}

TEST(DiscoverVerb, ExitsWithOneWhenNoInstanceIsLikeThat) {
  PortcWorld world;
  world.answers = {
      {"GET /services/web?project=default&status=passing", {200, instances_of({})}},
      {"GET /services/web?project=default", {200, instances_of({test::instance_of("web", Status::critical)})}}};
  world.start_portd();
  const auto ran = world.run({"discover", "web", "--status", "passing"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err, "portc: web is registered, but no instance of it has that status and tag\n");
}

TEST(DiscoverVerb, AnEmptyListTellsTheNextStep) {
  PortcWorld world;
  world.answers = {{"GET /services?project=default", {200, services_of({})}}};
  world.start_portd();
  const auto ran = world.run({"discover"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err, "portc: no services yet; register one with: portc register\n");
}

TEST(DiscoverVerb, JsonIsTheWholeAnswer) {
  PortcWorld world;
  Json list = services_json({test::instance_of("web", Status::passing)}, {1, 9});
  list["services"][0]["from_a_newer_portd"] = true;
  world.answers = {{"GET /services?project=default", {200, dump_json(list)}}};
  world.start_portd();
  EXPECT_EQ(*parse_json(world.run({"discover", "--json"}).out), list);
}

TEST(DiscoverVerb, EscapesWhatSteersTheTerminal) {
  PortcWorld world;
  Instance web = test::instance_of("web", Status::critical);
  web.reason = "evil\x1b[2J";
  world.answers = {{"GET /services?project=default", {200, services_of({web})}}};
  world.start_portd();
  EXPECT_EQ(world.run({"discover"}).out.find('\x1b'), std::string::npos);
}

TEST(DiscoverVerb, RefusesWhatContradictsItself) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"discover", "web", "--all-projects"}).exit, 2);
  EXPECT_EQ(world.run({"discover", "--project", "acme", "--all-projects"}).exit, 2);
  EXPECT_EQ(world.run({"discover", "--status", "fine"}).exit, 2);
  EXPECT_EQ(world.run({"discover", "--tag", "A b"}).exit, 2);
  EXPECT_EQ(world.run({"discover", "web:debug"}).exit, 2);
}

}  // namespace
}  // namespace portd::client
