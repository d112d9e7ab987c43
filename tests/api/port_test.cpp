// The handlers of /ports/{port}, and the other single resources.
#include <gmock/gmock.h>

#include "common/sha256.hpp"
#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

using testing::HasSubstr;
using testing::Not;

Listener listener_on(std::uint16_t port) {
  Listener listener;
  listener.address = "127.0.0.1";
  listener.port = Port(port);
  listener.inode = port;
  listener.user = "dev";
  listener.process = Holder{{"boot", 812, 7}, "postgres", "/var/lib", {}};
  return listener;
}

std::string between(const std::string& text, const std::string& open, const std::string& close) {
  const auto begin = text.find(open) + open.size();
  return text.substr(begin, text.find(close, begin) - begin);
}

std::string decoded_base64(const std::string& text) {
  const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char character : text.substr(0, text.find('='))) {
    bits = bits << 6U | static_cast<std::uint32_t>(alphabet.find(character));
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xffU);
  }
  return bytes;
}

std::string verdict(ApiWorld& world, const std::string& port) {
  return world.ask("GET", "/ports/" + port).json().at("verdict");
}

TEST(PortRoute, APortThatNobodyHasIsFree) {
  ApiWorld world;
  EXPECT_EQ(verdict(world, "20100"), "free");
}

TEST(PortRoute, ALeasedPortHasTheVerdictOfItsLease) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  EXPECT_EQ(verdict(world, lease.port.text()), "reserved");
  world.leases.leases.set_state(lease.port, LeaseState::listening);
  EXPECT_EQ(verdict(world, lease.port.text()), "listening");
  world.leases.leases.set_state(lease.port, LeaseState::contested);
  EXPECT_EQ(verdict(world, lease.port.text()), "contested");
}

TEST(PortRoute, AListenerWithoutALeaseIsForeignAndNamed) {
  ApiWorld world;
  world.leases.listeners.listening = {listener_on(5432), listener_on(5433)};
  const Json report = world.ask("GET", "/ports/5432").json();
  EXPECT_EQ(report.at("verdict"), "foreign");
  EXPECT_EQ(report.at("lease"), nullptr);
  ASSERT_EQ(report.at("listeners").size(), 1U);
  EXPECT_EQ(report.at("listeners").at(0).at("pid"), 812);
}

TEST(PortRoute, ABarredPortIsSaidToBe) {
  ApiWorld world;
  EXPECT_EQ(verdict(world, "6000"), "blocked");
  EXPECT_EQ(verdict(world, "27017"), "excluded");
}

TEST(PortRoute, AListenerOnABarredPortIsForeign) {
  ApiWorld world;
  world.leases.listeners.listening = {listener_on(27017)};
  EXPECT_EQ(verdict(world, "27017"), "foreign");
}

TEST(PortRoute, WhatIsNoPortIsRefused) {
  ApiWorld world;
  for (const char* port : {"0", "65536", "x", "-1", "1.5", "20100%20"}) {
    EXPECT_EQ(world.ask("GET", "/ports/" + std::string(port)).status, 422) << port;
  }
}

TEST(PortRoute, AnEmptyPatchRenews) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  world.leases.clock.advance(std::chrono::minutes(2));
  const Answer answer = world.ask("PATCH", "/ports/" + lease.port.text() + "?lease=" + lease.id, "{}");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.json().at("last_used_at"), to_rfc3339(lease.last_used_at));
}

TEST(PortRoute, APatchChanges) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  const Answer answer = world.ask("PATCH", "/ports/" + lease.port.text(), R"({"kind":"ttl","ttl":"5m"})");
  EXPECT_EQ(answer.json().at("kind"), "ttl");
}

TEST(PortRoute, ReleasingAnswersWithoutABody) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  RawClient client = world.client();
  client.send(world.request("DELETE", "/ports/" + lease.port.text()) + world.request("GET", "/health"));
  EXPECT_EQ(client.receive().status, 204);
  EXPECT_EQ(client.receive().json().at("leases"), 0);
}

TEST(PortRoute, ReleasingWhatIsNotLeasedIsNotFound) {
  ApiWorld world;
  EXPECT_EQ(world.ask("DELETE", "/ports/20100").problem(), "not-found");
}

TEST(PortRoute, ReleasingAnotherLeaseIsStale) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  EXPECT_EQ(world.ask("DELETE", "/ports/" + lease.port.text() + "?lease=other").problem(), "stale-lease");
  EXPECT_EQ(world.leases.leases.table().size(), 1U);
}

TEST(PortRoute, AReleaseThatCannotBeCommittedSaysSo) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  world.leases.journal.immediate = false;
  RawClient client = world.client();
  client.send(world.request("DELETE", "/ports/" + lease.port.text()));
  world.run_until([&] { return world.leases.journal.pending() == 1; });
  EXPECT_FALSE(client.has_received());
  world.leases.journal.fail();
  EXPECT_EQ(client.receive().problem(), "disk-full");
}

TEST(Health, ItTellsWhatThereIs) {
  ApiWorld world;
  world.leases.granted("shop");
  world.leases.clock.advance(std::chrono::hours(3) + std::chrono::minutes(20));
  const Json health = world.ask("GET", "/health").json();
  EXPECT_EQ(health.at("version"), PORTD_VERSION);
  EXPECT_EQ(health.at("uptime"), "3h");
  EXPECT_EQ(health.at("leases"), 1);
  EXPECT_EQ(health.at("store").at("condition"), "good");
  EXPECT_EQ(health.at("platform"), "fake");
}

TEST(Health, ARaisedAlertDegradesIt) {
  ApiWorld world;
  world.leases.alerts.raise(AlertKind::range_low, "default", "few ports are left", {});
  const Json health = world.ask("GET", "/health").json();
  EXPECT_EQ(health.at("status"), "degraded");
  EXPECT_EQ(health.at("alerts").at(0).at("kind"), "range-low");
}

TEST(Health, AChangeIsSeenAtOnce) {
  ApiWorld world;
  EXPECT_EQ(world.ask("GET", "/health").json().at("leases"), 0);
  world.leases.granted("shop");
  EXPECT_EQ(world.ask("GET", "/health").json().at("leases"), 1);
  world.leases.alerts.raise(AlertKind::range_low, "default", "few ports are left", {});
  EXPECT_EQ(world.ask("GET", "/health").json().at("status"), "degraded");
  world.leases.alerts.resolve(AlertKind::range_low, "default");
  EXPECT_EQ(world.ask("GET", "/health").json().at("status"), "ok");
}

TEST(Health, ItDoesNotWaitForCommits) {
  ApiWorld world;
  world.leases.journal.immediate = false;
  world.leases.granted("shop");
  EXPECT_EQ(world.ask("GET", "/health").status, 200);
}

TEST(Page, ItListsTheLeases) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  const Answer page = world.ask("GET", "/");
  EXPECT_EQ(page.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_THAT(page.body, HasSubstr("<a href=\"" + lease.url() + "\">" + lease.port.text() + "</a>"));
}

TEST(Page, WhatComesFromOutsideIsEscaped) {
  ApiWorld world;
  GrantRequest request = LeaseWorld::ask("shop");
  request.cwd = "/<script>alert('1')</script>&\"";
  world.leases.granted(request);
  const std::string page = world.ask("GET", "/").body;
  EXPECT_THAT(page, HasSubstr("/&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"));
  EXPECT_THAT(page, Not(HasSubstr("<script")));
}

TEST(Page, ItsPolicyAllowsItsOwnStyleByHash) {
  ApiWorld world;
  const Answer page = world.ask("GET", "/");
  const std::string policy = page.headers.at("content-security-policy");
  const std::string hash = between(policy, "style-src 'sha256-", "'");
  const auto digest = sha256(between(page.body, "<style>", "</style>"));
  EXPECT_EQ(decoded_base64(hash), std::string(digest.begin(), digest.end()));
}

}  // namespace
}  // namespace portd::test
