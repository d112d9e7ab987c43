// The server as a whole: connections, methods, what every answer carries.
#include "daemon/api/server.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

using testing::HasSubstr;

TEST(Server, HealthIsAnsweredOverTcp) {
  ApiWorld world;
  const Answer answer = world.ask("GET", "/health");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.json().at("status"), "ok");
}

TEST(Server, HealthIsAnsweredOverTheUnixSocketWithAnyHost) {
  ApiWorld world;
  RawClient client = world.local_client();
  client.send("GET /health HTTP/1.1\r\nHost: whatever\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
}

TEST(Server, BothFamiliesAreServedOnOnePort) {
  ApiWorld world;
  RawClient client(world.loop, tcp6_address(world.port));
  client.send("GET /health HTTP/1.1\r\nHost: [::1]:" + std::to_string(world.port) + "\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
}

TEST(Server, TheConnectionIsKeptForTheNextRequest) {
  ApiWorld world;
  RawClient client = world.client();
  for (int i = 0; i < 3; ++i) {
    client.send(world.request("GET", "/health"));
    EXPECT_EQ(client.receive().status, 200);
  }
  EXPECT_EQ(world.server->connections(), 1U);
}

TEST(Server, PipelinedRequestsAreAnsweredInOrder) {
  ApiWorld world;
  RawClient client = world.client();
  client.send(world.request("POST", "/ports", R"({"service":"shop"})") + world.request("GET", "/nowhere") +
              world.request("GET", "/health"));
  EXPECT_EQ(client.receive().status, 201);
  EXPECT_EQ(client.receive().status, 404);
  EXPECT_EQ(client.receive().json().at("leases"), 1);
}

TEST(Server, ARequestThatComesByteByByteIsAnswered) {
  ApiWorld world;
  RawClient client = world.client();
  for (const char byte : world.request("POST", "/ports", R"({"service":"shop"})")) {
    client.send(std::string(1, byte));
    world.loop.poll();
  }
  EXPECT_EQ(client.receive().status, 201);
}

TEST(Server, AChunkedBodyIsTaken) {
  ApiWorld world;
  RawClient client = world.client();
  client.send("POST /ports HTTP/1.1\r\nHost: " + world.host() +
              "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
              "8\r\n{\"servic\r\n9\r\ne\":\"a.b\"}\r\n0\r\n\r\n" +
              world.request("GET", "/health"));
  EXPECT_EQ(client.receive().json().at("service"), "a.b");
  EXPECT_EQ(client.receive().status, 200);
}

TEST(Server, ALargeBodyIsTakenAndTheNextRequestAfterIt) {
  ApiWorld world;
  RawClient client = world.client();
  const std::string body = R"({"service":"shop"})" + std::string(60'000, ' ');
  client.send(world.request("POST", "/ports", body) + world.request("GET", "/health"));
  EXPECT_EQ(client.receive().status, 201);
  EXPECT_EQ(client.receive().status, 200);
}

TEST(Server, ExpectedContinueIsSentBeforeTheBody) {
  ApiWorld world;
  RawClient client = world.client();
  client.send("POST /ports HTTP/1.1\r\nHost: " + world.host() +
              "\r\nContent-Type: application/json\r\nContent-Length: 18\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  client.send(R"({"service":"shop"})");
  EXPECT_EQ(client.receive().status, 201);
}

TEST(Server, AnExpectedContinueThatIsRefusedGetsTheRefusalAtOnce) {
  ApiWorld world;
  RawClient client = world.client();
  client.send("POST /ports HTTP/1.1\r\nHost: " + world.host() +
              "\r\nContent-Type: text/plain\r\nContent-Length: 18\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 415);
  EXPECT_TRUE(client.ends());
}

TEST(Server, HeadHasTheHeadersOfGetAndNoBody) {
  ApiWorld world;
  const Answer get = world.ask("GET", "/openapi.json");
  RawClient client = world.client();
  client.send(world.request("HEAD", "/openapi.json") + world.request("GET", "/health"));
  const Answer head = client.receive(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers, get.headers);
  EXPECT_EQ(client.receive().json().at("status"), "ok");
}

TEST(Server, AnotherMethodIsRefusedWithThoseThatAreAllowed) {
  ApiWorld world;
  const Answer answer = world.ask("PUT", "/ports", "{}");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.problem(), "method-not-allowed");
  EXPECT_EQ(answer.headers.at("allow"), "GET, HEAD, POST, DELETE");
}

TEST(Server, OptionsIsNotAllowed) {
  ApiWorld world;
  const Answer answer = world.ask("OPTIONS", "/ports/20000");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.headers.at("allow"), "GET, HEAD, PATCH, DELETE");
}

TEST(Server, AnUnknownPathIsNotFound) {
  ApiWorld world;
  EXPECT_EQ(world.ask("GET", "/nowhere").problem(), "not-found");
}

TEST(Server, EveryAnswerCarriesThePolicies) {
  ApiWorld world;
  for (const char* target : {"/", "/health", "/nowhere", "/ports/x"}) {
    const Answer answer = world.ask("GET", target);
    EXPECT_THAT(answer.headers.at("content-security-policy"), HasSubstr("default-src 'none'")) << target;
    EXPECT_THAT(answer.headers.at("content-security-policy"), HasSubstr("frame-ancestors 'none'")) << target;
    EXPECT_EQ(answer.headers.at("x-content-type-options"), "nosniff") << target;
    EXPECT_EQ(answer.headers.at("cross-origin-resource-policy"), "same-origin") << target;
    EXPECT_EQ(answer.headers.at("cache-control"), "no-store") << target;
  }
}

TEST(Server, NoAnswerAllowsAnotherOrigin) {
  ApiWorld world;
  const Answer answer = world.ask("OPTIONS", "/ports", "", "Origin: http://" + world.host() + "\r\n");
  for (const auto& [name, value] : answer.headers) EXPECT_THAT(name, Not(HasSubstr("access-control"))) << value;
}

TEST(Server, AMalformedRequestIsAnsweredAndTheConnectionEnds) {
  ApiWorld world;
  RawClient client = world.client();
  client.send("GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + world.request("GET", "/health"));
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 400);
  EXPECT_EQ(answer.problem(), "malformed-http");
  EXPECT_EQ(answer.headers.at("connection"), "close");
  EXPECT_TRUE(client.ends());
}

TEST(Server, AForeignHostIsMisdirected) {
  ApiWorld world;
  EXPECT_EQ(world.ask_raw("GET /health HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 421);
}

TEST(Server, ARefusedRequestWithABodyLeavesTheConnectionInOrder) {
  ApiWorld world;
  RawClient client = world.client();
  client.send("POST /ports HTTP/1.1\r\nHost: " + world.host() +
              "\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\r\n{\"service\":\"shop\"}" +
              world.request("GET", "/health"));
  EXPECT_EQ(client.receive().status, 415);
  EXPECT_EQ(client.receive().json().at("leases"), 0);
}

TEST(Server, AnotherUidIsForbiddenAndThePeerIsAskedForAtEveryRequest) {
  ApiWorld world;
  RawClient client = world.client();
  client.send(world.request("GET", "/health"));
  EXPECT_EQ(client.receive().status, 200);
  world.peers.tcp = 1001;
  client.send(world.request("GET", "/health"));
  EXPECT_EQ(client.receive().problem(), "forbidden");
}

TEST(Server, ThePeerIsLookedUpByBothEndsOfTheConnection) {
  ApiWorld world;
  world.ask("GET", "/health");
  EXPECT_EQ(world.peers.asked.server_port, world.port);
  EXPECT_NE(world.peers.asked.client_port, 0);
  EXPECT_EQ(world.peers.asked.client_address.at(0), 127);
  EXPECT_FALSE(world.peers.asked.v6);
}

TEST(Server, TheTokenOpensWhereThePeerIsUnknown) {
  ApiWorld world;
  world.peers.tcp = std::nullopt;
  EXPECT_EQ(world.ask("GET", "/health").status, 403);
  EXPECT_EQ(world.ask("GET", "/health", "", "Authorization: Bearer secret-token\r\n").status, 200);
}

TEST(Server, AnotherUidOnTheUnixSocketIsForbidden) {
  ApiWorld world;
  world.peers.local = core::Caller{1001, 42};
  RawClient client = world.local_client();
  client.send(world.request("GET", "/health"));
  EXPECT_EQ(client.receive().status, 403);
}

TEST(Server, Http10IsAnsweredAndClosed) {
  ApiWorld world;
  RawClient client = world.client();
  client.send("GET /health HTTP/1.0\r\nHost: " + world.host() + "\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_TRUE(client.ends());
}

TEST(Server, AConnectionThatBreaksOffInARequestIsForgotten) {
  ApiWorld world;
  RawClient client = world.client();
  client.send("POST /ports HTTP/1.1\r\nHost: " + world.host() + "\r\nContent-Type: application/json\r\nContent-");
  world.run_until([&] { return world.server->connections() == 1; });
  client.hang_up();
  world.run_until([&] { return world.server->connections() == 0; });
}

TEST(Server, AHandlerThatFailsIsAnsweredAndTheServerGoesOn) {
  ApiWorld world;
  auto context = world.context();
  context.refresh_states = [] { throw std::runtime_error("broken"); };
  auto server = api::create_server(world.loop, context, {1000, "", {}}, {});
  const auto path = world.folder / "second.sock";
  ASSERT_TRUE(server->bind_unix(path));
  server->start();
  RawClient client(world.loop, unix_address(path));
  client.send(world.request("GET", "/ports") + world.request("GET", "/health"));
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, Not(HasSubstr("broken")));
  EXPECT_EQ(client.receive().status, 200);
}

}  // namespace
}  // namespace portd::test
