#include "daemon/watch/endpoint_watch.hpp"

#include <gmock/gmock.h>

#include "tests/support/fake_processes.hpp"
#include "tests/support/manual_clock.hpp"

namespace portd::watch {
namespace {

using testing::HasSubstr;
using testing::Not;

// portd wanted 7700, and serves on 7702.
struct Fallen {
  test::ManualClock clock;
  test::FakeProcesses processes;
  test::FakeListeners listeners;
  MachineWatch machine{listeners, processes, 1000, std::nullopt};
  core::Alerts alerts;
  EndpointWatch watch{machine, alerts};

  void taken_by(pid_t pid, const std::string& address = "127.0.0.1") {
    Listener listener;
    listener.port = Port(7700);
    listener.address = address;
    listener.inode = static_cast<std::uint64_t>(pid);
    listener.uid = 1000;
    listener.user = "dev";
    listener.process = processes.start(pid, 1000, 1, "/shop");
    listeners.listening = {listener};
  }
  void fall_back() {
    machine.look(clock.now());
    watch.fell_back(Port(7700), Port(7702), clock.now().wall);
  }
  void look() {
    machine.look(clock.now());
    watch.look(clock.now().wall);
  }
  std::string detail() const { return alerts.raised().empty() ? "" : alerts.raised()[0].detail; }
};

TEST(EndpointWatch, WithoutAFallbackNothingIsToldOf) {
  Fallen scene;
  scene.taken_by(42);
  scene.look();
  EXPECT_TRUE(scene.alerts.raised().empty());
}

TEST(EndpointWatch, WhoHasThePortIsNamed) {
  Fallen scene;
  scene.taken_by(42);
  scene.fall_back();
  ASSERT_EQ(scene.alerts.raised().size(), 1U);
  EXPECT_EQ(scene.alerts.raised()[0].kind, AlertKind::endpoint_taken);
  EXPECT_EQ(scene.alerts.raised()[0].subject, "7700");
  EXPECT_THAT(scene.detail(), HasSubstr("taken by pid 42 "));
  EXPECT_THAT(scene.detail(), HasSubstr("serves on 7702"));
  scene.look();
  EXPECT_EQ(scene.alerts.raised()[0].count, 1);
}

TEST(EndpointWatch, OnceThePortIsFreeItSaysHowPortdTakesIt) {
  Fallen scene;
  scene.taken_by(42);
  scene.fall_back();
  scene.listeners.listening.clear();
  scene.look();
  EXPECT_THAT(scene.detail(), HasSubstr("7700 is free again"));
  EXPECT_THAT(scene.detail(), HasSubstr("portc daemon stop && portc daemon start"));
  EXPECT_THAT(scene.detail(), Not(HasSubstr("42")));
  EXPECT_EQ(scene.alerts.list().size(), 1U) << "it is the same alert";
}

TEST(EndpointWatch, TheNextWhoTakesItIsNamedInstead) {
  Fallen scene;
  scene.taken_by(42);
  scene.fall_back();
  scene.taken_by(43, "::");
  scene.look();
  EXPECT_THAT(scene.detail(), HasSubstr("taken by pid 43 "));
}

TEST(EndpointWatch, AnotherAddressIsNotInTheWay) {
  Fallen scene;
  scene.taken_by(42);
  scene.fall_back();
  scene.taken_by(43, "127.0.0.5");
  scene.look();
  EXPECT_THAT(scene.detail(), HasSubstr("7700 is free again"));
}

TEST(EndpointWatch, WhoWasNeverSeenIsNotSaidToBeGone) {
  Fallen scene;
  scene.fall_back();
  scene.look();
  EXPECT_THAT(scene.detail(), HasSubstr("taken by another program"));
}

}  // namespace
}  // namespace portd::watch
