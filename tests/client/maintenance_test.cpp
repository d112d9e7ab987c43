#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;

constexpr const char* put_maintenance = "PUT /services/db/maintenance?project=default&instance=main";

TEST(MaintenanceVerb, TakesAServiceOutOfUseAndSaysWhy) {
  PortcWorld world;
  world.answers = {{put_maintenance, {200, dump_json(to_json(test::instance_of("db", Status::maintenance)))}}};
  world.start_portd();
  const auto ran = world.run({"maintenance", "db", "on", "--reason", "restoring a dump"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, "maintenance of db is on\n");
  EXPECT_EQ(world.portd->requests().at(0).body, R"({"enabled":true,"reason":"restoring a dump"})");
}

TEST(MaintenanceVerb, TakesItBack) {
  PortcWorld world;
  const std::string instance = dump_json(to_json(test::instance_of("db", Status::starting)));
  world.answers = {{put_maintenance, {200, instance}}};
  world.start_portd();
  EXPECT_EQ(*parse_json(world.run({"maintenance", "db", "off", "--json"}).out), *parse_json(instance));
  EXPECT_EQ(world.portd->requests().at(0).body, R"({"enabled":false})");
}

TEST(MaintenanceVerb, OfWhatIsNotRegisteredExitsWithThree) {
  PortcWorld world;
  world.answers = {{put_maintenance, {404, test::problem(Problem::not_found, "db is not registered")}}};
  world.start_portd();
  EXPECT_EQ(world.run({"maintenance", "db", "on"}).exit, 3);
}

TEST(MaintenanceVerb, NeedsAServiceAndOnOrOff) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"maintenance"}).exit, 2);
  EXPECT_EQ(world.run({"maintenance", "db"}).exit, 2);
  EXPECT_EQ(world.run({"maintenance", "db", "maybe"}).exit, 2);
  EXPECT_EQ(world.run({"maintenance", "db", "off", "--reason", "done"}).exit, 2);
}

}  // namespace
}  // namespace portd::client
