#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::lease_of;
using test::list_of;
using test::PortcWorld;

std::string report(const Lease& lease) { return dump_json(to_json(PortReport{lease.port, Verdict::reserved, lease})); }

TEST(ReleaseVerb, ReleasesAPortByExactlyTheLeaseItHas) {
  PortcWorld world;
  const Lease lease = lease_of("acme/shop", 20123);
  world.answers = {{"GET /ports/20123", {200, report(lease)}}, {"DELETE /ports/20123?lease=" + lease.id, {204}}};
  world.start_portd();
  const auto ran = world.run({"release", "20123"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, "released 20123 of acme/shop\n");
}

TEST(ReleaseVerb, ReleasesTheLeaseOfAKey) {
  PortcWorld world;
  const Lease lease = lease_of("shop:debug", 20002);
  world.answers = {
      {"GET /ports?project=default&service=shop&instance=main", {200, list_of({lease_of("shop", 20001), lease})}},
      {"DELETE /ports/20002?lease=" + lease.id, {204}}};
  world.start_portd();
  EXPECT_EQ(world.run({"release", "shop:debug"}).out, "released 20002 of shop:debug\n");
}

TEST(ReleaseVerb, JsonIsTheLeaseThatWasReleased) {
  PortcWorld world;
  const Lease lease = lease_of("shop", 20123);
  world.answers = {{"GET /ports/20123", {200, report(lease)}}, {"DELETE /ports/20123?lease=" + lease.id, {204}}};
  world.start_portd();
  EXPECT_EQ(*parse_json(world.run({"release", "20123", "--json"}).out), to_json(lease));
}

TEST(ReleaseVerb, APortWithoutALeaseIsNotFound) {
  PortcWorld world;
  world.answers = {{"GET /ports/20123", {200, dump_json(to_json(PortReport{Port(20123)}))}}};
  world.start_portd();
  const auto ran = world.run({"release", "20123"});
  EXPECT_EQ(ran.exit, 3);
  EXPECT_EQ(ran.err, "portc: port 20123 is not leased; see what is on it with: portc who 20123\n");
}

TEST(ReleaseVerb, AKeyWithoutALeaseIsNotFound) {
  PortcWorld world;
  world.answers = {{"GET /ports?project=default&service=shop&instance=main", {200, list_of({})}}};
  world.start_portd();
  EXPECT_EQ(world.run({"release", "shop"}).exit, 3);
}

TEST(ReleaseVerb, ALeaseThatChangedMeanwhileIsAConflict) {
  PortcWorld world;
  const Lease lease = lease_of("shop", 20123);
  world.answers = {
      {"GET /ports/20123", {200, report(lease)}},
      {"DELETE /ports/20123?lease=" + lease.id, {412, test::problem(Problem::stale_lease, "it is another by now")}}};
  world.start_portd();
  EXPECT_EQ(world.run({"release", "20123"}).exit, 4);
}

TEST(ReleaseVerb, NeedsAPortOrAKey) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"release"}).exit, 2);
}

TEST(ReleaseVerb, RefusesANumberThatIsNoPort) {
  PortcWorld world;
  world.start_portd();
  EXPECT_EQ(world.run({"release", "70000"}).exit, 2);
}

}  // namespace
}  // namespace portd::client
