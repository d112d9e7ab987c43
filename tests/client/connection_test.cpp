#include "client/connection.hpp"

#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::FakeAnswer;
using test::PortcWorld;

constexpr Millis plenty{5'000};

TEST(Connection, SendsSeveralRequestsOverOneConnection) {
  PortcWorld world;
  world.answers = {{"GET /a", {200, "one"}}, {"POST /b", {201, "two"}}, {"DELETE /c", {204}}};
  world.serve();
  auto connection = Connection::open(UnixAddress{world.socket()});
  ASSERT_TRUE(connection);

  EXPECT_EQ(connection->request("GET", "/a", "", plenty)->body, "one");
  EXPECT_EQ(connection->request("POST", "/b", "{}", plenty)->status, 201);
  EXPECT_EQ(connection->request("DELETE", "/c", "", plenty)->status, 204);
  EXPECT_EQ(world.portd->connections(), 1);
}

TEST(Connection, SaysThatABodyIsJson) {
  PortcWorld world;
  world.answers = {{"POST /ports", {200}}};
  world.serve();
  ASSERT_TRUE(Connection::open(UnixAddress{world.socket()})->request("POST", "/ports", "{}", plenty));

  const std::string head = world.portd->requests().at(0).head;
  EXPECT_NE(head.find("\r\nHost: localhost\r\n"), std::string::npos) << head;
  EXPECT_NE(head.find("\r\nContent-Type: application/json\r\n"), std::string::npos) << head;
}

TEST(Connection, ConnectsAgainWhenPortdClosedAfterAnAnswer) {
  PortcWorld world;
  world.answers = {{"GET /a", {200, "one", true}}};
  world.serve();
  auto connection = Connection::open(UnixAddress{world.socket()});
  ASSERT_TRUE(connection);

  EXPECT_EQ(connection->request("GET", "/a", "", plenty)->body, "one");
  EXPECT_EQ(connection->request("GET", "/a", "", plenty)->body, "one");
  EXPECT_EQ(world.portd->connections(), 2);
}

TEST(Connection, ReadsALargeAnswer) {
  PortcWorld world;
  const std::string large(3'000'000, 'x');
  world.answers = {{"GET /a", {200, large}}};
  world.serve();
  EXPECT_EQ(Connection::open(UnixAddress{world.socket()})->request("GET", "/a", "", plenty)->body, large);
}

TEST(Connection, SaysThatTheOutcomeIsUnknownWhenNoAnswerComes) {
  PortcWorld world;
  FakeAnswer silence;
  silence.mute = true;
  world.answers = {{"POST /ports", silence}};
  world.serve();
  const auto answer = Connection::open(UnixAddress{world.socket()})->request("POST", "/ports", "{}", plenty);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().exit, Exit::no_daemon);
  EXPECT_NE(answer.error().detail.find("asking again for the same key is safe"), std::string::npos);
}

TEST(Connection, GivesUpWhenTheTimeIsUp) {
  PortcWorld world;
  world.serve();
  auto busy = Connection::open(UnixAddress{world.socket()});  // the fake serves one connection after the other
  auto second = Connection::open(UnixAddress{world.socket()});
  ASSERT_TRUE(busy && second);
  const auto answer = second->request("GET", "/a", "", Millis(20));
  ASSERT_FALSE(answer);
  EXPECT_NE(answer.error().detail.find("did not answer in time"), std::string::npos);
}

TEST(Connection, ReadsAStreamUntilPortdEndsIt) {
  PortcWorld world;
  FakeAnswer stream{200, std::string(100'000, 'x')};
  stream.endless = true;
  world.answers = {{"GET /events", stream}};
  world.serve();
  auto connection = Connection::open(UnixAddress{world.socket()});
  ASSERT_TRUE(connection);

  ASSERT_EQ(connection->open_stream("/events", "Last-Event-ID: 00000001-7\r\n", plenty)->status, 200);
  std::string read;
  auto more = connection->read_stream(plenty);
  for (; more; more = connection->read_stream(plenty)) read += *more;
  EXPECT_EQ(read, stream.body);
  EXPECT_EQ(more.error().exit, Exit::no_daemon);
  EXPECT_NE(world.portd->requests().at(0).head.find("\r\nLast-Event-ID: 00000001-7\r\n"), std::string::npos);
}

TEST(Connection, ReadsAnAnswerThatIsNoStreamWhole) {
  PortcWorld world;
  world.answers = {{"GET /events", {422, std::string(100'000, 'x')}}};
  world.serve();
  const auto answer = Connection::open(UnixAddress{world.socket()})->open_stream("/events", "", plenty);
  EXPECT_EQ(answer->status, 422);
  EXPECT_EQ(answer->body, std::string(100'000, 'x'));
}

TEST(Connection, GivesUpOnAStreamThatFallsSilent) {
  PortcWorld world;
  world.serve();
  auto busy = Connection::open(UnixAddress{world.socket()});  // the fake serves one connection after the other
  auto second = Connection::open(UnixAddress{world.socket()});
  ASSERT_TRUE(busy && second);
  EXPECT_FALSE(second->read_stream(Millis(20)));
}

TEST(Connection, NobodyThereIsNoDaemon) {
  const PortcWorld world;
  const auto connection = Connection::open(UnixAddress{world.socket()});
  ASSERT_FALSE(connection);
  EXPECT_EQ(connection.error().exit, Exit::no_daemon);
}

TEST(Connection, RefusesASocketPathThatIsTooLong) {
  EXPECT_FALSE(Connection::open(UnixAddress{"/" + std::string(200, 'x')}));
}

TEST(Connection, KnowsTheProcessBehindAUnixSocket) {
  PortcWorld world;
  world.serve();
  EXPECT_EQ(Connection::open(UnixAddress{world.socket()})->peer(), ::getpid());
}

}  // namespace
}  // namespace portd::client
