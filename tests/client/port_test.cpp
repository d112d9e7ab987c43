#include <gtest/gtest.h>
#include <unistd.h>

#include "client/find_or_grant.hpp"
#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::granted;
using test::lease_of;
using test::list_of;
using test::PortcWorld;

TEST(PortVerb, PrintsThePortThatTheServiceOfTheFolderHas) {
  PortcWorld world;
  world.answers = {{test::lookup_of_shop, {200, list_of({lease_of("shop:debug", 20001), lease_of("shop", 20123)})}}};
  world.start_portd();
  const auto ran = world.run({"port"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "20123\n");
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(world.portd->request_lines(), std::vector<std::string>{test::lookup_of_shop});
}

TEST(PortVerb, LeasesAPortWithoutAHolderWhenThereIsNone) {
  PortcWorld world;
  world.answers = {{test::lookup_of_shop, {200, list_of({})}}, {"POST /ports", {201, granted("shop", 20123)}}};
  world.start_portd();
  EXPECT_EQ(world.run({"port", "shop"}).out, "20123\n");

  const Json request = *parse_json(world.portd->requests().at(1).body);
  EXPECT_EQ(request.at("service"), "shop");
  EXPECT_EQ(request.at("role"), "http");
  EXPECT_TRUE(request.at("pid").is_null());
  EXPECT_EQ(request.at("cwd"), (world.home / "shop").string());
  EXPECT_EQ(world.portd->connections(), 1);
}

TEST(PortVerb, ReadsAllPartsOfAKey) {
  PortcWorld world;
  world.answers = {{"GET /ports?project=acme&service=api&instance=blue",
                    {200, list_of({lease_of("acme/api@blue", 20001), lease_of("acme/api@blue:debug", 20002)})}}};
  world.start_portd();
  EXPECT_EQ(world.run({"port", "acme/api@blue:debug"}).out, "20002\n");
  EXPECT_EQ(world.run({"port", "--project", "acme", "--service", "api", "--instance", "blue", "--role", "debug"}).out,
            "20002\n");
}

TEST(PortVerb, ExistingExitsWithThreeAndLeasesNothing) {
  PortcWorld world;
  world.answers = {{test::lookup_of_shop, {200, list_of({})}}};
  world.start_portd();
  const auto ran = world.run({"port", "--existing"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "portc: shop has no port yet; get one with: portc port shop\n");
  EXPECT_EQ(world.portd->requests().size(), 1U);
}

TEST(PortVerb, JsonIsTheLeaseAsPortdSentIt) {
  PortcWorld world;
  Json list = to_json({lease_of("shop", 20123)}, Revision{1, 9});
  list["leases"][0]["from_a_newer_portd"] = true;
  world.answers = {{test::lookup_of_shop, {200, dump_json(list)}}};
  world.start_portd();
  EXPECT_EQ(*parse_json(world.run({"port", "--json"}).out), list["leases"][0]);
}

TEST(PortVerb, AProblemIsTextOnStderrAndJsonOnRequest) {
  PortcWorld world;
  const std::string body =
      test::problem(Problem::range_full, "the range is full; release some with: portc prune --gone");
  world.answers = {{test::lookup_of_shop, {200, list_of({})}}, {"POST /ports", {507, body}}};
  world.start_portd();
  const auto ran = world.run({"--json", "port"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err, "portc: the range is full; release some with: portc prune --gone\n");
  EXPECT_EQ(*parse_json(ran.out), *parse_json(body));
}

TEST(PortVerb, RefusesAProjectThatIsStatedTwice) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"port", "acme/shop", "--project", "other"}).exit, 2);
}

TEST(PortVerb, AServiceThatIsAWholeKeyIsRefusedWithTheOptionsThatSayIt) {
  const PortcWorld world;
  const auto ran = world.run({"port", "--service", "acme/web@x:debug"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("--project acme --service web --instance x --role debug"), std::string::npos) << ran.err;
  const auto broken = world.run({"port", "--service", "@:"});
  EXPECT_EQ(broken.exit, 2);
  EXPECT_NE(broken.err.find("--instance and --role"), std::string::npos) << broken.err;
}

TEST(PortVerb, AProjectFileThatLinksToADeviceIsNamedItself) {
  const PortcWorld world;
  std::filesystem::create_symlink("/dev/zero", world.home / "shop" / "portd.yaml");
  const auto ran = world.run({"port"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_NE(ran.err.find("shop/portd.yaml\" is not a regular file"), std::string::npos) << ran.err;
  EXPECT_EQ(ran.err.find("/dev/zero"), std::string::npos) << ran.err;
}

TEST(PortVerb, AnAnswerThatIsNotPortdsIsNamedAsSuch) {
  PortcWorld world;
  world.answers = {{test::lookup_of_shop, {200, "<html>"}}};
  world.start_portd();
  const auto ran = world.run({"port"});
  EXPECT_EQ(ran.exit, 69);
  EXPECT_NE(ran.err.find("is not a portd this portc knows"), std::string::npos) << ran.err;
}

// A project whose file asks for something.
class PortOfAProject : public testing::Test {
 protected:
  PortOfAProject() {
    world.write("shop/portd.yaml",
                "project: store\n"
                "services:\n"
                "  web: {ports: {http: {port: 20100, range: web, protocol: both, on_conflict: reclaim}, debug: {}}}\n"
                "  db: {shared: true, ports: [postgres]}\n"
                "  queue: {ports: {http: {port: 20200, on_conflict: wait}}}\n");
  }
  // What is asked of portd for the first port of a key.
  Json asked_for(const std::string& lookup, const std::vector<std::string>& arguments) {
    world.answers = {{"GET /ports?project=store&" + lookup, {200, list_of({})}},
                     {"POST /ports", {201, granted("store/web", 20100)}}};
    world.start_portd();
    const auto ran = world.run(arguments);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    return *parse_json(world.portd->requests().back().body);
  }

  PortcWorld world;
};

TEST_F(PortOfAProject, AsksForWhatIsDeclared) {
  EXPECT_EQ(asked_for("service=web&instance=main", {"port", "web"}), Json({{"project", "store"},
                                                                           {"service", "web"},
                                                                           {"instance", "main"},
                                                                           {"role", "http"},
                                                                           {"pid", nullptr},
                                                                           {"cwd", (world.home / "shop").string()},
                                                                           {"port", 20100},
                                                                           {"range", "web"},
                                                                           {"protocol", "both"},
                                                                           {"on_conflict", "reclaim"}}));
}

TEST_F(PortOfAProject, AnotherRoleHasWhatIsDeclaredOfIt) {
  const Json request = asked_for("service=web&instance=main", {"port", "web:debug"});
  EXPECT_EQ(request.at("role"), "debug");
  EXPECT_FALSE(request.contains("port"));
}

TEST_F(PortOfAProject, TheMainRoleIsTheOnlyOneThereIs) {
  EXPECT_EQ(asked_for("service=db&instance=main", {"port", "db"}).at("role"), "postgres");
}

TEST_F(PortOfAProject, ASharedServiceIsInMain) {
  world.environment.variables["PORTD_INSTANCE"] = "blue";
  world.environment.variables["PORTD_ENV"] = "testing";
  EXPECT_EQ(asked_for("service=db&instance=main", {"port", "db"}).at("instance"), "main");
}

TEST_F(PortOfAProject, AnEnvironmentIsAnInstanceOfItsOwn) {
  EXPECT_EQ(asked_for("service=web&instance=blue.testing", {"port", "web", "--instance", "blue", "--env", "testing"})
                .at("instance"),
            "blue.testing");
}

TEST_F(PortOfAProject, SetWinsOverTheFile) {
  EXPECT_EQ(
      asked_for("service=web&instance=main", {"port", "web", "--set", "services.web.ports.http.port=20150"}).at("port"),
      20150);
}

TEST_F(PortOfAProject, ALeaseOnAnotherPortMoves) {
  world.answers = {
      {"GET /ports?project=store&service=web&instance=main", {200, list_of({lease_of("store/web", 20050)})}},
      {"POST /ports", {200, granted("store/web", 20100)}}};
  world.start_portd();
  const auto ran = world.run({"port", "web"});
  EXPECT_EQ(ran.out, "20100\n");
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(world.run({"port", "web", "--existing"}).out, "20050\n");
}

TEST_F(PortOfAProject, ATakenPortIsSaidWithWhoToAsk) {
  world.answers = {{"GET /ports?project=store&service=web&instance=main", {200, list_of({})}},
                   {"POST /ports", {201, granted("store/web", 20101)}}};
  world.start_portd();
  const auto ran = world.run({"port", "web"});
  EXPECT_EQ(ran.out, "20101\n");
  EXPECT_EQ(ran.err, "portc: port 20100, which portd.yaml asks for, is taken (portc who 20100); web is on 20101\n");
}

TEST_F(PortOfAProject, AServiceThatTheFileDoesNotHaveIsNoted) {
  world.answers = {{"GET /ports?project=store&service=weeb&instance=main", {200, list_of({})}},
                   {"POST /ports", {201, granted("store/weeb", 20300)}}};
  world.start_portd();
  const auto ran = world.run({"port", "weeb"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err, "portc: weeb is not in portd.yaml; did you mean \"web\"?\n");
}

TEST_F(PortOfAProject, AnotherProjectsServiceIsNotOfThisFile) {
  world.answers = {{"GET /ports?project=acme&service=web&instance=main", {200, list_of({})}},
                   {"POST /ports", {201, granted("acme/web", 20300)}}};
  world.start_portd();
  for (const auto& arguments : {std::vector<std::string>{"port", "acme/web"}, {"port", "web", "--project", "acme"}}) {
    EXPECT_EQ(world.run(arguments).err, "");
    EXPECT_FALSE(parse_json(world.portd->requests().back().body)->contains("port"));
  }
}

TEST_F(PortOfAProject, AMistakeInTheFileIsTheConfigurationsExitCode) {
  world.write("shop/portd.yaml", "services: {web: {ports: {http: {port: 99999}}}}\n");
  const auto ran = world.run({"port", "web"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_NE(ran.err.find("portd.yaml:1:39: error: services.web.ports.http.port must be a port"), std::string::npos)
      << ran.err;
}

// Within `portc run --service api` in the folder shop, whose shell is a parent of portc.
class PortWithinRun : public testing::Test {
 protected:
  PortWithinRun() {
    launched_as("acme/api@blue:debug");
    world.environment.variables["PORTD_LEASE_CWD"] = (world.home / "shop").string();
    world.environment.variables["PORTD_LEASE_FOR"] = "shop";
    world.answers = {{"GET /ports?project=acme&service=api&instance=blue",
                      {200, list_of({lease_of("acme/api@blue", 20001), lease_of("acme/api@blue:debug", 20002)})}},
                     {test::lookup_of_shop, {200, list_of({lease_of("shop", 20123)})}},
                     {"GET /ports?project=default&service=web&instance=main", {200, list_of({lease_of("web", 20124)})}},
                     {"GET /ports?project=default&service=shop&instance=main.web",
                      {200, list_of({lease_of("shop@main.web", 20125)})}},
                     {"GET /ports?project=default&service=shop&instance=main.testing",
                      {200, list_of({lease_of("shop@main.testing", 20200)})}}};
    world.start_portd();
  }
  void launched_as(const std::string& key, pid_t launcher = ::getppid()) {
    world.environment.parent = ::getpid();
    world.environment.variables["PORTD_LEASE"] = key + ",20002," + std::to_string(launcher);
  }
  std::string printed(const std::vector<std::string>& arguments) { return world.run(arguments).out; }

  PortcWorld world;
};

TEST_F(PortWithinRun, IsThatOfWhatRunHasStarted) {
  EXPECT_EQ(printed({"port"}), "20002\n");
  EXPECT_EQ(printed({"port", "--role", "http"}), "20001\n");
  EXPECT_EQ(printed({"url"}), "http://localhost:20002\n");
}

TEST_F(PortWithinRun, WhatIsStatedWins) {
  EXPECT_EQ(printed({"port", "shop"}), "20123\n");
  EXPECT_EQ(printed({"port", "--service", "web"}), "20124\n");
  EXPECT_EQ(printed({"port", "--instance", "main"}), "20123\n");
  EXPECT_EQ(printed({"port", "--env", "web"}), "20125\n");
}

TEST_F(PortWithinRun, AnotherFolderOrNameIsItself) {
  world.environment.variables["PORTD_SERVICE"] = "web";
  EXPECT_EQ(printed({"port"}), "20124\n");
  world.environment.variables.erase("PORTD_SERVICE");
  world.environment.variables["PORTD_ENV"] = "web";
  EXPECT_EQ(printed({"port"}), "20125\n");
  std::filesystem::create_directories(world.home / "web");
  world.environment.folder = world.home / "web";
  world.environment.variables["PORTD_ENV"] = "";
  EXPECT_EQ(printed({"port"}), "20124\n");
}

TEST_F(PortWithinRun, ItsCommandIsWhatItHasStartedWhateverThatCallsItself) {
  world.environment.variables["PORTD_SERVICE"] = "web";
  world.environment.parent = ::getppid();
  EXPECT_EQ(printed({"port"}), "20002\n");
}

TEST_F(PortWithinRun, ALauncherThatIsNoParentDoesNotCount) {
  for (const char* text : {"acme/api,20002,2147483647", "acme/api,20002,", "acme/api", "acme/api,0,1", ",20002,1"}) {
    world.environment.variables["PORTD_LEASE"] = text;
    EXPECT_EQ(printed({"port"}), "20123\n") << text;
  }
}

TEST_F(PortWithinRun, TheProjectIsReadAsItIsInTheEnvironmentOfRun) {
  world.write("shop/portd.yaml",
              "services: {shop: {ports: {http: {port: 20100}}}}\n"
              "environments: {testing: {services: {shop: {ports: {http: {port: 20200}}}}}}\n");
  launched_as("shop@main.testing");
  EXPECT_EQ(printed({"port"}), "20200\n");
}

TEST(PatienceFor, IsThatOfARequestThatWaits) {
  EXPECT_EQ(patience_for(Json::object()).value(), Millis(0));
  EXPECT_EQ(patience_for({{"on_conflict", "next"}, {"wait", "5s"}}).value(), Millis(0));
  EXPECT_EQ(patience_for({{"on_conflict", "wait"}, {"wait", "5s"}}).value(), Millis(5000));
  EXPECT_GE(patience_for({{"on_conflict", "wait"}}).value(), std::chrono::minutes(10));
  EXPECT_FALSE(patience_for({{"on_conflict", "wait"}, {"wait", "soon"}}));
}

}  // namespace
}  // namespace portd::client
