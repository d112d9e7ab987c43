// The routes of services: registering, finding, waiting for a change.
#include <gmock/gmock.h>

#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

using ::testing::HasSubstr;

const char* const with_http_check = R"({"checks":[{"type":"http","path":"/healthz"}]})";
const char* const with_ttl_check = R"({"checks":[{"type":"ttl","ttl":"30s"}]})";

Answer put(ApiWorld& world, const std::string& target, const std::string& body = "{}") {
  return world.ask("PUT", target, body);
}

std::string problem_of(ApiWorld& world, const std::string& body) { return put(world, "/services/web", body).problem(); }

TEST(Services, RegisteringIs201WithItsLocationAndThen200) {
  ApiWorld world;
  const Answer first = put(world, "/services/shop?project=acme&instance=feature-x");
  EXPECT_EQ(first.status, 201);
  EXPECT_EQ(first.headers.at("location"), "/services/shop?project=acme&instance=feature-x");
  EXPECT_EQ(first.json().at("status"), "passing");
  EXPECT_EQ(first.json().at("url"), "http://localhost:" + first.json().at("port").dump());
  EXPECT_EQ(put(world, "/services/shop?project=acme&instance=feature-x").status, 200);
}

TEST(Services, WhatAHolderRegistersOverTheUnixSocketEndsWithIt) {
  ApiWorld world;
  world.leases.processes.start(42);
  world.peers.local = core::Caller{1000, 42};
  RawClient client = world.local_client();
  client.send(world.request("POST", "/ports", R"({"service":"shop"})"));
  EXPECT_EQ(client.receive().status, 201);
  client.send(world.request("PUT", "/services/shop", "{}"));
  EXPECT_EQ(client.receive().status, 201);
  put(world, "/services/api");
  world.leases.processes.exit(42);
  EXPECT_EQ(world.ask("GET", "/services/shop").status, 404);
  EXPECT_EQ(world.ask("GET", "/services/api").status, 200);
}

TEST(Services, WhatIsRegisteredIsFound) {
  ApiWorld world;
  put(world, "/services/web", R"({"tags":["beta"]})");
  put(world, "/services/web?instance=feature-x");
  put(world, "/services/api");
  EXPECT_EQ(world.ask("GET", "/services").json().at("services").size(), 3U);
  EXPECT_EQ(world.ask("GET", "/services?tag=beta").json().at("services").size(), 1U);
  const Json web = world.ask("GET", "/services/web").json();
  EXPECT_EQ(web.at("service"), "web");
  EXPECT_EQ(web.at("project"), "default");
  EXPECT_EQ(web.at("instances").size(), 2U);
  EXPECT_EQ(world.ask("GET", "/services/web?instance=main").json().at("instances").size(), 1U);
}

TEST(Services, AnUnknownServiceIsNotFoundWithTheNextStep) {
  ApiWorld world;
  for (const char* target : {"/services/nope", "/services/nope/health", "/services/nope?instance=x"}) {
    const Answer answer = world.ask("GET", target);
    EXPECT_EQ(answer.status, 404) << target;
    EXPECT_THAT(answer.detail(), HasSubstr("PUT /services/nope"));
  }
  EXPECT_EQ(world.ask("DELETE", "/services/nope").status, 404);
}

TEST(Services, AMistakeIsRefusedAndChangesNothing) {
  ApiWorld world;
  EXPECT_EQ(problem_of(world, R"({"checks":[{"type":"http","url":"http://169.254.169.254/"}]})"), "host-not-allowed");
  EXPECT_EQ(problem_of(world, R"({"checks":[{"type":"command","command":["true"]}]})"), "command-not-allowed");
  EXPECT_EQ(problem_of(world, R"({"depends_on":[{"service":"web"}]})"), "dependency-cycle");
  EXPECT_EQ(problem_of(world, R"({"tag":["beta"]})"), "invalid-value");
  EXPECT_EQ(problem_of(world, "{"), "invalid-request");
  EXPECT_EQ(put(world, "/services/NO").status, 422);
  EXPECT_EQ(put(world, "/services/web?status=passing").status, 422);
  EXPECT_EQ(world.leases.leases.table().size(), 0U);
  EXPECT_TRUE(world.leases.registry.all().empty());
}

TEST(Services, ACommandOverHttpIsForbidden) {
  ApiWorld world;
  EXPECT_EQ(put(world, "/services/web", R"({"checks":[{"type":"command","command":["true"]}]})").status, 403);
}

TEST(Services, DeregisteringLeavesTheLease) {
  ApiWorld world;
  put(world, "/services/shop");
  EXPECT_EQ(world.ask("DELETE", "/services/shop").status, 204);
  EXPECT_EQ(world.ask("GET", "/services").json().at("services").size(), 0U);
  EXPECT_EQ(world.leases.leases.table().size(), 1U);
}

TEST(Services, ItsHealthIsAStatusForScripts) {
  ApiWorld world;
  put(world, "/services/shop", with_http_check);
  EXPECT_EQ(world.ask("GET", "/services/shop/health").status, 503);
  world.leases.passes("shop");
  EXPECT_EQ(world.ask("GET", "/services/shop/health").status, 200);
  world.leases.found("shop", {core::Finding::Verdict::warn, "429 Too Many Requests"});
  EXPECT_EQ(world.ask("GET", "/services/shop/health").status, 429);
  world.leases.becomes_critical("shop");
  const Answer critical = world.ask("GET", "/services/shop/health");
  EXPECT_EQ(critical.status, 503);
  EXPECT_EQ(critical.json().at("status"), "critical");
  EXPECT_EQ(critical.json().at("instances").at(0).at("checks").at(0).at("output"), "connection refused");
}

TEST(Services, TheWorstInstanceCountsUnlessOneIsNamed) {
  ApiWorld world;
  put(world, "/services/shop");
  put(world, "/services/shop?instance=x", with_http_check);
  EXPECT_EQ(world.ask("GET", "/services/shop/health").status, 503);
  EXPECT_EQ(world.ask("GET", "/services/shop/health?instance=main").status, 200);
}

TEST(Services, MaintenanceIsSetAndTakenBack) {
  ApiWorld world;
  put(world, "/services/shop");
  const Answer on = put(world, "/services/shop/maintenance", R"({"enabled":true,"reason":"moving"})");
  EXPECT_EQ(on.json().at("status"), "maintenance");
  EXPECT_EQ(on.json().at("reason"), "moving");
  EXPECT_EQ(world.ask("GET", "/services/shop/health").status, 503);
  EXPECT_EQ(put(world, "/services/shop/maintenance", R"({"enabled":false})").json().at("status"), "passing");
  EXPECT_EQ(put(world, "/services/nope/maintenance", R"({"enabled":true})").status, 404);
}

TEST(Services, AHeartbeatSetsTheStatus) {
  ApiWorld world;
  put(world, "/services/worker", with_ttl_check);
  const Answer beat = put(world, "/services/worker/checks/ttl", R"({"status":"warning","output":"slow"})");
  EXPECT_EQ(beat.status, 200);
  EXPECT_EQ(beat.json().at("status"), "warning");
  EXPECT_EQ(beat.json().at("reason"), "slow");
  EXPECT_EQ(put(world, "/services/worker/checks/nope", R"({"status":"passing"})").status, 404);
  EXPECT_EQ(put(world, "/services/worker/checks/ttl", R"({"status":"starting"})").status, 422);
}

TEST(Services, TheGraphHasNodesEdgesAndAnOrder) {
  ApiWorld world;
  put(world, "/services/web", R"({"depends_on":[{"service":"api"}]})");
  put(world, "/services/api", R"({"depends_on":[{"service":"db","condition":"healthy"}]})");
  const Json graph = world.ask("GET", "/graph").json();
  EXPECT_EQ(graph.at("start_order"), (Json{"db", "api", "web"}));
  EXPECT_EQ(graph.at("nodes").at(1).at("missing"), true);
  EXPECT_EQ(graph.at("edges").at(0).at("from"), "api");
  EXPECT_EQ(graph.at("edges").at(0).at("satisfied"), false);
}

TEST(Services, TheHealthOfPortdCountsThem) {
  ApiWorld world;
  put(world, "/services/shop");
  EXPECT_EQ(world.ask("GET", "/health").json().at("services"), 1);
}

TEST(Services, PrometheusGetsTargetsWithLabels) {
  ApiWorld world;
  put(world, "/services/shop", R"({"port":5000,"tags":["metrics"],"metadata":{"team-a":"x"}})");
  const Answer answer = world.ask("GET", "/sd/prometheus");
  EXPECT_EQ(answer.headers.at("content-type"), "application/json");
  const Json group = answer.json().at(0);
  EXPECT_EQ(group.at("targets"), (Json{"localhost:5000"}));
  EXPECT_EQ(group.at("labels").at("__meta_portd_service"), "shop");
  EXPECT_EQ(group.at("labels").at("__meta_portd_tags"), ",metrics,");
  EXPECT_EQ(group.at("labels").at("__meta_portd_metadata_team_a"), "x");
  EXPECT_EQ(world.ask("GET", "/sd/prometheus?wait=3s").status, 422);
}

// --- waiting --------------------------------------------------------------------------------------------------------

std::string revision(ApiWorld& world, const std::string& target) {
  return world.ask("GET", target).json().at("revision");
}

// A client that asks and is known to wait.
RawClient waiting(ApiWorld& world, const std::string& target) {
  RawClient client = world.client();
  client.send(world.request("GET", target));
  world.ask("GET", "/health");
  EXPECT_FALSE(client.has_received());
  return client;
}

TEST(ServicesWait, AChangeOfWhatIsFoundIsAnsweredAtOnce) {
  ApiWorld world;
  put(world, "/services/shop", with_http_check);
  RawClient client = waiting(world, "/services/shop?wait=9m&revision=" + revision(world, "/services/shop"));
  world.leases.passes("shop");
  EXPECT_EQ(client.receive().json().at("instances").at(0).at("status"), "passing");
}

TEST(ServicesWait, WhatHappensElsewhereWakesNobody) {
  ApiWorld world;
  put(world, "/services/shop");
  RawClient client = waiting(world, "/services/shop?wait=9m&revision=" + revision(world, "/services"));
  put(world, "/services/api");
  world.leases.granted("other");
  world.ask("GET", "/health");
  EXPECT_FALSE(client.has_received());
  put(world, "/services/shop/maintenance", R"({"enabled":true})");
  EXPECT_EQ(client.receive().status, 200);
}

TEST(ServicesWait, AChangeThatWasMissedIsAnsweredWithoutWaiting) {
  ApiWorld world;
  put(world, "/services/shop", with_http_check);
  const std::string known = revision(world, "/services");
  world.leases.passes("shop");
  EXPECT_EQ(world.ask("GET", "/services?wait=9m&revision=" + known).json().at("services").at(0).at("status"),
            "passing");
}

TEST(ServicesWait, AnUnknownRevisionIsAnsweredAtOnce) {
  ApiWorld world;
  put(world, "/services/shop");
  for (const char* unknown : {"00000000-1", "nonsense", "00000007-99999"}) {
    EXPECT_EQ(world.ask("GET", std::string("/services?wait=9m&revision=") + unknown).status, 200) << unknown;
  }
}

TEST(ServicesWait, WhatIsNotRegisteredYetCanBeWaitedFor) {
  ApiWorld world;
  RawClient client = waiting(world, "/services/shop?wait=9m");
  put(world, "/services/shop");
  EXPECT_EQ(client.receive().status, 200);
}

TEST(ServicesWait, WithoutAChangeTheWaitEndsWithWhatThereIs) {
  ApiWorld world;
  put(world, "/services/shop");
  EXPECT_EQ(world.ask("GET", "/services?wait=20ms").json().at("services").size(), 1U);
  EXPECT_EQ(world.ask("GET", "/services/nope?wait=20ms").status, 404);
  EXPECT_EQ(world.ask("GET", "/services?wait=11m").status, 422);
}

TEST(ServicesWait, TheEndOfTheServerEndsTheWait) {
  ApiWorld world;
  put(world, "/services/shop");
  RawClient client = waiting(world, "/services?wait=9m");
  bool stopped = false;
  world.server->stop([&] { stopped = true; });
  EXPECT_EQ(client.receive().status, 200);
  world.run_until([&] { return stopped; });
}

TEST(ServicesWait, AStatusIsAnsweredOnlyOnceItIsDurable) {
  ApiWorld world;
  put(world, "/services/shop", with_http_check);
  RawClient client = waiting(world, "/services?wait=9m&revision=" + revision(world, "/services"));
  world.leases.journal.immediate = false;
  world.leases.granted("other");
  world.leases.passes("shop");
  world.leases.journal.immediate = true;
  EXPECT_FALSE(client.has_received());
  world.leases.journal.commit();
  EXPECT_EQ(client.receive().json().at("services").at(0).at("status"), "passing");
}

// --- names ----------------------------------------------------------------------------------------------------------

Answer ask_by_name(ApiWorld& world, const std::string& name, const std::string& method = "GET",
                   const std::string& target = "/x?y=1") {
  RawClient client = world.client();
  client.send(method + " " + target + " HTTP/1.1\r\nHost: " + name + ".localhost:" + std::to_string(world.port) +
              "\r\n\r\n");
  return client.receive(method == "HEAD");
}

TEST(Names, AServiceIsReachedByItsName) {
  ApiWorld world;
  const std::string url = put(world, "/services/shop").json().at("url");
  for (const char* method : {"GET", "HEAD"}) {
    const Answer answer = ask_by_name(world, "SHOP", method);
    EXPECT_EQ(answer.status, 307);
    EXPECT_EQ(answer.headers.at("location"), url + "/x?y=1");
  }
}

TEST(Names, AnInstanceIsReachedByBothNames) {
  ApiWorld world;
  put(world, "/services/shop");
  const std::string url = put(world, "/services/shop?instance=feature-x").json().at("url");
  EXPECT_EQ(ask_by_name(world, "feature-x.shop").headers.at("location"), url + "/x?y=1");
}

TEST(Names, ALeaseIsEnough) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  EXPECT_EQ(ask_by_name(world, "shop").headers.at("location"), lease.url() + "/x?y=1");
}

TEST(Names, OtherMethodsAreNotTaken) {
  ApiWorld world;
  put(world, "/services/shop");
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS"}) {
    const Answer answer = ask_by_name(world, "shop", method);
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.headers.at("allow"), "GET, HEAD");
  }
}

TEST(Names, NoOtherRouteAnswersThere) {
  ApiWorld world;
  const std::string url = put(world, "/services/shop").json().at("url");
  EXPECT_EQ(ask_by_name(world, "shop", "GET", "/ports").headers.at("location"), url + "/ports");
}

TEST(Names, AnUnknownNameGetsThePageOfAll) {
  ApiWorld world;
  put(world, "/services/shop");
  const Answer answer = ask_by_name(world, "nope");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.headers.at("content-type"), HasSubstr("text/html"));
  EXPECT_THAT(answer.body, HasSubstr("There is no service nope"));
  EXPECT_THAT(answer.body, HasSubstr(">shop</a>"));
}

TEST(Names, ANameOfTwoProjectsGetsThePageOfBoth) {
  ApiWorld world;
  put(world, "/services/shop?project=one");
  put(world, "/services/shop?project=two");
  const Answer answer = ask_by_name(world, "shop");
  EXPECT_EQ(answer.status, 300);
  EXPECT_THAT(answer.body, HasSubstr(">one/shop</a>"));
  EXPECT_THAT(answer.body, HasSubstr(">two/shop</a>"));
}

}  // namespace
}  // namespace portd::test
