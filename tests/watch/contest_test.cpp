#include "daemon/watch/contest.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace portd::watch {
namespace {

Lease contested_lease() {
  Lease lease;
  lease.key = *Key::parse("shop/db");
  lease.port = Port(20100);
  lease.id = "a-1";
  return lease;
}

bool has_fact(const std::vector<Fact>& facts, const std::string& name) {
  return std::ranges::any_of(facts, [&name](const Fact& fact) { return fact.name == name; });
}

TEST(Contest, AnotherUsersProcessIsTheUsers) {
  Listener intruder;
  intruder.user = "postgres";
  EXPECT_EQ(contest_detail(contested_lease(), intruder),
            "port 20100 is leased to shop/db, but a process of user postgres listens on it; end that, or release the "
            "port");
  EXPECT_FALSE(has_fact(contest_facts(contested_lease(), intruder), "pid"));
}

TEST(Contest, AFolderForgesNoLines) {
  Listener intruder;
  intruder.user = "ada";
  intruder.process = Holder{{"boot", 17, 1}, "node", "/srv/a\nall is well", {}};
  EXPECT_NE(contest_detail(contested_lease(), intruder).find(R"(in /srv/a\x0aall is well, user ada)"),
            std::string::npos);
}

TEST(Contest, AContainerIsNamedInPlaceOfItsProxy) {
  Listener intruder;
  intruder.user = "root";
  intruder.container.emplace();
  intruder.container->name = "shop-db-1";
  intruder.container->image = "postgres:16";
  EXPECT_NE(contest_detail(contested_lease(), intruder).find("but container shop-db-1 (postgres:16) listens on it"),
            std::string::npos);
  EXPECT_TRUE(has_fact(contest_facts(contested_lease(), intruder), "container"));
}

}  // namespace
}  // namespace portd::watch
