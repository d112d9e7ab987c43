#include "daemon/watch/machine_watch.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "tests/support/fake_processes.hpp"
#include "tests/support/manual_clock.hpp"

namespace portd::watch {
namespace {

struct Diary : core::Sightings {
  std::vector<std::string> lines;

  void appeared(const Listener& listener, TimePoint) override { lines.push_back("+" + text(listener)); }
  void vanished(const Listener& listener, TimePoint) override { lines.push_back("-" + text(listener)); }
  static std::string text(const Listener& listener) {
    const std::string who = listener.process ? " pid " + std::to_string(listener.process->id.pid) : " hidden";
    return listener.port.text() + who + (listener.container ? " of " + listener.container->name : "");
  }
  std::vector<std::string> take() { return std::exchange(lines, {}); }
};

using Lines = std::vector<std::string>;

struct MachineScene {
  test::FakeListeners listeners;
  test::FakeProcesses processes;
  test::ManualClock clock;
  Diary diary;
  MachineWatch machine{listeners, processes, 1000, PortRange{Port(32768), Port(60999)}};

  MachineScene() { machine.tell(diary); }

  Listener& listen(std::uint16_t port, pid_t pid, uid_t uid = 1000) {
    Listener listener;
    listener.address = "127.0.0.1";
    listener.port = Port(port);
    listener.inode = std::uint64_t{port} * 100 + listeners.listening.size();
    listener.uid = uid;
    listener.user = uid == 1000 ? "dev" : "postgres";
    if (pid != 0) listener.process = processes.start(pid, uid);
    return listeners.listening.emplace_back(listener);
  }
  void look() { machine.look(clock.now()); }
  Lines after_a_look() {
    look();
    return diary.take();
  }
};

TEST(MachineWatch, TellsWhatComesAndWhatGoesOnce) {
  MachineScene scene;
  scene.listen(3000, 42);
  scene.listen(5432, 43);
  EXPECT_EQ(scene.after_a_look(), (Lines{"+3000 pid 42", "+5432 pid 43"}));
  EXPECT_EQ(scene.after_a_look(), Lines{});
  scene.listeners.listening.erase(scene.listeners.listening.begin());
  EXPECT_EQ(scene.after_a_look(), Lines{"-3000 pid 42"});
  EXPECT_FALSE(scene.machine.any_on(Port(3000)));
  EXPECT_TRUE(scene.machine.any_on(Port(5432)));
}

TEST(MachineWatch, LooksForProcessesOfWhatIsNewOnly) {
  MachineScene scene;
  scene.listen(3000, 42);
  scene.look();
  const int before = scene.listeners.identified;
  scene.listen(3001, 43);
  scene.look();
  EXPECT_EQ(scene.listeners.identified, before + 1);
  scene.look();
  EXPECT_EQ(scene.listeners.identified, before + 1);
}

TEST(MachineWatch, AnotherOrderOfTheSameSocketsIsNoChange) {
  MachineScene scene;
  scene.listen(3000, 42);
  scene.listen(3001, 43);
  scene.look();
  scene.diary.take();
  const int before = scene.listeners.identified;
  std::swap(scene.listeners.listening[0], scene.listeners.listening[1]);
  EXPECT_EQ(scene.after_a_look(), Lines{});
  EXPECT_EQ(scene.listeners.identified, before);
}

TEST(MachineWatch, AProcessThatWasNotFoundIsLookedForAgain) {
  MachineScene scene;
  scene.listen(3000, 0);
  EXPECT_EQ(scene.after_a_look(), Lines{"+3000 hidden"});
  EXPECT_EQ(scene.after_a_look(), Lines{});
  scene.listeners.listening[0].process = scene.processes.start(42);
  EXPECT_EQ(scene.after_a_look(), (Lines{"-3000 hidden", "+3000 pid 42"}));
}

TEST(MachineWatch, TheProcessOfAnotherUserIsNotLookedFor) {
  MachineScene scene;
  scene.listen(5432, 0, 105);
  EXPECT_EQ(scene.after_a_look(), Lines{"+5432 hidden"});
  EXPECT_EQ(scene.listeners.identified, 0);
  EXPECT_EQ(scene.machine.on(Port(5432)).at(0).note,
            "owned by user postgres, whose processes only root may see: sudo lsof -nP -i :5432");
}

TEST(MachineWatch, ASocketThatOutlivesItsProcessVanishesAndAppears) {
  MachineScene scene;
  scene.listen(3000, 42);
  scene.look();
  scene.diary.take();
  scene.listeners.listening[0].process = scene.processes.start(43);
  scene.processes.exit(42);
  EXPECT_EQ(scene.after_a_look(), (Lines{"-3000 pid 42", "+3000 pid 43"}));
}

TEST(MachineWatch, OfManyProcessesEachIsGlancedAtInItsTurn) {
  MachineScene scene;
  for (std::uint16_t count = 0; count < 100; ++count)
    scene.listen(static_cast<std::uint16_t>(3000 + count), 100 + count);
  scene.look();
  scene.diary.take();
  for (int count = 0; count < 100; ++count) {
    scene.processes.exit(100 + count);
    scene.listeners.listening[static_cast<std::size_t>(count)].process = scene.processes.start(300 + count);
  }
  EXPECT_EQ(scene.after_a_look().size(), 2U * 32U);
  std::size_t told = 2U * 32U;
  for (int look = 0; look < 3; ++look) told += scene.after_a_look().size();
  EXPECT_EQ(told, 2U * 100U);
}

TEST(MachineWatch, UdpOnAPortThatTheKernelGaveAwayIsQuiet) {
  MachineScene scene;
  scene.listen(40000, 42).protocol = Protocol::udp;
  scene.listen(5353, 43).protocol = Protocol::udp;
  EXPECT_EQ(scene.after_a_look(), Lines{"+5353 pid 43"});
  EXPECT_EQ(scene.machine.all().size(), 1U);
  ASSERT_EQ(scene.machine.on(Port(40000)).size(), 1U);  // who asks for it is told
  EXPECT_EQ(scene.machine.on(Port(40000))[0].process->id.pid, 42);
  scene.listeners.listening.clear();
  EXPECT_EQ(scene.after_a_look(), Lines{"-5353 pid 43"});
}

TEST(MachineWatch, AnAnswerIsOfThePortsNewestProcessAndOrigin) {
  MachineScene scene;
  scene.listen(3000, 42);
  scene.listeners.origins[42].branch = "main";
  scene.look();
  EXPECT_EQ(scene.machine.on(Port(3000)).at(0).origin.branch, "main");
  scene.listeners.origins[42].branch = "feature";
  scene.clock.advance(std::chrono::milliseconds(1));
  scene.look();
  EXPECT_EQ(scene.machine.all().at(0).origin.branch, "main");
  EXPECT_EQ(scene.machine.on(Port(3000)).at(0).origin.branch, "feature");
  scene.listeners.listening[0].process = scene.processes.start(43);
  EXPECT_EQ(scene.machine.on(Port(3000)).at(0).process->id.pid, 43);
  EXPECT_TRUE(scene.machine.on(Port(3001)).empty());
  scene.listeners.origins[43].branch = "old";
  scene.clock.advance(std::chrono::seconds(6));
  scene.look();
  EXPECT_EQ(scene.machine.all().at(0).origin.branch, "old");
}

TEST(MachineWatch, EverythingIsTold) {
  MachineScene scene;
  scene.listen(5432, 43);
  scene.listen(3000, 42);
  scene.look();
  const std::vector<Listener> all = scene.machine.all();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].port, Port(3000));
  EXPECT_EQ(all[1].process->id.pid, 43);
}

// An engine that answers when the test says.
struct FakeEngine : core::Containers {
  std::vector<Told> asked;
  bool there = true;

  bool ask(Told told) override {
    if (there) asked.push_back(std::move(told));
    return there;
  }
  void answer(const std::optional<std::vector<core::PublishedPort>>& published) {
    for (const Told& told : std::exchange(asked, {})) told(published);
  }
};

struct PublishedScene : MachineScene {
  FakeEngine engine;

  PublishedScene() { machine.ask(engine); }
  static core::PublishedPort published(std::uint16_t port, Protocol protocol = Protocol::tcp,
                                       const std::string& address = "127.0.0.1") {
    return {protocol, Port(port), address, {"0123456789ab", "shop-db-1", "postgres:16", "db"}};
  }
  std::optional<Container> container(std::uint16_t port) { return machine.on(Port(port)).at(0).container; }
};

TEST(MachineWatch, TheContainerOfAProxyThatIsHiddenIsTold) {
  PublishedScene scene;
  scene.listen(5432, 0, 0);
  scene.look();
  scene.look();
  ASSERT_EQ(scene.engine.asked.size(), 1U);  // one question at a time
  EXPECT_TRUE(scene.machine.awaits_container(Port(5432)));
  scene.engine.answer(std::vector{scene.published(5433), scene.published(5432, Protocol::udp), scene.published(5432)});
  EXPECT_FALSE(scene.machine.awaits_container(Port(5432)));
  EXPECT_EQ(scene.container(5432)->name, "shop-db-1");
  EXPECT_EQ(scene.machine.all().at(0).container->key, "db");
  EXPECT_EQ(scene.machine.container_of(scene.machine.all().at(0)), scene.container(5432));
  scene.look();
  EXPECT_TRUE(scene.engine.asked.empty());
}

TEST(MachineWatch, AHiddenProxyIsRoots) {
  PublishedScene scene;
  scene.listen(5432, 0, 105);
  scene.look();
  EXPECT_TRUE(scene.engine.asked.empty());
}

TEST(MachineWatch, APublishedPortIsThatOfItsAddress) {
  PublishedScene scene;
  scene.listen(5432, 0, 0);
  scene.listen(5433, 0, 0).address = "::";
  scene.listen(5434, 0, 0).address = "0.0.0.0";
  scene.look();
  scene.engine.answer(std::vector{scene.published(5432, Protocol::tcp, "127.0.0.2"),
                                  scene.published(5432, Protocol::tcp, ""), scene.published(5433, Protocol::tcp, ""),
                                  scene.published(5434)});
  EXPECT_FALSE(scene.container(5432));
  EXPECT_TRUE(scene.container(5433));
  EXPECT_FALSE(scene.container(5434));
}

TEST(MachineWatch, WhatBecomesKnownAsAContainersIsToldAnew) {
  PublishedScene scene;
  scene.listen(5432, 0, 0);
  EXPECT_EQ(scene.after_a_look(), Lines{"+5432 hidden"});
  scene.engine.answer(std::vector{scene.published(5432)});
  EXPECT_EQ(scene.diary.take(), (Lines{"-5432 hidden", "+5432 hidden of shop-db-1"}));
  EXPECT_EQ(scene.after_a_look(), Lines{});
  EXPECT_TRUE(scene.engine.asked.empty());
}

TEST(MachineWatch, AContainerIsAwaitedFromBeforeTheFirstLook) {
  PublishedScene scene;
  const Listener proxy = scene.listen(5432, 0, 0);
  EXPECT_TRUE(scene.machine.awaits_container(proxy));
  scene.look();
  EXPECT_TRUE(scene.machine.awaits_container(proxy));
  scene.engine.answer(std::vector{scene.published(5432)});
  EXPECT_FALSE(scene.machine.awaits_container(proxy));
  EXPECT_FALSE(scene.machine.awaits_container(scene.listen(3000, 42)));
  EXPECT_FALSE(MachineScene().machine.awaits_container(proxy));  // without an engine
}

TEST(MachineWatch, AnotherEngineIsAskedAboutWhatIsNotKnown) {
  PublishedScene scene;
  scene.engine.there = false;
  scene.listen(5432, 0, 0);
  scene.listen(3000, 42);
  scene.look();
  scene.engine.there = true;
  scene.look();
  EXPECT_TRUE(scene.engine.asked.empty());
  scene.machine.ask_again();
  scene.look();
  scene.engine.answer(std::vector{scene.published(5432)});
  EXPECT_TRUE(scene.container(5432));
  scene.machine.ask_again();
  scene.look();
  EXPECT_TRUE(scene.engine.asked.empty());
}

TEST(MachineWatch, ProxiesOfOurOwnAreKnownByTheirProgram) {
  PublishedScene scene;
  scene.listen(3000, 42);
  scene.look();
  EXPECT_TRUE(scene.engine.asked.empty());
  scene.listen(5432, 43).process->command = "/usr/bin/docker-proxy -proto tcp";
  scene.listen(5433, 44).process->command = "rootlessport";
  scene.look();
  EXPECT_TRUE(scene.machine.awaits_container(Port(5433)));
  scene.engine.answer(std::vector{scene.published(5432)});
  EXPECT_TRUE(scene.container(5432));
  EXPECT_FALSE(scene.container(5433));
}

TEST(MachineWatch, AnEngineThatSaysSoLateIsAskedAgainAFewTimes) {
  PublishedScene scene;
  scene.listen(5432, 0, 0);
  int asked = 0;
  for (int second = 0; second < 100; ++second) {
    scene.look();
    asked += static_cast<int>(scene.engine.asked.size());
    scene.engine.answer(second % 2 == 0 ? std::nullopt : std::optional(std::vector<core::PublishedPort>()));
    scene.clock.advance(std::chrono::seconds(1));
    EXPECT_EQ(scene.machine.awaits_container(Port(5432)), second < 1);  // nobody waits for long
  }
  EXPECT_EQ(asked, 4);
}

TEST(MachineWatch, WithoutAnEngineNothingIsAwaited) {
  PublishedScene scene;
  scene.engine.there = false;
  scene.listen(5432, 0, 0);
  scene.look();
  EXPECT_FALSE(scene.machine.awaits_container(Port(5432)));
}

TEST(MachineWatch, AnAnswerAboutASocketThatIsGoneIsOfNoUse) {
  PublishedScene scene;
  scene.listen(5432, 0, 0);
  scene.look();
  scene.listeners.listening.clear();
  scene.look();
  scene.engine.answer(std::vector{scene.published(5432)});
  EXPECT_TRUE(scene.machine.all().empty());
}

TEST(MachineWatch, ASocketOfOurOwnIsLookedAtUntilItIsAnothers) {
  MachineScene scene;
  scene.listen(3000, ::getpid());
  EXPECT_EQ(scene.after_a_look().size(), 1U);
  scene.listeners.listening[0].process = scene.processes.start(43);
  EXPECT_EQ(scene.after_a_look().at(1), "+3000 pid 43");
}

}  // namespace
}  // namespace portd::watch
