// GET /events: server-sent events.
#include <gmock/gmock.h>

#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A reader of events that asks and takes what comes.
class Reader {
 public:
  explicit Reader(ApiWorld& world, const std::string& headers = "") : world_(world), client_(world.client()) {
    client_.send(world.request("GET", "/events", "", headers));
    head = client_.receive(true);
    world.run_until([&] { return client_.has_received(); });
  }

  // The names of the next events.
  std::vector<std::string> names(std::size_t count) {
    world_.run_until([&] { return take().size() >= count; });
    return take();
  }
  std::vector<std::string> take() {
    text += client_.take_all();
    std::vector<std::string> names;
    for (auto at = text.find("event: "); at != std::string::npos; at = text.find("event: ", at + 1)) {
      names.push_back(text.substr(at + 7, text.find('\n', at) - at - 7));
    }
    return names;
  }
  std::string last_id() const {
    const auto at = text.rfind("id: ") + 4;
    return text.substr(at, text.find('\n', at) - at);
  }
  Json last_data() const {
    const auto at = text.rfind("data: ") + 6;
    return Json::parse(text.substr(at, text.find('\n', at) - at));
  }
  bool ends() { return client_.ends(); }

  Answer head;
  std::string text;

 private:
  ApiWorld& world_;
  RawClient client_;
};

std::string last_event_id(const std::string& id) { return "Last-Event-ID: " + id + "\r\n"; }

TEST(Events, WhatHappensIsTold) {
  ApiWorld world;
  Reader reader(world);
  EXPECT_EQ(reader.head.headers.at("content-type"), "text/event-stream");
  world.leases.granted("shop");
  world.ask("PUT", "/services/shop", "{}");
  EXPECT_THAT(reader.names(2), ElementsAre("lease.granted", "service.registered"));
  EXPECT_EQ(reader.last_data().at("service").at("service"), "shop");
  EXPECT_EQ(reader.last_data().at("revision"), reader.last_id());
}

TEST(Events, AReaderGoesOnBehindTheLastThatItSaw) {
  ApiWorld world;
  std::string seen;
  {
    Reader reader(world);
    world.leases.granted("one");
    reader.names(1);
    seen = reader.last_id();
  }
  world.leases.granted("two");
  Reader again(world, last_event_id(seen));
  EXPECT_THAT(again.names(1), ElementsAre("lease.granted"));
  EXPECT_EQ(again.last_data().at("lease").at("service"), "two");
}

TEST(Events, WhoHasSeenEverythingIsToldNothingAgain) {
  ApiWorld world;
  world.leases.granted("one");
  Reader reader(world, last_event_id(world.leases.events.newest().text()));
  EXPECT_THAT(reader.take(), IsEmpty());
}

TEST(Events, AnUnknownEpochIsAReset) {
  ApiWorld world;
  world.leases.granted("one");
  for (const char* unknown : {"0000ffff-1", "nonsense"}) {
    Reader reader(world, last_event_id(unknown));
    EXPECT_THAT(reader.names(1), ElementsAre("reset")) << unknown;
    EXPECT_EQ(reader.last_id(), world.leases.events.newest().text());
  }
}

TEST(Events, NobodyIsToldWhatIsNotDurable) {
  ApiWorld world;
  Reader reader(world);
  world.leases.journal.immediate = false;
  world.leases.granted("shop");
  world.ask("GET", "/health");
  EXPECT_THAT(reader.take(), IsEmpty());
  world.leases.journal.commit();
  EXPECT_THAT(reader.names(1), ElementsAre("lease.granted"));
}

TEST(Events, AStatusAndAnAlertAreTold) {
  ApiWorld world;
  world.ask("PUT", "/services/db", R"({"checks":[{"type":"tcp"}]})");
  Reader reader(world);
  world.leases.becomes_critical("db");
  EXPECT_THAT(reader.names(5),
              ElementsAre("check.status", "service.status", "check.status", "service.status", "alert.raised"));
  EXPECT_EQ(reader.last_data().at("alert").at("kind"), "service-critical");
  EXPECT_THAT(reader.text, HasSubstr(R"("previous":"passing")"));
}

TEST(Events, WhatComesRightBehindOtherNewsIsToldToo) {
  ApiWorld world;
  Reader reader(world);
  const auto tell = [&] {
    world.leases.events.tell(core::EventKind::config_reloaded, world.leases.clock.now().wall, std::monostate{});
  };
  for (std::size_t told = 1; told <= 20; ++told) {
    tell();
    if (told % 5 == 0) {
      ASSERT_EQ(reader.names(told).size(), told);
    }
  }
}

TEST(Events, AReaderThatFallsBehindTheLogIsDropped) {
  ApiWorld world;
  Reader reader(world);
  for (std::size_t i = 0; i < core::EventLog::kept + 1; ++i) {
    world.leases.events.tell(core::EventKind::config_reloaded, world.leases.clock.now().wall, std::monostate{});
  }
  world.run_until([&] { return world.server->connections() == 0; });
}

TEST(Events, HeadIsAnsweredWithoutAnEvent) {
  ApiWorld world;
  const Answer answer = world.ask("HEAD", "/events");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("content-type"), "text/event-stream");
}

TEST(Events, AParameterIsRefused) {
  ApiWorld world;
  EXPECT_EQ(world.ask("GET", "/events?since=1").status, 422);
}

TEST(Events, TheEndOfTheServerEndsTheStream) {
  ApiWorld world;
  Reader reader(world);
  bool stopped = false;
  world.server->stop([&] { stopped = true; });
  world.run_until([&] { return stopped; });
}

}  // namespace
}  // namespace portd::test
