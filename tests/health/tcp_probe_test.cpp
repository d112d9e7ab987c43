#include "daemon/health/tcp_probe.hpp"

#include "tests/health/health_world.hpp"

namespace portd {
namespace {

using test::Finding;
using test::ScriptedServer;
using test::Verdict;
using namespace std::chrono_literals;

using TcpProbe = test::HealthWorld;

TEST_F(TcpProbe, APortThatTakesConnectionsPasses) {
  server = std::make_unique<ScriptedServer>(loop, "");
  const Finding finding = look(check_of(CheckType::tcp), server->port());
  EXPECT_EQ(finding.verdict, Verdict::pass);
  EXPECT_EQ(finding.output, "takes connections");
  EXPECT_EQ(finding.answered_by, "127.0.0.1");
  EXPECT_GT(finding.latency, 0us);
}

TEST_F(TcpProbe, SendsNothing) {
  server = std::make_unique<ScriptedServer>(loop, "");
  look(check_of(CheckType::tcp), server->port());
  run_until([&] { return server->connections == 1; });
  settle();
  EXPECT_TRUE(server->requests.empty());
}

TEST_F(TcpProbe, APortThatRefusesFails) {
  const test::SilentPort silent(loop);
  const Finding finding = look(check_of(CheckType::tcp), silent.port());
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_EQ(finding.output, "connection refused on " + silent.port().text());
  EXPECT_EQ(look(check_of(CheckType::tcp), silent.port(), "::1").output,
            "connection refused on " + silent.port().text());
}

TEST_F(TcpProbe, LocalhostIsIpv6Too) {
  ScriptedServer::Script script;
  script.v6 = true;
  server = std::make_unique<ScriptedServer>(loop, script);
  EXPECT_EQ(look(check_of(CheckType::tcp), server->port()).answered_by, "::1");
}

}  // namespace
}  // namespace portd
