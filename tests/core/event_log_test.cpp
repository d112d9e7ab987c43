#include "daemon/core/event_log.hpp"

#include "tests/support/service_world.hpp"

namespace portd::core {
namespace {

using test::ServiceWorld;

InstanceFilter of(const std::string& service) {
  InstanceFilter filter;
  filter.service = service;
  return filter;
}

TEST(EventLog, AChangeIsToldOnceItIsDurable) {
  ServiceWorld world;
  world.journal.immediate = false;
  world.granted("shop");
  EXPECT_TRUE(world.told().empty());
  world.journal.commit();
  EXPECT_EQ(world.told(), (std::vector<std::string>{"lease.granted"}));
}

TEST(EventLog, AStatusWaitsForTheChangesBeforeIt) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("web", ServiceWorld::with(ServiceWorld::check(CheckType::tcp))));
  world.published.clear();
  world.journal.immediate = false;
  world.granted("one");
  world.passes("web");
  world.granted("two");
  EXPECT_TRUE(world.told().empty());
  world.journal.commit();
  EXPECT_EQ(world.told(),
            (std::vector<std::string>{"lease.granted", "check.status", "service.status", "lease.granted"}));
  EXPECT_TRUE(std::ranges::is_sorted(world.published, {}, &Event::revision));
}

TEST(EventLog, WhatWasUndoneIsNeverToldAndHoldsNothingUp) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("web", ServiceWorld::with(ServiceWorld::check(CheckType::tcp))));
  world.published.clear();
  world.journal.immediate = false;
  world.granted("lost");
  world.passes("web");
  world.journal.fail();
  EXPECT_EQ(world.told(), (std::vector<std::string>{"check.status", "service.status"}));
}

TEST(EventLog, AReaderGoesOnBehindTheRevisionThatItKnows) {
  ServiceWorld world;
  world.granted("one");
  const Revision known = world.events.newest();
  world.granted("two");
  const auto position = world.events.after(known);
  ASSERT_TRUE(position);
  EXPECT_EQ(*position + 1, world.events.end());
  EXPECT_EQ(std::get<Lease>(world.events.at(*position).what).key.service, "two");
}

TEST(EventLog, AnotherEpochTheFutureAndADroppedPastAreNotKnown) {
  ServiceWorld world;
  world.granted("one");
  const Revision first = world.events.newest();
  EXPECT_FALSE(world.events.after({first.epoch + 1, first.number}));
  EXPECT_FALSE(world.events.after({first.epoch, first.number + 1}));
  for (std::size_t i = 0; i <= EventLog::kept; ++i) {
    world.events.tell(EventKind::config_reloaded, world.clock.now().wall, std::monostate{});
  }
  EXPECT_FALSE(world.events.after(first));
  EXPECT_EQ(world.events.end() - world.events.begin(), EventLog::kept);
}

TEST(EventLog, OnlyWhatConcernsAFilterChangesWhatItFinds) {
  ServiceWorld world;
  ASSERT_TRUE(world.declare("web"));
  const Revision known = world.events.newest_read();
  ASSERT_TRUE(world.declare("api"));
  EXPECT_FALSE(world.events.changed_since(known, of("web")));
  EXPECT_TRUE(world.events.changed_since(known, of("api")));
  EXPECT_TRUE(world.events.changed_since(known, {}));
  EXPECT_TRUE(world.events.changed_since({known.epoch + 1, 1}, of("web")));
}

TEST(EventLog, AStatusConcernsWhoWaitsForTheOldOneOrTheNewOne) {
  Event event{EventKind::service_status};
  ServiceNews news{ServiceWorld::key("web")};
  news.previous = Status::starting;
  news.status = Status::passing;
  event.what = news;
  InstanceFilter filter;
  for (const auto& [status, concerned] :
       {std::pair{Status::starting, true}, {Status::passing, true}, {Status::critical, false}}) {
    filter.status = status;
    EXPECT_EQ(concerns(event, filter), concerned) << to_text(status);
  }
}

TEST(EventLog, ATagConcernsWhoeverWaitsForItAlsoWhenItIsTakenAway) {
  ServiceWorld world;
  Declaration tagged;
  tagged.tags = {"beta"};
  ASSERT_TRUE(world.declare("web", tagged));
  const Revision known = world.events.newest_read();
  ASSERT_TRUE(world.declare("web", {}));
  InstanceFilter filter;
  filter.tag = "beta";
  EXPECT_TRUE(world.events.changed_since(known, filter));
  filter.tag = "gamma";
  EXPECT_FALSE(world.events.changed_since(known, filter));
}

}  // namespace
}  // namespace portd::core
