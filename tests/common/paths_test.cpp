#include "common/paths.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

namespace portd {
namespace {

// Each test is a process of its own under ctest; under one process the variables are set anew for each.
class PathsOfEnvironment : public ::testing::Test {
 protected:
  PathsOfEnvironment() {
    for (const char* name : {"PORTD_STATE_DIR", "PORTD_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"}) {
      ::unsetenv(name);
    }
    ::setenv("HOME", "/home/me", 1);
  }
};

TEST_F(PathsOfEnvironment, FlagsWinOverVariables) {
  ::setenv("PORTD_STATE_DIR", "/var/a", 1);
  ::setenv("PORTD_RUNTIME_DIR", "/var/b", 1);
  const Paths paths = Paths::resolve("/flag/state/", "/flag/run");
  EXPECT_EQ(paths.state, "/flag/state");
  EXPECT_EQ(paths.runtime, "/flag/run");
}

TEST_F(PathsOfEnvironment, VariablesWinOverTheStandard) {
  ::setenv("PORTD_STATE_DIR", "/var/a", 1);
  ::setenv("PORTD_RUNTIME_DIR", "/var/b", 1);
  ::setenv("XDG_STATE_HOME", "/xdg/state", 1);
  ::setenv("XDG_RUNTIME_DIR", "/xdg/run", 1);
  const Paths paths = Paths::resolve("", "");
  EXPECT_EQ(paths.state, "/var/a");
  EXPECT_EQ(paths.runtime, "/var/b");
}

TEST_F(PathsOfEnvironment, WithoutARuntimeFolderItLiesInTheState) {
  const Paths paths = Paths::resolve("/s", "");
  EXPECT_EQ(paths.runtime, "/s/run");
  EXPECT_EQ(paths.socket(), "/s/run/portd.sock");
  EXPECT_EQ(paths.database(), "/s/portd.db");
}

TEST_F(PathsOfEnvironment, TheRuntimeFolderOfTheSessionIsUsed) {
  ::setenv("XDG_RUNTIME_DIR", "/run/user/1000", 1);
  EXPECT_EQ(Paths::resolve("/s", "").runtime, "/run/user/1000/portd");
  ::setenv("XDG_RUNTIME_DIR", "relative", 1);
  EXPECT_EQ(Paths::resolve("/s", "").runtime, "/s/run");
}

TEST_F(PathsOfEnvironment, RelativePathsBecomeAbsolute) {
  const Paths paths = Paths::resolve("state", "./run/../r");
  EXPECT_EQ(paths.state, std::filesystem::current_path() / "state");
  EXPECT_EQ(paths.runtime, std::filesystem::current_path() / "r");
}

#ifndef __APPLE__
TEST_F(PathsOfEnvironment, TheStandardStateFolderIsUsed) {
  EXPECT_EQ(Paths::resolve("", "").state, "/home/me/.local/state/portd");
  ::setenv("XDG_STATE_HOME", "/xdg/state", 1);
  EXPECT_EQ(Paths::resolve("", "").state, "/xdg/state/portd");
}
#endif

}  // namespace
}  // namespace portd
