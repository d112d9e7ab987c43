#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "tests/platform/children.hpp"
#include "tests/platform/platform_world.hpp"
#include "tests/platform/sockets.hpp"

namespace portd {
namespace {

using test::Descriptor;
using test::serve;

// What the session knows of an accepted socket.
core::TcpPair pair_of(const Descriptor& accepted) {
  core::TcpPair pair;
  sockaddr_storage client{};
  sockaddr_storage server{};
  socklen_t size = sizeof client;
  ::getpeername(accepted.get(), reinterpret_cast<sockaddr*>(&client), &size);
  size = sizeof server;
  ::getsockname(accepted.get(), reinterpret_cast<sockaddr*>(&server), &size);
  const auto fill = [](const sockaddr_storage& from, std::array<std::uint8_t, 16>& address, std::uint16_t& port) {
    if (from.ss_family == AF_INET6) {
      const auto& v6 = reinterpret_cast<const sockaddr_in6&>(from);
      std::memcpy(address.data(), &v6.sin6_addr, 16);
      port = ntohs(v6.sin6_port);
    } else {
      const auto& v4 = reinterpret_cast<const sockaddr_in&>(from);
      std::memcpy(address.data(), &v4.sin_addr, 4);
      port = ntohs(v4.sin_port);
    }
  };
  fill(client, pair.client_address, pair.client_port);
  fill(server, pair.server_address, pair.server_port);
  pair.v6 = client.ss_family == AF_INET6;
  return pair;
}

class PeersTest : public test::PlatformWorld {
 protected:
  std::optional<uid_t> uid_of(const Descriptor& accepted) { return platform_.peers->uid_of(pair_of(accepted)); }
};

TEST_F(PeersTest, WhereTcpClientsCannotBeSeenATokenIsNeeded) {
  if (sees_sockets()) GTEST_SKIP() << "TCP clients can be seen";
  const auto server = serve(0, {"127.0.0.1"});
  const auto client = test::connect_to("127.0.0.1", test::local_port(server.socket));
  EXPECT_EQ(uid_of(test::accept_from(server)), std::nullopt);
}

TEST_F(PeersTest, AConnectedClientIsTold) {
  SKIP_UNLESS(sees_sockets());
  for (const char* host : {"127.0.0.1", "::1"}) {
    const auto server = serve(0, {host});
    const auto client = test::connect_to(host, test::local_port(server.socket));
    EXPECT_EQ(uid_of(test::accept_from(server)), ::getuid()) << host;
  }
}

TEST_F(PeersTest, AnIpv6SocketConnectedToAMappedIpv4AddressIsTold) {
  SKIP_UNLESS(sees_sockets());
  const auto server = serve(0, {"127.0.0.1"});
  const auto client = test::connect_to("::ffff:127.0.0.1", test::local_port(server.socket));
  ASSERT_TRUE(client);
  EXPECT_EQ(uid_of(test::accept_from(server)), ::getuid());
}

TEST_F(PeersTest, AnIpv4ClientOfADualStackServerIsTold) {
  SKIP_UNLESS(sees_sockets());
  const auto server = serve(0, {"::", test::ReuseAddress::no, test::V6::dual});
  const auto client = test::connect_to("127.0.0.1", test::local_port(server.socket));
  EXPECT_EQ(uid_of(test::accept_from(server)), ::getuid());
}

TEST_F(PeersTest, AClientThatSentAndClosedBeforeTheAcceptIsNobody) {
  const auto server = serve(0, {"127.0.0.1"});
  auto client = test::connect_to("127.0.0.1", test::local_port(server.socket));
  ASSERT_EQ(::send(client.get(), "GET", 3, 0), 3);
  client.reset();
  EXPECT_EQ(uid_of(test::accept_from(server)), std::nullopt);
}

TEST_F(PeersTest, AHalfClosedClientIsNobody) {
  const auto server = serve(0, {"127.0.0.1"});
  const auto client = test::connect_to("127.0.0.1", test::local_port(server.socket));
  ::shutdown(client.get(), SHUT_WR);
  EXPECT_EQ(uid_of(test::accept_from(server)), std::nullopt);
}

TEST_F(PeersTest, AListenerOnTheClientsPortIsNotTheClient) {
  const auto server = serve(0, {"127.0.0.1"});
  core::TcpPair pair;
  pair.client_address = pair.server_address = {127, 0, 0, 1};
  pair.client_port = test::local_port(server.socket);
  pair.server_port = 1;
  EXPECT_EQ(platform_.peers->uid_of(pair), std::nullopt);
}

TEST_F(PeersTest, TheAnswerFollowsTheConnection) {
  SKIP_UNLESS(sees_sockets());
  const auto server = serve(0, {"127.0.0.1"});
  auto client = test::connect_to("127.0.0.1", test::local_port(server.socket));
  const auto accepted = test::accept_from(server);
  ASSERT_EQ(uid_of(accepted), ::getuid());
  client.reset();
  EXPECT_EQ(uid_of(accepted), std::nullopt);
}

TEST_F(PeersTest, AClientOfAnotherUserIsTold) {
  SKIP_UNLESS(sees_sockets());
  if (::getuid() != 0) GTEST_SKIP() << "only root can be somebody else";
  const auto server = serve(0, {"127.0.0.1"});
  const test::Child stranger([&] {
    if (::setuid(65534) == 0) test::connect_to("127.0.0.1", test::local_port(server.socket)).release();
  });
  EXPECT_EQ(uid_of(test::accept_from(server)), 65534U);
}

TEST_F(PeersTest, TheProcessBehindAUnixSocketIsTold) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  const Descriptor ours(ends[0]);
  const Descriptor theirs(ends[1]);
  const auto caller = platform_.peers->of_unix_socket(ours.get());
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->uid, ::geteuid());
  EXPECT_EQ(caller->pid, ::getpid());
}

TEST_F(PeersTest, WhatIsNoUnixSocketHasNoProcessBehindIt) {
  const auto server = serve(0, {"127.0.0.1"});
  EXPECT_FALSE(platform_.peers->of_unix_socket(server.socket.get()));
  EXPECT_FALSE(platform_.peers->of_unix_socket(-1));
}

}  // namespace
}  // namespace portd
