#include "client/occupant.hpp"

#include <gtest/gtest.h>

namespace portd::client {
namespace {

Listener started_by(const std::string& parent, const std::string& terminal = "pts/3") {
  Listener one;
  one.process = Holder{{"", 17, 1}, "node server.js", "/srv", {}};
  one.origin.started_by = {{16, parent}};
  one.origin.terminal = terminal;
  return one;
}

TEST(Occupant, AScriptOrAToolMayStartItAgain) {
  for (const char* parent : {"sh serve.sh", "bash -c while :; do node server.js; done", "make serve", "npm run dev",
                             "node /usr/bin/nodemon server.js"}) {
    EXPECT_TRUE(may_be_started_again(started_by(parent))) << parent;
  }
}

TEST(Occupant, AShellAtATerminalDoesNot) {
  for (const char* parent : {"-bash", "bash", "/usr/bin/zsh -l -i", "fish"}) {
    EXPECT_FALSE(may_be_started_again(started_by(parent))) << parent;
    EXPECT_TRUE(may_be_started_again(started_by(parent, ""))) << parent;  // it reads from elsewhere
  }
}

TEST(Occupant, ItsUnitMayStartItAgainAndNobodyElseMay) {
  Listener one = started_by("", "");
  one.origin.started_by.clear();
  EXPECT_FALSE(may_be_started_again(one));
  one.origin.unit = "demo.service";
  EXPECT_TRUE(may_be_started_again(one));
}

}  // namespace
}  // namespace portd::client
