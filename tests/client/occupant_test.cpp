#include "client/occupant.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

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

// A contested port, leased to the process with this pid.
PortReport contested_by(std::vector<Listener> listeners, pid_t holder) {
  Lease lease;
  lease.key = {"shop", "web", "main", "http"};
  lease.holder = Holder{{"", holder, 1}, "portc run", "/srv", {}};
  lease.holder_alive = true;
  return {Port(3000), Verdict::contested, lease, std::move(listeners)};
}

#ifdef __linux__
TEST(Occupant, TheServiceIsWhateverItsHolderHasStartedInASessionOfItsOwn) {
  Listener own;
  own.process = Holder{{"", ::getpid(), 1}, "flask run", "/srv", {}};  // no parent is shown
  Listener other;
  other.process = Holder{{"", 1, 1}, "init", "/", {}};
  const PortReport report = contested_by({own, other}, ::getppid());
  ASSERT_EQ(rightful_of(report, {}).size(), 1U);
  EXPECT_EQ(rightful_of(report, {})[0].listener.process->id.pid, ::getpid());
  ASSERT_EQ(intruders_of(report, {}).size(), 1U);
  EXPECT_EQ(intruders_of(report, {})[0].listener.process->id.pid, 1);
}
#endif

TEST(Occupant, AContainerServesTheKeyOfItsLabelHoweverThatIsWritten) {
  Listener one;
  one.container = Container{"0123456789ab", "web", "nginx", "shop/web@main:http"};
  EXPECT_EQ(rightful_of(contested_by({one}, 17), {}).size(), 1U);
  one.container->key = "shop/api";
  EXPECT_EQ(rightful_of(contested_by({one}, 17), {}).size(), 0U);
}

}  // namespace
}  // namespace portd::client
