#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "tests/platform/children.hpp"
#include "tests/platform/platform_world.hpp"
#include "tests/platform/sockets.hpp"

namespace portd {
namespace {

using test::ReuseAddress;
using test::serve;
using test::V6;

class ListenersTest : public test::PlatformWorld {
 protected:
  std::vector<Listener> on(std::uint16_t port) {
    auto all = platform_.listeners->snapshot();
    std::erase_if(all, [port](const Listener& listener) { return listener.port.number() != port; });
    return all;
  }
  std::optional<Holder> process_on(std::uint16_t port) {
    auto found = on(port);
    platform_.listeners->identify(found);
    return found.empty() ? std::nullopt : found.front().process;
  }
};

TEST_F(ListenersTest, WhereSocketsCannotBeSeenNothingIsInvented) {
  if (sees_sockets()) GTEST_SKIP() << "sockets can be seen";
  const auto server = serve(0, {"127.0.0.1"});
  auto listeners = platform_.listeners->snapshot();
  platform_.listeners->identify(listeners);
  EXPECT_TRUE(listeners.empty());
}

TEST_F(ListenersTest, AListenerIsSeenWithItsAddressAndUser) {
  SKIP_UNLESS(sees_sockets());
  struct Case {
    test::Wish wish;
    Protocol protocol;
  };
  const std::vector<Case> cases = {{{"127.0.0.1"}, Protocol::tcp},
                                   {{"0.0.0.0"}, Protocol::tcp},
                                   {{"::1"}, Protocol::tcp},
                                   {{"::", ReuseAddress::no, V6::dual}, Protocol::tcp},
                                   {{"::", ReuseAddress::no, V6::only}, Protocol::tcp},
                                   {{"127.0.0.1", ReuseAddress::no, V6::only, SOCK_DGRAM}, Protocol::udp},
                                   {{"::", ReuseAddress::no, V6::only, SOCK_DGRAM}, Protocol::udp}};
  for (const auto& [wish, protocol] : cases) {
    const auto server = protocol == Protocol::tcp ? serve(0, wish) : test::bind_program(0, wish);
    ASSERT_EQ(server.error, 0);
    auto found = on(test::local_port(server.socket));
    std::erase_if(found, [protocol](const Listener& listener) { return listener.protocol != protocol; });
    ASSERT_EQ(found.size(), 1U) << wish.address;
    EXPECT_EQ(found[0].address, wish.address);
    EXPECT_EQ(found[0].v6_only, wish.address.find(':') != std::string::npos && wish.v6 == V6::only) << wish.address;
    EXPECT_EQ(found[0].uid, ::getuid());
    EXPECT_FALSE(found[0].user.empty());
    EXPECT_NE(found[0].inode, 0U);
    EXPECT_FALSE(found[0].process);
  }
}

TEST_F(ListenersTest, HoldsAndConnectionsAreNoListeners) {
  SKIP_UNLESS(sees_sockets());
  const Port port = test::free_port();
  ASSERT_EQ(platform_.holds->take(port, Protocol::tcp, HoldMode::open, core::Holds::Claim::new_port),
            core::Holds::Outcome::held);
  EXPECT_TRUE(on(port.number()).empty());

  auto server = serve(0, {"127.0.0.1"});
  const auto client = test::connect_to("127.0.0.1", test::local_port(server.socket));
  const auto accepted = test::accept_from(server);
  server.socket.reset();
  EXPECT_TRUE(on(test::local_port(accepted)).empty());
}

TEST_F(ListenersTest, AListenerOfOursIsIdentified) {
  SKIP_UNLESS(sees_sockets());
  const auto server = serve(0, {"127.0.0.1"});
  const auto process = process_on(test::local_port(server.socket));
  ASSERT_TRUE(process);
  EXPECT_EQ(process, platform_.processes->inspect(::getpid(), ::getuid()).value());
}

TEST_F(ListenersTest, AListenerOfAnotherProcessIsIdentified) {
  SKIP_UNLESS(sees_sockets());
  auto server = serve(0, {"::1"});
  const std::uint16_t port = test::local_port(server.socket);
  const test::Child child;  // has the socket from us
  server.socket.reset();
  const auto process = process_on(port);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->id.pid, child.pid());
}

TEST_F(ListenersTest, ASocketThatPassedToAnotherProcessIsFoundThere) {
  SKIP_UNLESS(sees_sockets());
  auto server = serve(0, {"127.0.0.1"});
  const std::uint16_t port = test::local_port(server.socket);
  test::Child first;
  const test::Child second;
  server.socket.reset();
  ASSERT_EQ(process_on(port)->id.pid, std::min(first.pid(), second.pid()));
  const pid_t ended = first.pid();
  first.end();
  EXPECT_NE(process_on(port)->id.pid, ended);
}

TEST_F(ListenersTest, TheSocketOfAnotherUserKeepsItsNameOnly) {
  SKIP_UNLESS(sees_sockets());
  if (::getuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  const auto server = serve(0, {"127.0.0.1"});
  const std::string said = test::in_child([&] {
    if (::setuid(65534) != 0) return std::string("no setuid");
    auto found = on(test::local_port(server.socket));
    platform_.listeners->identify(found);
    return found.at(0).user + (found.at(0).process ? " identified" : " hidden");
  });
  EXPECT_EQ(said, "root hidden");
}

}  // namespace
}  // namespace portd
