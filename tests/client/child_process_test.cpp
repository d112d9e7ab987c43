#include "client/child_process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>

#include "common/descriptor.hpp"
#include "common/file.hpp"
#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class ChildProcess : public testing::Test {
 protected:
  ChildCommand shell(const std::string& line) const {
    return {{"sh", "-c", line}, world.environment.variables, world.home / "shop"};
  }
  // What a shell wrote into `out`.
  std::string written() const { return read_file(world.home / "shop/out", 4096).value(); }

  test::PortcWorld world;
};

TEST_F(ChildProcess, GivesTheExitCodeOrTheSignal) {
  EXPECT_EQ(run_child(shell("exit 0")).value(), 0);
  EXPECT_EQ(run_child(shell("exit 42")).value(), 42);
  EXPECT_EQ(run_child(shell("kill -TERM $$")).value(), 128 + 15);
}

TEST_F(ChildProcess, HasItsFolderItsVariablesAndTheSocketAsThree) {
  ChildCommand command = shell("{ pwd; echo $NAME; read word <&3; echo $word; } > out");
  command.variables["NAME"] = "shop";
  const Descriptor file(::open(world.write("socket", "third\n").c_str(), O_RDONLY | O_CLOEXEC));
  command.socket = file.get();
  EXPECT_EQ(run_child(command).value(), 0);
  EXPECT_EQ(written(), (world.home / "shop").string() + "\nshop\nthird\n");
}

TEST_F(ChildProcess, IsToldItsOwnPid) {
  ChildCommand command = shell("test $LISTEN_PID = $$");
  command.tells_pid = true;
  EXPECT_EQ(run_child(command).value(), 0);
}

TEST_F(ChildProcess, IsStartedAgainWhenItAsks) {
  ChildCommand command = shell("echo x >> out; test $(wc -l < out) -ge 3 || exit 3");
  command.again = 3;
  EXPECT_EQ(run_child(command).value(), 0);
  EXPECT_EQ(written(), "x\nx\nx\n");
}

TEST_F(ChildProcess, IsNotStartedAgainForEverWhenItEndsAtOnce) {
  ChildCommand command = shell("echo x >> out; exit 3");
  command.again = 3;
  EXPECT_EQ(run_child(command).value(), 3);
  EXPECT_EQ(std::ranges::count(written(), 'x'), 25);
}

TEST_F(ChildProcess, IsNotStartedAgainForEverWhenItsImportsTakeAWhile) {
  ChildCommand command = shell("echo x >> out; test $(wc -l < out) -ne 12 || sleep 0.4; exit 3");
  command.again = 3;
  EXPECT_EQ(run_child(command).value(), 3);
  EXPECT_EQ(std::ranges::count(written(), 'x'), 25);
}

TEST_F(ChildProcess, IsNotStartedAgainOnceItIsToEnd) {
  // The signal comes while it is about to ask.
  ChildCommand command = shell("echo x >> out; trap 'exit 3' TERM; kill -TERM $PPID; while :; do sleep 0.01; done");
  command.again = 3;
  EXPECT_EQ(run_child(command).value(), 3);
  EXPECT_EQ(written(), "x\n");
}

TEST_F(ChildProcess, PassesSignalsOn) {
  EXPECT_EQ(run_child(shell("trap 'exit 9' USR1; kill -USR1 $PPID; while :; do sleep 0.01; done")).value(), 9);
}

TEST_F(ChildProcess, ASignalThatWasIgnoredIsNoReasonToEnd) {
  const auto before = ::signal(SIGHUP, SIG_IGN);  // as nohup(1) does
  ChildCommand command = shell("echo x >> out; kill -HUP $PPID; test $(wc -l < out) -ge 3 || exit 3");
  command.again = 3;
  EXPECT_EQ(run_child(command).value(), 0);
  EXPECT_EQ(written(), "x\nx\nx\n");
  EXPECT_EQ(run_child(shell("kill -HUP $$; exit 9")).value(), 9) << "it ignores it, too";
  ::signal(SIGHUP, before);
}

TEST_F(ChildProcess, AScriptWithoutAnInterpreterIsTheShells) {
  const auto script = world.write("shop/serve", "echo \"$0 $1 $2\" > out; exit 7\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_exec, std::filesystem::perm_options::add);
  ChildCommand command = shell("");
  command.arguments = {"./serve", "a b", "c"};
  EXPECT_EQ(run_child(command).value(), 7);
  EXPECT_THAT(written(), EndsWith("/serve a b c\n"));
}

TEST_F(ChildProcess, EndsWhatItLeavesBehind) {
  // As npm does: the shell dies of the signal, and what it started would stay.
  EXPECT_EQ(run_child(shell("(trap 'echo ended > out; exit 0' TERM; : > ready; while :; do sleep 0.01; done) & "
                            "until [ -e ready ]; do sleep 0.01; done; kill -TERM $PPID; wait"))
                .value(),
            128 + 15);
  EXPECT_EQ(written(), "ended\n");
}

TEST_F(ChildProcess, AProgramThatCannotBeRunHasTheCodesOfShells) {
  ChildCommand command = shell("");
  command.arguments = {"no-such-program"};
  EXPECT_EQ(static_cast<int>(run_child(command).error().exit), program_not_found);
  EXPECT_THAT(run_child(command).error().detail, HasSubstr("no program no-such-program in PATH"));
  command.arguments = {"./none"};
  EXPECT_EQ(static_cast<int>(run_child(command).error().exit), program_not_found);
  world.write("shop/text", "no program");
  command.arguments = {"./text"};
  EXPECT_EQ(static_cast<int>(run_child(command).error().exit), program_not_executable);
  EXPECT_THAT(run_child(command).error().detail, HasSubstr("chmod +x"));
}

TEST_F(ChildProcess, AFolderThatIsGoneIsTold) {
  ChildCommand command = shell("exit 0");
  command.folder = world.home / "gone";
  EXPECT_EQ(run_child(command).value(), program_not_found);
}

}  // namespace
}  // namespace portd::client
