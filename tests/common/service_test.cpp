#include "common/service.hpp"

#include <gtest/gtest.h>

namespace portd {
namespace {

TEST(InstanceKey, TextLeavesTheDefaultsOut) {
  EXPECT_EQ((InstanceKey{"default", "shop", "main"}.text()), "shop");
  EXPECT_EQ((InstanceKey{"acme", "shop", "main"}.text()), "acme/shop");
  EXPECT_EQ((InstanceKey{"acme", "shop", "feature-x"}.text()), "acme/shop@feature-x");
}

TEST(InstanceKey, IsAKeyWithoutItsRole) {
  const InstanceKey shop{"acme", "shop", "blue"};
  EXPECT_EQ(instance_of(*Key::parse("acme/shop@blue:debug")), shop);
  EXPECT_EQ(instance_of(*Key::parse("acme/shop@blue")), shop);
}

TEST(InstanceKey, IsOrderedByProjectServiceInstance) {
  EXPECT_LT((InstanceKey{"a", "z", "z"}), (InstanceKey{"b", "a", "a"}));
  EXPECT_LT((InstanceKey{"a", "a", "z"}), (InstanceKey{"a", "b", "a"}));
  EXPECT_LT((InstanceKey{"a", "a", "a"}), (InstanceKey{"a", "a", "b"}));
}

TEST(Registration, StandsOnTheLeaseOfItsRole) {
  Registration registration;
  registration.key = {"acme", "shop", "blue"};
  EXPECT_EQ(registration.lease_key().text(), "acme/shop@blue");
  registration.role = "debug";
  EXPECT_EQ(registration.lease_key().text(), "acme/shop@blue:debug");
}

std::string url_on(const std::string& host) {
  Instance instance;
  instance.host = host;
  instance.port = Port(20100);
  return instance.url();
}

TEST(Instance, UrlPutsAnIpv6AddressInBrackets) {
  EXPECT_EQ(url_on("localhost"), "http://localhost:20100");
  EXPECT_EQ(url_on("127.0.0.1"), "http://127.0.0.1:20100");
  EXPECT_EQ(url_on("::1"), "http://[::1]:20100");
}

TEST(Status, TheWorstOfSeveralIsTheGreatest) {
  EXPECT_LT(Status::passing, Status::warning);
  EXPECT_LT(Status::warning, Status::starting);
  EXPECT_LT(Status::starting, Status::critical);
  EXPECT_LT(Status::critical, Status::maintenance);
}

}  // namespace
}  // namespace portd
