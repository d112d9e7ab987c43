// POST /ports/{port}/socket: the answer's first byte carries a descriptor.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <array>
#include <thread>
#include <vector>

#include "common/descriptor.hpp"
#include "tests/api/api_world.hpp"

namespace portd::test {
namespace {

using testing::HasSubstr;

// What came with one read.
struct Read {
  std::string bytes;
  std::vector<Descriptor> descriptors;
};

// A launcher: reads with recvmsg, as much as there is.
class Launcher {
 public:
  explicit Launcher(ApiWorld& world) : world_(world), socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    const SocketAddress to = unix_address(world.socket());
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&to.bytes), to.size) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }

  void send(const std::string& bytes) const { ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  Read read(std::size_t most) const {
    Read read{std::string(most, '\0'), {}};
    alignas(cmsghdr) std::array<unsigned char, CMSG_SPACE(8 * sizeof(int))> control{};
    iovec data{read.bytes.data(), most};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t got = -1;
    run_until(world_.loop, [&] { return (got = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT)) >= 0; });
    read.bytes.resize(static_cast<std::size_t>(got));
    const cmsghdr* header = got > 0 ? CMSG_FIRSTHDR(&message) : nullptr;
    const std::size_t count = header == nullptr ? 0 : (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(header) + i * sizeof number, sizeof number);
      read.descriptors.emplace_back(number);
    }
    return read;
  }

  // To the end of the connection.
  Read read_all() const {
    Read all = read(4096);
    while (true) {
      Read more = read(4096);
      if (more.bytes.empty()) return all;
      all.bytes += more.bytes;
      for (Descriptor& descriptor : more.descriptors) all.descriptors.push_back(std::move(descriptor));
    }
  }

 private:
  ApiWorld& world_;
  Descriptor socket_;
};

std::string target(Port port) { return "/ports/" + port.text() + "/socket"; }

Json body_of(const Read& answer) { return Json::parse(answer.bytes.substr(answer.bytes.find("\r\n\r\n") + 4)); }

// The fake hands over what is no socket; here it is only carried.
bool is_the_fakes(const Descriptor& descriptor) {
  struct stat got{};
  struct stat made{};
  return ::fstat(descriptor.get(), &got) == 0 && ::stat("/dev/null", &made) == 0 && got.st_rdev == made.st_rdev;
}

int lowest_free() { return Descriptor(::open("/", O_RDONLY)).get(); }

TEST(SocketRoute, TheFirstByteCarriesTheOneDescriptorAndGoesAlone) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  const Launcher launcher(world);
  launcher.send(world.request("POST", target(lease.port), "{}"));
  Read first = launcher.read(4096);
  EXPECT_EQ(first.bytes, "H");
  ASSERT_EQ(first.descriptors.size(), 1U);
  EXPECT_TRUE(is_the_fakes(first.descriptors[0]));
  Read rest = launcher.read_all();
  EXPECT_TRUE(rest.descriptors.empty());
  EXPECT_TRUE(rest.bytes.starts_with("TTP/1.1 200 OK\r\n")) << rest.bytes;
  EXPECT_THAT(rest.bytes, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(body_of(rest),
            Json({{"port", lease.port.number()}, {"address", "127.0.0.1"}, {"url", lease.url()}, {"lease", lease.id}}));
}

TEST(SocketRoute, NothingIsKeptOfTheDescriptor) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  const int before = lowest_free();
  {
    const Launcher launcher(world);
    launcher.send(world.request("POST", target(lease.port), "{}"));
    launcher.read_all();
  }
  world.run_until([&] { return world.server->connections() == 0; });
  EXPECT_EQ(lowest_free(), before);
}

TEST(SocketRoute, TheAddressIsAsStated) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  const Launcher launcher(world);
  launcher.send(world.request("POST", target(lease.port), R"({"address": "::1"})"));
  EXPECT_EQ(body_of(launcher.read_all()).at("address"), "::1");
  EXPECT_EQ(world.leases.holds.listened.at(0).second, "::1");
}

TEST(SocketRoute, AnswersBeforeItComeFirst) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  const Launcher launcher(world);
  launcher.send(world.request("GET", "/health") + world.request("POST", target(lease.port), "{}"));
  const Read all = launcher.read_all();
  EXPECT_EQ(all.descriptors.size(), 1U);
  EXPECT_THAT(all.bytes, HasSubstr("\r\n\r\n{"));
  EXPECT_NE(all.bytes.find("HTTP/1.1 200 OK"), all.bytes.rfind("HTTP/1.1 200 OK"));
}

TEST(SocketRoute, WaitsForALauncherThatDoesNotRead) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  const Launcher launcher(world);
  std::string many;
  for (int count = 0; count < 200; ++count) many += world.request("GET", "/openapi.json");
  std::string all = many + world.request("POST", target(lease.port), "{}");
  std::thread sender([&] { launcher.send(all); });
  for (int turn = 0; turn < 200; ++turn) world.loop.poll();
  const Read answers = launcher.read_all();
  sender.join();
  EXPECT_EQ(answers.descriptors.size(), 1U);
  EXPECT_THAT(answers.bytes.substr(answers.bytes.size() - 200), HasSubstr(lease.id));
}

TEST(SocketRoute, IsAnsweredOnceTheLeaseIsDurable) {
  ApiWorld world;
  world.leases.journal.immediate = false;
  const Lease lease = world.leases.granted("shop");
  const Launcher launcher(world);
  launcher.send(world.request("POST", target(lease.port), "{}"));
  world.run_until([&] { return world.leases.leases.handed_over(lease.port); });
  world.loop.poll();
  world.leases.journal.fail({Problem::disk_full, "the disk is full"});
  const Read answer = launcher.read(4096);
  EXPECT_TRUE(answer.descriptors.empty());
  EXPECT_THAT(answer.bytes, HasSubstr("507"));
}

TEST(SocketRoute, OverTcpItIsRefusedAndTheDetailNamesTheSocket) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  const Answer answer = world.ask("POST", target(lease.port), "{}");
  EXPECT_EQ(answer.status, 422);
  EXPECT_THAT(answer.detail(), HasSubstr(world.socket().string()));
  EXPECT_TRUE(world.leases.holds.listened.empty());
}

TEST(SocketRoute, ARefusalCarriesNothingAndTheConnectionGoesOn) {
  ApiWorld world;
  const Lease lease = world.leases.granted("shop");
  RawClient client = world.local_client();
  const auto ask = [&](const std::string& where, const std::string& body) {
    client.send(world.request("POST", where, body));
    return client.receive().status;
  };
  EXPECT_EQ(ask(target(Port(20001)), "{}"), 404);
  EXPECT_EQ(ask(target(lease.port) + "?lease=0-1", "{}"), 412);
  EXPECT_EQ(ask(target(lease.port), R"({"address": "10.0.0.1"})"), 422);
  EXPECT_EQ(ask(target(lease.port), R"({"adress": "::1"})"), 422);
  EXPECT_EQ(ask(target(lease.port), "[]"), 422);
  EXPECT_EQ(ask("/ports/70000/socket", "{}"), 422);
  world.leases.holds.foreign.insert(lease.port);
  EXPECT_EQ(ask(target(lease.port), "{}"), 409);
}

}  // namespace
}  // namespace portd::test
