// Limits of section 4 of the design: sizes, times, connections.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>

#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

// No descriptor is left in this process while it lives.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit few{256, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &few);
    for (int file = 0; file >= 0;) {
      file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (file >= 0) files_.push_back(file);
    }
  }
  NoDescriptors(const NoDescriptors&) = delete;
  ~NoDescriptors() {
    for (int file : files_) ::close(file);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_{};
  std::vector<int> files_;
};

TEST(Limits, ABodyOf65KilobytesIsRefusedAndTheClientSeesWhy) {
  ApiWorld world;
  RawClient client = world.client();
  client.send(world.request("POST", "/ports", std::string(65 * 1024, ' ')));
  const Answer answer = client.receive();
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.problem(), "payload-too-large");
  EXPECT_TRUE(client.ends());
}

TEST(Limits, ChunksOver64KilobytesAreRefused) {
  ApiWorld world;
  RawClient client = world.client();
  client.send("POST /ports HTTP/1.1\r\nHost: " + world.host() +
              "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10400\r\n" +
              std::string(0x10400, ' ') + "\r\n0\r\n\r\n");
  EXPECT_EQ(client.receive().status, 413);
}

TEST(Limits, AHeadOver16KilobytesIsRefused) {
  ApiWorld world;
  EXPECT_EQ(world.ask("GET", "/health", "", "X-A: " + std::string(17 * 1024, 'a') + "\r\n").problem(),
            "headers-too-large");
}

TEST(Limits, AHeadThatNeverEndsIsRefused) {
  ApiWorld world;
  EXPECT_EQ(world.ask_raw("GET /" + std::string(17 * 1024, 'a')).status, 431);
}

TEST(Limits, AHeadOf15KilobytesIsTaken) {
  ApiWorld world;
  EXPECT_EQ(world.ask("GET", "/health", "", "X-A: " + std::string(15 * 1024, 'a') + "\r\n").status, 200);
}

TEST(Limits, ABodyThatEndsWithAChunkLineWithoutEndIsRefused) {
  ApiWorld world;
  EXPECT_EQ(
      world
          .ask_raw("POST /ports HTTP/1.1\r\nHost: " + world.host() +
                   "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(9'000, '0'))
          .status,
      400);
}

TEST(Limits, DeepJsonIsRefused) {
  ApiWorld world;
  std::string deep = R"({"service":)";
  for (int i = 0; i < 32; ++i) deep += "[";
  EXPECT_EQ(world.ask("POST", "/ports", deep).problem(), "invalid-request");
}

TEST(Limits, AnUnfinishedHeadIsGivenUp) {
  api::Limits limits;
  limits.header_time = Millis(20);
  ApiWorld world(limits);
  RawClient client = world.client();
  client.send("GET / HTTP/1.1\r\n");
  EXPECT_TRUE(client.ends());
}

TEST(Limits, AnUnfinishedBodyIsGivenUp) {
  api::Limits limits;
  limits.body_time = Millis(20);
  ApiWorld world(limits);
  RawClient client = world.client();
  client.send("POST /ports HTTP/1.1\r\nHost: " + world.host() +
              "\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{");
  EXPECT_TRUE(client.ends());
  EXPECT_EQ(world.leases.leases.table().size(), 0U);
}

TEST(Limits, AnIdleConnectionIsClosed) {
  api::Limits limits;
  limits.idle_time = Millis(20);
  ApiWorld world(limits);
  RawClient client = world.client();
  client.send(world.request("GET", "/health"));
  EXPECT_EQ(client.receive().status, 200);
  EXPECT_TRUE(client.ends());
}

TEST(Limits, AWaitIsNotIdle) {
  api::Limits limits;
  limits.idle_time = Millis(10);
  ApiWorld world(limits);
  world.leases.holds.foreign.insert(Port(20100));
  const Answer answer =
      world.ask("POST", "/ports", R"({"service":"web","port":20100,"on_conflict":"wait","wait":"100ms"})");
  EXPECT_EQ(answer.status, 409);
}

TEST(Limits, OneConnectionTooManyIsTurnedAway) {
  api::Limits limits;
  limits.connections = 2;
  ApiWorld world(limits);
  RawClient first = world.client();
  RawClient second = world.client();
  world.run_until([&] { return world.server->connections() == 2; });
  RawClient third = world.client();
  const Answer answer = third.receive();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.problem(), "overloaded");
  first.send(world.request("GET", "/health"));
  EXPECT_EQ(first.receive().status, 200);
}

TEST(Limits, WithoutDescriptorsAcceptingPausesAndGoesOnLater) {
  ApiWorld world;
  RawClient client = world.client();
  client.send(world.request("GET", "/health"));
  {
    NoDescriptors none;
    world.run_until([&] { return !world.leases.alerts.raised().empty(); });
    EXPECT_EQ(world.leases.alerts.raised().at(0).kind, AlertKind::descriptors_low);
    // It waits, it does not spin: there is a moment without anything to do.
    world.run_until([&] { return world.loop.poll() == 0; });
  }
  EXPECT_EQ(client.receive().json().at("status"), "degraded") << "the alert stays for a while";
}

// A connection that has to wait, because the accept fails, and gets through later.
void be_accepted_late(ApiWorld& world, std::int64_t failures) {
  RawClient client = world.client();
  client.send(world.request("GET", "/health"));
  {
    NoDescriptors none;
    world.run_until([&] {
      const auto raised = world.leases.alerts.raised();
      return !raised.empty() && raised[0].count >= failures;
    });
  }
  EXPECT_EQ(client.receive().status, 200);
}

TEST(Limits, AcceptsThatFailNowAndThenAreOneAlert) {
  ApiWorld world;
  be_accepted_late(world, 1);
  const auto count = world.leases.alerts.raised().at(0).count;
  be_accepted_late(world, count + 1);
  EXPECT_EQ(world.leases.alerts.raised().size(), 1U);
  EXPECT_EQ(world.leases.alerts.list().size(), 1U);
}

TEST(Limits, TheAlertOfAFailedAcceptIsResolvedOnceItHasBeenCalm) {
  api::Limits limits;
  limits.calm_time = Millis(10);
  ApiWorld world(limits);
  be_accepted_late(world, 1);
  world.run_until([&] { return world.leases.alerts.raised().empty(); });
}

TEST(Limits, AnEndedConnectionMakesRoom) {
  api::Limits limits;
  limits.connections = 1;
  ApiWorld world(limits);
  RawClient first = world.client();
  world.run_until([&] { return world.server->connections() == 1; });
  first.hang_up();
  world.run_until([&] { return world.server->connections() == 0; });
  EXPECT_EQ(world.ask("GET", "/health").status, 200);
}

}  // namespace
}  // namespace portd::test
