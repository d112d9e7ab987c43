#include "client/endpoint_discovery.hpp"

#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;

Address stated(const EndpointFlags& flags, const Environment& environment) {
  return stated_address(flags, environment).value().value();
}

TEST(EndpointDiscovery, FlagsBeatVariablesAndUrlsBeatSockets) {
  PortcWorld world;
  world.environment.variables["PORTD_SOCKET"] = "/variable.sock";
  EXPECT_EQ(stated({}, world.environment), Address(UnixAddress{"/variable.sock"}));
  world.environment.variables["PORTD_URL"] = "http://variable:1";
  EXPECT_EQ(stated({}, world.environment), Address(TcpAddress{"variable", 1}));
  EXPECT_EQ(stated({"", "/flag.sock"}, world.environment), Address(UnixAddress{"/flag.sock"}));
  EXPECT_EQ(stated({"http://flag:2", ""}, world.environment), Address(TcpAddress{"flag", 2}));
}

TEST(EndpointDiscovery, ARelativeSocketIsOfTheFolderOfTheCall) {
  const PortcWorld world;
  EXPECT_EQ(stated({"", "p.sock"}, world.environment), Address(UnixAddress{world.home / "shop" / "p.sock"}));
}

TEST(EndpointDiscovery, NothingIsStatedByDefault) {
  const PortcWorld world;
  EXPECT_FALSE(stated_address({}, world.environment)->has_value());
}

TEST(EndpointDiscovery, FindsTheSocketByTheEndpointFileOfEitherFolder) {
  PortcWorld world;
  world.start_portd();
  EXPECT_TRUE(connect_to_running(world.environment.paths()));
  std::filesystem::remove(endpoint_file(world.home / "run"));
  EXPECT_TRUE(connect_to_running(world.environment.paths()));
  std::filesystem::remove(endpoint_file(world.home / "state"));
  EXPECT_FALSE(connect_to_running(world.environment.paths()));
}

TEST(EndpointDiscovery, AnEndpointWhoseSocketNobodyServesIsNoDaemon) {
  PortcWorld world;
  world.start_portd();
  world.portd.reset();
  const auto connection = connect_to_running(world.environment.paths());
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().exit, Exit::no_daemon);
}

}  // namespace
}  // namespace portd::client
