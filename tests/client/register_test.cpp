#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::lease_of;
using test::list_of;
using test::PortcWorld;
using ::testing::HasSubstr;

constexpr const char* put_shop = "PUT /services/shop?project=default&instance=main";

std::string registered(Status status) { return dump_json(to_json(test::instance_of("shop", status))); }

// A world where shop has a port and is registered by whatever is sent.
class RegisterVerb : public testing::Test {
 protected:
  RegisterVerb() {
    world.answers = {{test::lookup_of_shop, {200, list_of({lease_of("shop", 20123)})}},
                     {put_shop, {200, registered(Status::passing)}}};
    world.start_portd();
  }

  // The declaration that these options send.
  Json declared(std::vector<std::string> options) {
    options.insert(options.begin(), {"register", "shop"});
    const auto ran = world.run(options);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    return *parse_json(world.portd->requests().back().body);
  }

  // What is wrong with these options.
  std::string refused(std::vector<std::string> options) {
    options.insert(options.begin(), {"register", "shop"});
    const auto ran = world.run(options);
    EXPECT_EQ(ran.exit, 2);
    EXPECT_EQ(world.portd->requests().size(), 0U);
    return ran.err;
  }

  PortcWorld world;
};

TEST_F(RegisterVerb, RegistersTheServiceOfTheFolder) {
  const auto ran = world.run({"register"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "SERVICE  INSTANCE  STATUS   URL                     TAGS  REASON\n"
            "shop     main      passing  http://localhost:20123  -     -\n");
  EXPECT_EQ(ran.err, "");
  EXPECT_EQ(world.portd->requests().back().body, "{}");
}

TEST_F(RegisterVerb, AStatedPortNeedsNoLease) {
  EXPECT_EQ(declared({"--port", "5432", "--host", "127.0.0.1"}), *parse_json(R"({"port": 5432, "host": "127.0.0.1"})"));
  EXPECT_EQ(world.portd->request_lines(), std::vector<std::string>{put_shop});
}

TEST_F(RegisterVerb, SendsTagsAndMetadata) {
  EXPECT_EQ(declared({"--tag", "web", "--tag", "beta", "--meta", "team=checkout", "--meta", "query=a=b"}),
            *parse_json(R"({"tags": ["web", "beta"], "metadata": {"team": "checkout", "query": "a=b"}})"));
}

TEST_F(RegisterVerb, SendsDependencies) {
  EXPECT_EQ(declared({"--depends-on", "db", "--depends-on", "api:healthy", "--depends-on", "acme/cache@blue:optional",
                      "--depends-on", "queue:started:optional"}),
            *parse_json(R"({"depends_on": [
                {"service": "db"},
                {"service": "api", "condition": "healthy"},
                {"service": "cache", "project": "acme", "instance": "blue", "required": false},
                {"service": "queue", "condition": "started", "required": false}]})"));
}

TEST_F(RegisterVerb, SendsChecks) {
  EXPECT_EQ(declared({"--check", "http", "--check", "http:/healthz?full=1", "--check", "http://localhost:8080/up",
                      "--check", "tcp", "--check", "ttl", "--check", "ttl:15s"}),
            *parse_json(R"({"checks": [{"type": "http"}, {"type": "http", "path": "/healthz?full=1"},
                {"type": "http", "url": "http://localhost:8080/up"}, {"type": "tcp"}, {"type": "ttl"},
                {"type": "ttl", "ttl": "15s"}]})"));
}

TEST_F(RegisterVerb, OneScheduleIsForAllChecksThatProbe) {
  EXPECT_EQ(declared({"--check", "http", "--check", "tcp", "--check", "ttl", "--interval", "5s", "--timeout", "1s",
                      "--start-period", "1m", "--failures", "2", "--successes", "4"}),
            *parse_json(R"({"checks": [
                {"type": "http", "interval": "5s", "timeout": "1s", "start_period": "1m", "failures": 2, "successes": 4},
                {"type": "tcp", "interval": "5s", "timeout": "1s", "start_period": "1m", "failures": 2, "successes": 4},
                {"type": "ttl"}]})"));
}

TEST_F(RegisterVerb, RefusesWhatItCannotTellApart) {
  EXPECT_THAT(refused({"--depends-on", "db:helthy"}), HasSubstr("did you mean \"healthy\"?"));
  EXPECT_THAT(refused({"--depends-on", "db:optional:healthy"}), HasSubstr(":started or :healthy, then by :optional"));
  EXPECT_THAT(refused({"--depends-on", "My Db"}), HasSubstr("try \"my-db\""));
  EXPECT_THAT(refused({"--depends-on", ":healthy"}), HasSubstr("--depends-on"));
  for (const char* check :
       {"htpp", "http:", "http:healthz", "tcp:80", "ttl:", "command:rm", "https://localhost/", ""}) {
    EXPECT_THAT(refused({"--check", check}), HasSubstr("--check is http")) << check;
  }
  EXPECT_THAT(refused({"--meta", "team"}), HasSubstr("NAME=VALUE"));
  EXPECT_THAT(refused({"--interval", "5s"}), HasSubstr("add one"));
  EXPECT_THAT(refused({"--interval", "5s", "--check", "ttl:30s"}), HasSubstr("add one"));
  EXPECT_EQ(world.run({"register", "shop:debug"}).exit, 2);
}

TEST_F(RegisterVerb, JsonIsTheInstanceAsPortdSentIt) {
  EXPECT_EQ(*parse_json(world.run({"register", "--json"}).out), *parse_json(registered(Status::passing)));
}

TEST(RegisterVerbAlone, SaysThatItIsNewAndLeasesItsPortFirst) {
  PortcWorld world;
  world.answers = {{test::lookup_of_shop, {200, list_of({})}},
                   {"POST /ports", {201, dump_json(to_json(lease_of("shop", 20123)))}},
                   {put_shop, {201, registered(Status::starting)}}};
  world.start_portd();
  const auto ran = world.run({"register", "shop"});
  EXPECT_EQ(ran.err, "portc: newly registered\n");
  const Json grant = *parse_json(world.portd->requests().at(1).body);
  EXPECT_EQ(grant.at("cwd"), (world.home / "shop").string());
  EXPECT_TRUE(grant.at("pid").is_null());
}

TEST(RegisterVerbAlone, ACycleIsRefusedInPortdsOwnWords) {
  PortcWorld world;
  const std::string cycle = test::problem(Problem::dependency_cycle, "web → api → db → web is a cycle");
  world.answers = {{put_shop, {422, cycle}}};
  world.start_portd();
  const auto ran = world.run({"register", "shop", "--port", "20123", "--depends-on", "web"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_EQ(ran.err, "portc: web → api → db → web is a cycle\n");
}

TEST(RegisterVerbAlone, RemoveDeregisters) {
  PortcWorld world;
  world.answers = {{"DELETE /services/shop?project=acme&instance=blue", {204}}};
  world.start_portd();
  const auto ran = world.run({"register", "acme/shop@blue", "--remove"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, "removed acme/shop@blue; its port stays leased\n");
}

TEST(RegisterVerbAlone, RemoveOfWhatIsNotThereExitsWithThree) {
  PortcWorld world;
  world.answers = {{"DELETE /services/shop?project=default&instance=main",
                    {404, test::problem(Problem::not_found, "shop is not registered")}}};
  world.start_portd();
  EXPECT_EQ(world.run({"register", "--remove"}).exit, 3);
  EXPECT_EQ(world.run({"register", "--remove", "--tag", "web"}).exit, 2);
}

// A project that declares services.
class RegisterInAProject : public testing::Test {
 protected:
  RegisterInAProject() {
    world.write(
        "shop/portd.yaml",
        "project: store\n"
        "services:\n"
        "  web:\n"
        "    tags: [beta]\n"
        "    metadata: {api: \"${services.api.url}\", team: checkout}\n"
        "    depends_on: {api: healthy, db: started, acme/mail@main: {condition: healthy, required: false}}\n"
        "    checks: [{type: http, path: /healthz, interval: 5s}, {type: http, url: \"${services.api.url}/up\"}]\n"
        "  api:\n"
        "  db: {shared: true, ports: [postgres, metrics]}\n");
    has("web", "blue", {lease_of("store/web@blue", 20001)});
    has("api", "blue", {lease_of("store/api@blue", 20002)});
    has("db", "main", {lease_of("store/db:postgres", 20003), lease_of("store/db:metrics", 20004)});
    world.environment.variables["PORTD_INSTANCE"] = "blue";
    for (const char* target : {"web?project=store&instance=blue", "db?project=store&instance=main"}) {
      world.answers["PUT /services/" + std::string(target)] = {200, registered(Status::passing)};
    }
    world.start_portd();
  }
  void has(const std::string& service, const std::string& instance, const std::vector<Lease>& leases) {
    world.answers["GET /ports?project=store&service=" + service + "&instance=" + instance] = {200, list_of(leases)};
  }
  // What is registered by these arguments.
  Json declared(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "register");
    const auto ran = world.run(arguments);
    EXPECT_EQ(ran.exit, 0) << ran.err;
    return *parse_json(world.portd->requests().back().body);
  }

  PortcWorld world;
};

TEST_F(RegisterInAProject, SendsWhatIsDeclaredWithItsReferencesFilledIn) {
  EXPECT_EQ(declared({"web"}), *parse_json(R"({
      "tags": ["beta"],
      "metadata": {"api": "http://localhost:20002", "team": "checkout"},
      "depends_on": [
          {"service": "api", "condition": "healthy"},
          {"service": "db", "instance": "main", "condition": "started"},
          {"service": "mail", "project": "acme", "instance": "main", "condition": "healthy", "required": false}],
      "checks": [{"interval": "5s", "path": "/healthz", "type": "http"},
                 {"type": "http", "url": "http://localhost:20002/up"}]})"));
}

TEST_F(RegisterInAProject, OptionsWinOverWhatIsDeclared) {
  const Json declaration = declared({"web", "--tag", "stable", "--check", "tcp"});
  EXPECT_EQ(declaration.at("tags"), Json::array({"stable"}));
  EXPECT_EQ(declaration.at("checks"), Json::array({Json{{"type", "tcp"}}}));
  EXPECT_EQ(declaration.at("metadata").at("team"), "checkout");
}

TEST_F(RegisterInAProject, ASharedServiceIsRegisteredInMainOnItsOwnRole) {
  EXPECT_EQ(declared({"db"}), Json({{"port", 20003}}));
  EXPECT_EQ(world.portd->request_lines().back(), "PUT /services/db?project=store&instance=main");
}

TEST_F(RegisterInAProject, AReferenceThatCannotBeFilledInIsSaid) {
  world.write("shop/portd.yaml", "project: store\nservices: {web: {metadata: {key: \"${SECRET}\"}}}\n");
  const auto ran = world.run({"register", "web"});
  EXPECT_EQ(ran.exit, 78);
  EXPECT_THAT(ran.err, HasSubstr("\"${SECRET}\" is not set"));
}

}  // namespace
}  // namespace portd::client
