// Where portd itself listens.
#include "daemon/sockets/sockets.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <fstream>

#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

using boost::asio::ip::tcp;
using testing::HasSubstr;

struct Loop {
  boost::asio::io_context context;
  Executor executor = context.get_executor();
};

TEST(Sockets, ANumberOfOurOwnIsFreeInBothFamilies) {
  Loop loop;
  const auto bound = bind_loopback(loop.executor, 0);
  ASSERT_TRUE(bound);
  EXPECT_EQ(bound->acceptors.size(), 2U);
  for (const auto& acceptor : bound->acceptors) {
    const auto endpoint = acceptor.local_endpoint();
    std::uint16_t port = 0;  // lies at the same place in both families
    std::memcpy(&port, reinterpret_cast<const char*>(endpoint.data()) + offsetof(sockaddr_in, sin_port), sizeof port);
    EXPECT_EQ(ntohs(port), bound->port.number());
  }
}

TEST(Sockets, AFixedPortCanBeBoundAgainAfterItsConnections) {
  Loop loop;
  const auto port = bind_loopback(loop.executor, 0)->port;
  const auto again = bind_loopback(loop.executor, port.number());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->port, port);
}

TEST(Sockets, APortThatSomebodyListensOnIsInUse) {
  Loop loop;
  tcp::acceptor other(loop.context, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const auto bound = bind_loopback(loop.executor, other.local_endpoint().port());
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().problem, Problem::port_in_use);
}

TEST(Sockets, AListenerInTheOtherFamilyIsInUseToo) {
  Loop loop;
  tcp::acceptor other(loop.context, tcp::endpoint(boost::asio::ip::address_v6::loopback(), 0));
  EXPECT_FALSE(bind_loopback(loop.executor, other.local_endpoint().port()));
}

TEST(Sockets, AListenerOnTheWildcardIsInUseToo) {
  Loop loop;
  tcp::acceptor other(loop.context, tcp::endpoint(tcp::v6(), 0));
  EXPECT_FALSE(bind_loopback(loop.executor, other.local_endpoint().port()));
}

TEST(Sockets, TheUnixSocketIsForItsOwnerAlone) {
  ApiWorld world;
  struct stat status{};
  ASSERT_EQ(::stat(world.socket().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
}

TEST(Sockets, ASocketFileThatNobodyAnswersOnIsReplaced) {
  ApiWorld world;
  const auto path = world.folder / "stale.sock";
  {
    boost::asio::local::stream_protocol::acceptor dead(world.loop, path.string());
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_TRUE(bind_path(world.loop.get_executor(), path));
}

TEST(Sockets, ASocketThatSomebodyAnswersOnIsLeftAlone) {
  ApiWorld world;
  const auto bound = bind_path(world.loop.get_executor(), world.socket());
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().detail, HasSubstr("another program answers"));
  RawClient client = world.local_client();
  client.send(world.request("GET", "/health"));
  EXPECT_EQ(client.receive().status, 200);
}

TEST(Sockets, AFileThatIsNoSocketIsLeftAlone) {
  ApiWorld world;
  const auto path = world.folder / "file";
  std::ofstream(path) << "precious";
  EXPECT_FALSE(bind_path(world.loop.get_executor(), path));
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST(Sockets, APathThatIsTooLongIsRefusedWithTheReason) {
  Loop loop;
  const auto bound = bind_path(loop.executor, "/tmp/" + std::string(120, 'a'));
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().detail, HasSubstr("longer"));
}

TEST(Sockets, ASocketOfTheSupervisorIsServed) {
  ApiWorld world;
  tcp::acceptor passed(world.loop, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0));
  const auto port = passed.local_endpoint().port();
  auto server = api::create_server(world.loop, world.context(), {1000, "", {}}, {});
  const auto adopted = server->adopt_listener(passed.release());
  ASSERT_TRUE(adopted);
  EXPECT_EQ(*adopted, Port(port));
  server->start();
  RawClient client(world.loop, tcp_address(port));
  client.send("GET /health HTTP/1.1\r\nHost: localhost:" + std::to_string(port) + "\r\n\r\n");
  EXPECT_EQ(client.receive().status, 200);
}

TEST(Sockets, ASocketThatOthersCanReachIsRefused) {
  Loop loop;
  tcp::acceptor open(loop.context, tcp::endpoint(tcp::v4(), 0));
  const auto adopted = adopt(loop.executor, open.native_handle());
  ASSERT_FALSE(adopted);
  EXPECT_EQ(adopted.error().problem, Problem::forbidden);
}

}  // namespace
}  // namespace portd::test
