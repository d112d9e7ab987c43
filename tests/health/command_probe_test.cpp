#include "daemon/health/command_probe.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/health/health_world.hpp"

namespace portd {
namespace {

using test::CheckId;
using test::Finding;
using test::Verdict;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

class CommandProbe : public test::HealthWorld {
 protected:
  static Check command_check(std::vector<std::string> argv, Millis timeout = 10s) {
    Check check = check_of(CheckType::command);
    check.command = std::move(argv);
    check.schedule.timeout = timeout;
    return check;
  }
  Finding run(std::vector<std::string> argv) { return look(command_check(std::move(argv)), Port(20'123)); }
  Finding shell(const std::string& script) { return run({"sh", "-c", script}); }

  // The number that a command says as its first line.
  static pid_t pid_in(const std::string& output) {
    const auto digits = output.find_last_of(' ');
    return static_cast<pid_t>(std::stol(output.substr(digits == std::string::npos ? 0 : digits + 1)));
  }
  // Gone, or a zombie that its new parent has not reaped yet.
  bool is_dead(pid_t pid) {
    try {
      run_until([&] {
        if (::kill(pid, 0) != 0) return true;
        std::string state = shell("ps -o stat= -p " + std::to_string(pid)).output;
        return state.starts_with('Z');
      });
    } catch (const std::runtime_error&) {
      return false;
    }
    return true;
  }
};

TEST_F(CommandProbe, ZeroPassesOneWarnsAllElseFails) {
  const Finding passed = shell("echo fine");
  EXPECT_EQ(passed.verdict, Verdict::pass);
  EXPECT_EQ(passed.output, "fine");
  EXPECT_EQ(passed.answered_by, "");
  EXPECT_GT(passed.latency, 0us);

  const Finding warned = shell("echo slow >&2; exit 1");
  EXPECT_EQ(warned.verdict, Verdict::warn);
  EXPECT_EQ(warned.output, "slow");

  const Finding failed = shell("echo broken; echo really; exit 2");
  EXPECT_EQ(failed.verdict, Verdict::fail);
  EXPECT_EQ(failed.output, "exit 2: broken\nreally");
  EXPECT_EQ(run({"true"}).output, "exit 0");
  EXPECT_EQ(run({"false"}).output, "exit 1");
  EXPECT_EQ(shell("exit 3").output, "exit 3");
}

TEST_F(CommandProbe, ASignalFails) {
  const Finding finding = shell("echo before; kill -9 $$");
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_EQ(finding.output, "killed by signal 9: before");
}

TEST_F(CommandProbe, WhatCannotBeRunFailsAndSaysWhy) {
  EXPECT_EQ(run({"portd-no-such-program"}).output, "cannot run portd-no-such-program: No such file or directory");
  EXPECT_EQ(run({"/etc/passwd"}).output, "cannot run /etc/passwd: Permission denied");
  EXPECT_EQ(run({"/nowhere/at/all"}).output, "cannot run /nowhere/at/all: No such file or directory");
  EXPECT_EQ(run({"/etc/passwd"}).verdict, Verdict::fail);
}

TEST_F(CommandProbe, ArgumentsAreNotLookedAtByAShell) {
  EXPECT_EQ(run({"echo", "$HOME; exit 2", "*"}).output, "$HOME; exit 2 *");
}

TEST_F(CommandProbe, OutputIsCleanAndCut) {
  EXPECT_EQ(shell("printf 'a\\033[31mred\\033[0m\\tb\\000\\377\\n\\n  c\\n'").output, "ared b ?\nc");
  EXPECT_LE(shell("head -c 100000 /dev/zero | tr '\\0' x").output.size(), 4096U);
}

TEST_F(CommandProbe, RunsInTheRootFolderWithNothingToReadAndItsPort) {
  EXPECT_EQ(shell("pwd; cat; echo $PORT $PORTD_CHECK").output, "/\n20123 web");
}

TEST_F(CommandProbe, WhatASupervisorToldPortdIsNotPassedOn) {
  ::setenv("NOTIFY_SOCKET", "/run/notify", 1);
  ::setenv("PORT", "1", 1);
  EXPECT_EQ(shell("echo \"$NOTIFY_SOCKET\" $PORT").output, "20123");
  ::unsetenv("NOTIFY_SOCKET");
  ::unsetenv("PORT");
}

TEST_F(CommandProbe, InheritsNoDescriptor) {
  const int leaky = ::fcntl(::open("/dev/null", O_RDONLY), F_DUPFD, 50);  // not close-on-exec
  EXPECT_EQ(shell("for number in /dev/fd/*; do [ -e $number ] && echo ${number#/dev/fd/}; done").output, "0\n1\n2");
  ::close(leaky);
}

TEST_F(CommandProbe, GetsTheLimitOfDescriptorsThatPortdWasStartedWith) {
  use({.descriptors_before = 123});
  EXPECT_EQ(shell("ulimit -Sn").output, "123");
}

TEST_F(CommandProbe, GetsDefaultSignals) {
  ::signal(SIGPIPE, SIG_IGN);
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const std::string signals = shell("grep -E '^Sig(Blk|Ign)' /proc/self/status").output;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (!std::filesystem::exists("/proc/self/status")) GTEST_SKIP() << "there is no /proc";
  EXPECT_EQ(signals, "SigBlk: 0000000000000000\nSigIgn: 0000000000000000");
}

TEST_F(CommandProbe, ATimeOutKillsTheWholeGroup) {
  Check check = command_check({"sh", "-c", "sleep 60 & echo started $!; wait"}, 200ms);
  const Finding finding = look(check, Port(20'123));
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_THAT(finding.output, StartsWith("timed out after 200ms: killed, after it said: started "));
  EXPECT_TRUE(is_dead(pid_in(finding.output)));
}

TEST_F(CommandProbe, ATimeOutWithoutAWordSaysSo) {
  EXPECT_EQ(look(command_check({"sleep", "60"}, 20ms), Port(20'123)).output, "timed out after 20ms: killed");
}

TEST_F(CommandProbe, IsOverWhenItEndsWhateverItLeavesBehind) {
  const Finding finding = shell("sleep 60 & echo $!");
  EXPECT_EQ(finding.verdict, Verdict::pass);
  EXPECT_TRUE(is_dead(pid_in(finding.output)));
}

TEST_F(CommandProbe, ATalkativeCommandIsReadOnlyUntilItsTimeIsUp) {
  const Finding finding = look(command_check({"yes"}, 30ms), Port(20'123));
  EXPECT_THAT(finding.output, StartsWith("timed out after 30ms: killed, after it said: y\ny\n"));
}

TEST_F(CommandProbe, EndingTheCheckKillsAndReapsIt) {
  const CheckId id = begin(command_check({"sleep", "60"}), Port(20'123));
  settle();
  prober->end(id);
  desk.checks.erase(id);
  run_until([] { return ::waitpid(-1, nullptr, WNOHANG) < 0; });  // no child is left, not even a zombie
}

TEST_F(CommandProbe, GoesWithTheLoop) {
  auto own_loop = std::make_unique<boost::asio::io_context>(1);
  prober = health::create_prober(*own_loop, desk, {});
  begin(command_check({"sleep", "60"}), Port(20'123));
  own_loop->poll();
  prober.reset();
  own_loop.reset();
  while (::waitpid(-1, nullptr, 0) > 0) {
  }  // at once, for it was killed
}

TEST_F(CommandProbe, IsReapedWhoeverIgnoresHisChildren) {
  ::signal(SIGCHLD, SIG_IGN);
  EXPECT_EQ(shell("exit 2").output, "exit 2");
  ::signal(SIGCHLD, SIG_DFL);
}

}  // namespace
}  // namespace portd
