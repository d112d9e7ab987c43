#include "client/autostart.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;

// A world whose portd, beside portc, is a shell script.
class Autostart : public testing::Test {
 protected:
  Autostart() {
    world.environment.variables.erase("PORTD_AUTOSTART");
    world.answers = {{"GET /health", {200, R"({"status": "ok"})"}}};
  }

  void portd_is(const std::string& script) {
    const auto path = world.write("bin/portd", "#!/bin/sh\n" + script);
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  }

  // The endpoint.json of a portd that answers, ready to be moved into place by the script.
  std::string publish() {
    world.start_portd();
    std::filesystem::remove(endpoint_file(world.home / "state"));
    std::filesystem::rename(endpoint_file(world.home / "run"), world.home / "prepared");
    return "mv " + (world.home / "prepared").string() + " " + endpoint_file(world.home / "run").string() + "\n";
  }

  std::string log() const {
    std::ifstream file(world.home / "state" / "portd.log");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  PortcWorld world;
};

// Ends the child that portc says it started.
void end_started(const std::string& text) {
  const pid_t pid = std::stoi(text.substr(text.find("(pid ") + 5));
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
}

TEST_F(Autostart, StartsPortdAndSaysSoOnce) {
  portd_is(publish() + "exec sleep 60\n");
  const auto ran = world.run({"health"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  ASSERT_TRUE(ran.err.starts_with("portc: started portd (pid ")) << ran.err;
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1);
  end_started(ran.err);
}

TEST_F(Autostart, GivesPortdNothingOfTheCaller) {
  world.environment.variables["NOTIFY_SOCKET"] = "/the/caller's";
  const int leaked = ::open("/dev/null", O_RDONLY);
  ASSERT_GE(leaked, 3);
  portd_is("echo \"$@\"; pwd; echo notify:$NOTIFY_SOCKET; read line || echo no input\n(: <&" + std::to_string(leaked) +
           ") 2>/dev/null || echo no descriptor\n" + publish() + "exec sleep 60\n");
  const auto ran = world.run({"health"});
  ::close(leaked);
  EXPECT_EQ(log(), "--state-dir " + (world.home / "state").string() + " --runtime-dir " +
                       (world.home / "run").string() + "\n/\nnotify:\nno input\nno descriptor\n");
  end_started(ran.err);
}

TEST_F(Autostart, JoinsThePortdThatWasQuicker) {
  portd_is(publish() + "exit 75\n");
  const auto ran = world.run({"health"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
}

TEST_F(Autostart, ShowsTheEndOfTheLogWhenPortdEnds) {
  world.write("state/portd.log", "of an earlier start\n");
  portd_is("echo first; echo no memory >&2; exit 74\n");
  const auto ran = world.run({"health"});
  EXPECT_EQ(ran.exit, 69);
  EXPECT_EQ(ran.err, "portc: portd ended with exit code 74; its log " + (world.home / "state/portd.log").string() +
                         " says:\n  first\n  no memory\n");
  EXPECT_EQ(log(), "of an earlier start\nfirst\nno memory\n");
}

TEST_F(Autostart, NamesTheSignalThatEndedPortd) {
  portd_is("kill -9 $$\n");
  EXPECT_TRUE(world.run({"health"}).err.starts_with("portc: portd was ended by signal 9; "));
}

TEST_F(Autostart, AWrongConfigurationExitsWith78) {
  portd_is("exit 78\n");
  EXPECT_EQ(world.run({"health"}).exit, 78);
}

TEST_F(Autostart, FindsPortdOnThePath) {
  portd_is("exit 78\n");
  world.environment.program = "/nowhere/portc";
  world.environment.variables["PATH"] = "/nowhere:" + (world.home / "bin").string();
  EXPECT_EQ(world.run({"health"}).exit, 78);
}

TEST_F(Autostart, WithoutAPortdToStartSaysSo) {
  world.environment.variables["PATH"] = "/nowhere";
  const auto ran = world.run({"health"});
  EXPECT_EQ(ran.exit, 69);
  EXPECT_NE(ran.err.find("install it"), std::string::npos);
}

TEST_F(Autostart, IsOffWithPortdAutostart0) {
  world.environment.variables["PORTD_AUTOSTART"] = "0";
  portd_is("exit 78\n");
  const auto ran = world.run({"health"});
  EXPECT_EQ(ran.exit, 69);
  EXPECT_EQ(ran.err, "portc: portd is not running, and PORTD_AUTOSTART=0; start it with: portc daemon start\n");
}

TEST_F(Autostart, NeverStartsOneWhenAnotherWasNamed) {
  portd_is("exit 78\n");
  EXPECT_EQ(world.run({"health", "--socket", "absent.sock"}).exit, 69);
  world.environment.variables["PORTD_SOCKET"] = "absent.sock";
  EXPECT_EQ(world.run({"health"}).exit, 69);
}

}  // namespace
}  // namespace portd::client
