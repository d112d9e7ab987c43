#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::PortcWorld;

// A process of its own that listens on the world's socket until it is ended.
pid_t start_listening_child(const PortcWorld& world) {
  int ready[2] = {};
  if (::pipe(ready) != 0) return -1;
  const std::string path = world.socket().string();
  const pid_t child = ::fork();
  if (child == 0) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const bool listens = ::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
                         ::listen(listener, 8) == 0 && ::write(ready[1], "x", 1) == 1;
    while (listens) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  const ssize_t got = ::read(ready[0], &byte, 1);
  ::close(ready[0]);
  ::close(ready[1]);
  return got == 1 ? child : -1;
}

TEST(DaemonVerb, StatusShowsWhereAndHow) {
  PortcWorld world;
  world.answers = {{"GET /health", {200, R"({"status": "ok", "version": "0.1.0", "uptime": "5m", "leases": 2})"}}};
  world.start_portd();
  const Json shown = *parse_json(world.run({"daemon", "status", "--json"}).out);
  EXPECT_EQ(shown.at("pid"), ::getpid());
  EXPECT_EQ(shown.at("at"), world.socket().string());
  EXPECT_EQ(shown.at("uptime"), "5m");
  EXPECT_NE(world.run({"daemon", "status"}).out.find("version  0.1.0"), std::string::npos);
}

TEST(DaemonVerb, StatusExitsWith69AndStartsNothing) {
  PortcWorld world;
  world.environment.variables.erase("PORTD_AUTOSTART");
  const auto ran = world.run({"daemon", "status"});
  EXPECT_EQ(ran.exit, 69);
  EXPECT_EQ(ran.err, "portc: portd is not running; start it with: portc daemon start\n");
}

TEST(DaemonVerb, StartOfARunningPortdShowsItsEndpoint) {
  PortcWorld world;
  world.start_portd();
  const auto ran = world.run({"daemon", "start", "--json"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err, "portc: portd is already running\n");
  EXPECT_EQ(parse_json(ran.out)->at("socket"), world.socket().string());
}

TEST(DaemonVerb, StopEndsThePortdBehindTheSocket) {
  PortcWorld world;
  const pid_t child = start_listening_child(world);
  ASSERT_GT(child, 0);
  ASSERT_TRUE(write_endpoint(world.environment.paths(), {"http://127.0.0.1:1", world.socket().string(), child}));
  const auto ran = world.run({"daemon", "stop"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, "stopped portd (pid " + std::to_string(child) + ")\n");
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, WNOHANG), child);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

TEST(DaemonVerb, StopSignalsNobodyWhenThePidIsNotTheListeners) {
  PortcWorld world;
  const pid_t child = start_listening_child(world);
  ASSERT_GT(child, 0);
  ASSERT_TRUE(write_endpoint(world.environment.paths(), {"http://127.0.0.1:1", world.socket().string(), ::getppid()}));
  const auto ran = world.run({"daemon", "stop"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "it still lives";
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST(DaemonVerb, StopOfNothingSucceeds) {
  const PortcWorld world;
  const auto ran = world.run({"daemon", "stop"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err, "portc: portd is not running\n");
}

TEST(DaemonVerb, StartAndStopRefuseANamedPortd) {
  PortcWorld world;
  world.environment.variables["PORTD_URL"] = "http://localhost:1";
  EXPECT_EQ(world.run({"daemon", "start"}).exit, 2);
  EXPECT_EQ(world.run({"daemon", "stop"}).exit, 2);
}

TEST(DaemonVerb, RefusesAnActionItDoesNotKnow) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"daemon", "restart"}).exit, 2);
}

}  // namespace
}  // namespace portd::client
