#include "daemon/core/identity.hpp"

#include <gmock/gmock.h>

#include "tests/support/lease_world.hpp"

namespace portd::core {
namespace {

using testing::HasSubstr;
using testing::Optional;

struct Served : test::LeaseWorld {
  test::FakeMachine machine{listeners};
  Identity identity{leases, listeners, machine, processes, 1000};
  Holder service = processes.start(42);
  Holder stranger = processes.start(99);
  Lease lease;

  Served() {
    GrantRequest request = ask("shop");
    request.pid = 42;
    lease = granted(request);
  }
  // Who listens on the one socket that there is.
  void listen(const Holder& who) {
    Listener listener;
    listener.port = lease.port;
    listener.inode = 7;
    listener.uid = 1000;
    listener.process = who;
    listeners.listening = {listener};
  }
  std::optional<std::string> impostor() { return identity.impostor(lease.port, "127.0.0.1"); }
};

TEST(Identity, TheServiceIsNoImpostorAndIsLookedAtOnce) {
  Served served;
  served.listen(served.service);
  EXPECT_EQ(served.impostor(), std::nullopt);
  EXPECT_EQ(served.impostor(), std::nullopt);
  EXPECT_EQ(served.listeners.identified, 1);
}

// gunicorn's old master and its new one (SIGUSR2) have the same socket, until the old one is gone.
TEST(Identity, AStrangerWhoHadTheSocketTogetherWithTheServiceIsForgottenWithHisEnd) {
  Served served;
  served.listen(served.stranger);
  EXPECT_THAT(served.impostor(), Optional(HasSubstr("pid 99")));
  served.listen(served.service);
  EXPECT_EQ(served.impostor(), std::nullopt);
}

TEST(Identity, TheContainerOfTheServiceIsNoImpostor) {
  Served served;
  Listener proxy;
  proxy.port = served.lease.port;
  proxy.inode = 8;
  proxy.uid = 0;
  proxy.user = "root";
  proxy.container = Container{"0123456789ab", "shop-1", "shop:dev", "shop"};
  served.listeners.listening = {proxy};
  EXPECT_FALSE(served.identity.impostor(served.lease.port, "127.0.0.1"));
  served.listeners.listening[0].container.reset();
  served.machine.awaits = true;
  EXPECT_FALSE(served.identity.impostor(served.lease.port, "127.0.0.1"));  // the engine has not answered yet
  served.machine.awaits = false;
  EXPECT_THAT(served.identity.impostor(served.lease.port, "127.0.0.1"), Optional(HasSubstr("user root")));
  served.listeners.listening[0].container = Container{"0123456789ab", "shop-1", "shop:dev", "other"};
  EXPECT_THAT(served.identity.impostor(served.lease.port, "127.0.0.1"),
              Optional(HasSubstr("container shop-1 (shop:dev)")));
}

}  // namespace
}  // namespace portd::core
