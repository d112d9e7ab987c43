#include "daemon/core/discovery.hpp"

#include "tests/support/service_world.hpp"

namespace portd::core {
namespace {

using test::ServiceWorld;

std::vector<std::string> found(const ServiceWorld& world, const InstanceFilter& filter) {
  std::vector<std::string> texts;
  for (const Instance& instance : world.discovery.list(filter)) texts.push_back(instance.key.text());
  return texts;
}

TEST(Discovery, AFilterFindsWhatMatchesAllOfIt) {
  ServiceWorld world;
  Declaration tagged = ServiceWorld::with(ServiceWorld::check(CheckType::tcp));
  tagged.tags = {"beta"};
  ASSERT_TRUE(world.declare("web", tagged));
  ASSERT_TRUE(world.declare("api"));
  InstanceFilter filter;
  EXPECT_EQ(found(world, filter), (std::vector<std::string>{"api", "web"}));
  filter.tag = "beta";
  EXPECT_EQ(found(world, filter), (std::vector<std::string>{"web"}));
  filter.status = Status::passing;
  EXPECT_TRUE(found(world, filter).empty());
}

TEST(Discovery, OfOneServiceAllInstancesAreFoundAndNoNeighbour) {
  ServiceWorld world;
  const auto declare = [&](const InstanceKey& key) {
    return world.registry.declare(key, Declaration{}, {}, world.clock.now()).has_value();
  };
  ASSERT_TRUE(declare({"default", "shop", "a"}) && declare({"default", "shop", "main"}));
  ASSERT_TRUE(declare({"default", "sho", "main"}) && declare({"default", "shop2", "main"}));
  ASSERT_TRUE(declare({"other", "shop", "main"}) && declare({"acme", "shop", "main"}));
  InstanceFilter filter;
  filter.project = "default";
  filter.service = "shop";
  EXPECT_EQ(found(world, filter), (std::vector<std::string>{"shop@a", "shop"}));
  filter.instance = "main";
  EXPECT_EQ(found(world, filter), (std::vector<std::string>{"shop"}));
  filter.service = "nothing";
  EXPECT_TRUE(found(world, filter).empty());
}

TEST(Discovery, TheWorstOfManyCounts) {
  Instance passing;
  Instance warning;
  warning.status = Status::warning;
  Instance starting;
  starting.status = Status::starting;
  EXPECT_EQ(worst_of({}), Status::passing);
  EXPECT_EQ(worst_of({passing, warning}), Status::warning);
  EXPECT_EQ(worst_of({starting, warning}), Status::starting);
}

TEST(Discovery, TheGraphShowsWhatIsMissingAndWhatIsSatisfied) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("web", ServiceWorld::depending({ServiceWorld::on("api"), ServiceWorld::on("queue")})));
  ASSERT_TRUE(world.declare("api"));
  const ServiceGraph graph = world.discovery.graph();
  ASSERT_EQ(graph.nodes.size(), 3U);
  EXPECT_EQ(graph.nodes[1].key.service, "queue");
  EXPECT_FALSE(graph.nodes[1].status);
  EXPECT_EQ(graph.start_order, (std::vector<std::string>{"api", "queue", "web"}));
  ASSERT_EQ(graph.edges.size(), 2U);
  EXPECT_TRUE(graph.edges[0].satisfied);
  EXPECT_FALSE(graph.edges[1].satisfied);
}

TEST(Discovery, WhoOnlyHasToBeStartedMayBeUnwell) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("db", ServiceWorld::with(ServiceWorld::check(CheckType::tcp))));
  Dependency healthy = ServiceWorld::on("db");
  healthy.condition = Condition::healthy;
  ASSERT_TRUE(world.declare("api", ServiceWorld::depending({ServiceWorld::on("db")})));
  ASSERT_TRUE(world.declare("web", ServiceWorld::depending({healthy})));
  world.becomes_critical("db");
  world.leases.set_state(world.port_of("db"), LeaseState::listening);
  const ServiceGraph graph = world.discovery.graph();
  EXPECT_TRUE(graph.edges[0].satisfied);
  EXPECT_FALSE(graph.edges[1].satisfied);
}

}  // namespace
}  // namespace portd::core
