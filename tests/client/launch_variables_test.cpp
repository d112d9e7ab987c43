#include "client/launch_variables.hpp"

#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

Variables launched(SocketWay way, Variables variables = {}, bool gunicorn = false) {
  const Lease lease = test::lease_of("acme/shop@feature-x", 20100);
  return variables_for({lease, "/home/shop", "acme/shop", 4711, way, gunicorn}, std::move(variables));
}

TEST(LaunchVariables, TellThePortInEveryWayThatServersKnow) {
  EXPECT_EQ(launched(SocketWay::none), (Variables{{"PORT", "20100"},
                                                  {"HOST", "127.0.0.1"},
                                                  {"FLASK_RUN_PORT", "20100"},
                                                  {"FLASK_RUN_HOST", "127.0.0.1"},
                                                  {"UVICORN_PORT", "20100"},
                                                  {"PORTD_SELF_URL", "http://localhost:20100"},
                                                  {"PORTD_LEASE", "acme/shop@feature-x,20100,4711"},
                                                  {"PORTD_LEASE_CWD", "/home/shop"},
                                                  {"PORTD_LEASE_FOR", "acme/shop"}}));
}

TEST(LaunchVariables, EachServerGetsTheSocketInItsOwnWay) {
  const Variables werkzeug = launched(SocketWay::werkzeug);
  EXPECT_EQ(werkzeug.at("WERKZEUG_SERVER_FD"), "3");
  EXPECT_EQ(werkzeug.at("WERKZEUG_RUN_MAIN"), "true");
  EXPECT_EQ(launched(SocketWay::gunicorn).at("GUNICORN_CMD_ARGS"), "--bind fd://3");
  EXPECT_EQ(launched(SocketWay::uvicorn).at("UVICORN_FD"), "3");
  EXPECT_EQ(launched(SocketWay::listen_fds).at("LISTEN_FDS"), "1");
  // gunicorn reads it, too, and would take the socket twice.
  EXPECT_FALSE(launched(SocketWay::gunicorn).contains("LISTEN_FDS"));
}

TEST(LaunchVariables, GunicornKeepsItsOtherArguments) {
  const Variables before{{"GUNICORN_CMD_ARGS", "--workers 3"}};
  EXPECT_EQ(launched(SocketWay::gunicorn, before, true).at("GUNICORN_CMD_ARGS"), "--workers 3 --bind fd://3");
  EXPECT_EQ(launched(SocketWay::none, before, true).at("GUNICORN_CMD_ARGS"), "--workers 3 --bind 127.0.0.1:20100");
}

TEST(LaunchVariables, WhatBelongsToAnotherProcessIsTakenOut) {
  Variables before;
  for (const char* name :
       {"LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID",
        "WERKZEUG_SERVER_FD", "WERKZEUG_RUN_MAIN", "FLASK_RUN_FROM_CLI", "UVICORN_FD", "GUNICORN_FD", "GUNICORN_PID"}) {
    before[name] = "4";
  }
  before["GUNICORN_CMD_ARGS"] = " --bind fd://3";
  before["PORTD_LEASE"] = "other,20999,1";
  before["PATH"] = "/bin";
  Variables expected = launched(SocketWay::none);
  expected["PATH"] = "/bin";
  EXPECT_EQ(launched(SocketWay::none, before), expected);
}

}  // namespace
}  // namespace portd::client
