#include <gtest/gtest.h>
#include <sched.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "tests/platform/children.hpp"
#include "tests/platform/platform_world.hpp"

namespace portd {
namespace {

using test::Child;

class ProcessesTest : public test::PlatformWorld {
 protected:
  core::Processes& processes() { return *platform_.processes; }
  ProcessId id_of(pid_t pid) { return processes().inspect(pid, ::getuid()).value().id; }
};

TEST_F(ProcessesTest, ALiveProcessOfOursCanBeInspected) {
  const Child child;
  const auto holder = processes().inspect(child.pid(), ::getuid());
  ASSERT_TRUE(holder);
  EXPECT_EQ(holder->id.pid, child.pid());
  EXPECT_TRUE(processes().alive(holder->id));
}

TEST_F(ProcessesTest, TheCommandFolderAndStartOfAProcessAreTold) {
  SKIP_UNLESS(knows_processes());
  const auto before = std::chrono::system_clock::now();
  const Child child;
  const Holder holder = processes().inspect(child.pid(), ::getuid()).value();
  EXPECT_NE(holder.command.find("_test"), std::string::npos) << holder.command;
  EXPECT_EQ(holder.cwd, std::string(std::unique_ptr<char, decltype(&::free)>(::getcwd(nullptr, 0), &::free).get()));
  EXPECT_LT(std::chrono::abs(holder.started_at - before), std::chrono::seconds(10));
  EXPECT_EQ(holder, processes().inspect(child.pid(), ::getuid()).value()) << "told differently the second time";
}

TEST_F(ProcessesTest, TheArgumentsAreJoinedAndCleanedOfControlCharacters) {
  SKIP_UNLESS(knows_processes());
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Child child([&] {
    ::dup2(ends[0], 0);
    ::close(ends[1]);
    ::execlp("cat", "cat", "-u", "-", "/dev/null/one\x1b[31m\ntwo", static_cast<char*>(nullptr));
  });
  ::close(ends[0]);
  const auto replaced = [&] {
    return processes().inspect(child.pid(), ::getuid()).value().command.starts_with("cat ");
  };
  while (!replaced()) ::sched_yield();  // its name changes a moment before its arguments can be read
  EXPECT_EQ(processes().inspect(child.pid(), ::getuid()).value().command, "cat -u - /dev/null/one?[31m?two");
  ::close(ends[1]);
}

TEST_F(ProcessesTest, APidThatIsNotRunningIsRefusedWithTheNextStep) {
  Child child;
  const pid_t pid = child.pid();
  child.end();
  child.reap();
  for (const pid_t wrong : {pid, pid_t{0}, pid_t{-1}}) {
    const auto holder = processes().inspect(wrong, ::getuid());
    ASSERT_FALSE(holder) << wrong;
    EXPECT_EQ(holder.error().problem, Problem::invalid_value);
    EXPECT_NE(holder.error().detail.find("pid " + std::to_string(wrong)), std::string::npos);
    EXPECT_NE(holder.error().detail.find("omit \"pid\""), std::string::npos);
  }
}

TEST_F(ProcessesTest, AProcessOfAnotherUserIsRefused) {
  SKIP_UNLESS(knows_processes());
  const Child child;
  const auto holder = processes().inspect(child.pid(), ::getuid() + 1);
  ASSERT_FALSE(holder);
  EXPECT_NE(holder.error().detail.find("another user"), std::string::npos);
}

TEST_F(ProcessesTest, AZombieIsNotAlive) {
  SKIP_UNLESS(knows_processes());
  Child child;
  const ProcessId id = id_of(child.pid());
  child.end();
  EXPECT_FALSE(processes().alive(id));
  EXPECT_FALSE(processes().inspect(child.pid(), ::getuid()));
}

TEST_F(ProcessesTest, AProcessThatIsGoneIsNotAlive) {
  Child child;
  const ProcessId id = id_of(child.pid());
  child.end();
  child.reap();
  EXPECT_FALSE(processes().alive(id));
}

TEST_F(ProcessesTest, AReusedPidOrAnotherBootIsNotTheProcess) {
  SKIP_UNLESS(knows_processes());
  const Child child;
  const ProcessId id = id_of(child.pid());
  const ProcessId reused{id.boot_id, id.pid, id.start_ticks - 1};
  const ProcessId earlier_boot{"another", id.pid, id.start_ticks};
  EXPECT_FALSE(processes().alive(reused));
  EXPECT_FALSE(processes().alive(earlier_boot));
  EXPECT_FALSE(processes().descends(id.pid, reused));
}

TEST_F(ProcessesTest, AProcessDescendsFromItself) {
  const Child child;
  EXPECT_TRUE(processes().descends(child.pid(), id_of(child.pid())));
}

TEST_F(ProcessesTest, AGrandchildDescendsFromUsAndNotTheOtherWayRound) {
  SKIP_UNLESS(knows_processes());
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const Child child([&] {
    const pid_t grandchild = ::fork();
    if (grandchild == 0) ::close(ends[1]);
    if (grandchild > 0) [[maybe_unused]]
      const auto written = ::write(ends[1], &grandchild, sizeof grandchild);
  });
  pid_t grandchild = 0;
  ASSERT_EQ(::read(ends[0], &grandchild, sizeof grandchild), static_cast<ssize_t>(sizeof grandchild));
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_TRUE(processes().descends(grandchild, id_of(::getpid())));
  EXPECT_TRUE(processes().descends(grandchild, id_of(child.pid())));
  EXPECT_FALSE(processes().descends(::getpid(), id_of(grandchild)));
  ::kill(grandchild, SIGKILL);
}

TEST_F(ProcessesTest, AVariableOfTheEnvironmentIsRead) {
  SKIP_UNLESS(knows_processes());
  const char* path = std::getenv("PATH");
  ASSERT_NE(path, nullptr);
  EXPECT_EQ(processes().environment(::getpid(), "PATH"), path);
  EXPECT_EQ(processes().environment(::getpid(), "PAT"), std::nullopt);
  EXPECT_EQ(processes().environment(-1, "PATH"), std::nullopt);
}

// --- watching

TEST_F(ProcessesTest, TheExitOfAWatchedProcessIsReportedOnce) {
  Child child;
  int reported = 0;
  const ProcessId id = id_of(child.pid());
  processes().watch(id, [&] { ++reported; });
  processes().watch(id, [&] { reported += 100; });
  child.end();
  child.reap();
  EXPECT_TRUE(run_until([&] { return reported > 0; }));
  loop_.restart();
  loop_.poll();
  EXPECT_EQ(reported, 1);
}

TEST_F(ProcessesTest, TheExitIsReportedBeforeTheParentNotices) {
  SKIP_UNLESS(knows_processes());
  Child child;
  bool reported = false;
  processes().watch(id_of(child.pid()), [&] { reported = true; });
  child.end();
  EXPECT_TRUE(run_until([&] { return reported; }));
}

TEST_F(ProcessesTest, WatchingAProcessThatIsGoneReportsSoonAndNotAtOnce) {
  Child child;
  const ProcessId id = id_of(child.pid());
  child.end();
  child.reap();
  bool reported = false;
  processes().watch(id, [&] { reported = true; });
  EXPECT_FALSE(reported);
  EXPECT_TRUE(run_until([&] { return reported; }));
}

TEST_F(ProcessesTest, WatchingAReusedPidReportsTheOldProcessGone) {
  SKIP_UNLESS(knows_processes());
  const Child child;
  ProcessId old = id_of(child.pid());
  old.start_ticks -= 1;
  bool reported = false;
  processes().watch(old, [&] { reported = true; });
  EXPECT_TRUE(run_until([&] { return reported; }));
}

TEST_F(ProcessesTest, AWatchThatWasEndedReportsNothing) {
  Child child;
  Child other;
  bool reported = false;
  bool other_reported = false;
  const ProcessId id = id_of(child.pid());
  processes().watch(id, [&] { reported = true; });
  processes().watch(id_of(other.pid()), [&] { other_reported = true; });
  child.end();
  child.reap();
  processes().unwatch(id);
  other.end();
  other.reap();
  EXPECT_TRUE(run_until([&] { return other_reported; }));
  EXPECT_FALSE(reported);
}

TEST_F(ProcessesTest, AProcessCanBeWatchedAgainFromItsOwnReport) {
  Child child;
  int reported = 0;
  const ProcessId id = id_of(child.pid());
  processes().watch(id, [&] {
    ++reported;
    processes().watch(id, [&] { ++reported; });
  });
  child.end();
  child.reap();
  EXPECT_TRUE(run_until([&] { return reported == 2; }));
}

TEST_F(ProcessesTest, AWatchMayOutliveThePlatform) {
  Child child;
  bool reported = false;
  processes().watch(id_of(child.pid()), [&] { reported = true; });
  child.end();
  child.reap();
  platform_.processes.reset();
  loop_.run();  // ends: nothing is left to wait for
  EXPECT_FALSE(reported);
}

TEST_F(ProcessesTest, WithoutDescriptorsTheExitIsReportedAllTheSame) {
  Child child;
  const ProcessId id = id_of(child.pid());
  const test::LowDescriptorLimit limit(64);
  std::vector<Descriptor> others(40);
  for (auto& other : others) other.reset(::dup(0));
  bool reported = false;
  processes().watch(id, [&] { reported = true; });
  child.end();
  child.reap();
  EXPECT_TRUE(run_until([&] { return reported; }));
}

}  // namespace
}  // namespace portd
