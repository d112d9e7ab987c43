#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::lease_of;
using test::list_of;
using test::PortcWorld;

constexpr TimePoint long_ago{Millis(1'500'000'000'000)};    // 2017
constexpr TimePoint far_ahead{Millis(32'000'000'000'000)};  // 2984

Lease lease_in(const std::string& key, std::uint16_t port, const std::filesystem::path& folder, TimePoint last_used) {
  Lease lease = lease_of(key, port);
  lease.cwd = folder.string();
  lease.last_used_at = last_used;
  return lease;
}

std::string deletion(const Lease& lease) { return "DELETE /ports/" + lease.port.text() + "?lease=" + lease.id; }

TEST(PruneVerb, NeedsToKnowWhatToPrune) {
  const PortcWorld world;
  const auto ran = world.run({"prune"});
  EXPECT_EQ(ran.exit, 2);
  EXPECT_NE(ran.err.find("--gone"), std::string::npos);
}

TEST(PruneVerb, ReleasesLeasesWhoseFolderIsGone) {
  PortcWorld world;
  const Lease gone = lease_in("old", 20001, world.home / "deleted", far_ahead);
  const Lease here = lease_in("shop", 20002, world.home / "shop", long_ago);
  const Lease nowhere = lease_in("bare", 20003, "", long_ago);
  world.answers = {{"GET /ports", {200, list_of({gone, here, nowhere})}}, {deletion(gone), {204}}};
  world.start_portd();
  const auto ran = world.run({"prune", "--gone"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_EQ(ran.out, "SERVICE  INSTANCE  PORT   REASON       CWD\nold      main      20001  folder gone  " +
                         (world.home / "deleted").string() + "\n");
  EXPECT_EQ(world.portd->request_lines().size(), 2U);
}

TEST(PruneVerb, ReleasesLeasesThatNobodyUsedForSoLong) {
  PortcWorld world;
  const Lease old = lease_in("old", 20001, world.home / "shop", long_ago);
  const Lease fresh = lease_in("shop", 20002, world.home / "shop", far_ahead);
  world.answers = {{"GET /ports", {200, list_of({old, fresh})}}, {deletion(old), {204}}};
  world.start_portd();
  const auto ran = world.run({"prune", "--unused", "30d"});
  EXPECT_NE(ran.out.find("unused since 2017-07-14"), std::string::npos) << ran.out;
  EXPECT_EQ(world.portd->request_lines(), (std::vector<std::string>{"GET /ports", deletion(old)}));
}

TEST(PruneVerb, NeverTakesAPortThatIsInUse) {
  PortcWorld world;
  Lease listening = lease_in("a", 20001, world.home / "deleted", long_ago);
  listening.state = LeaseState::listening;
  Lease alive = lease_in("b", 20002, world.home / "deleted", long_ago);
  alive.holder = Holder{{"", 17, 1}, "sleep", "/", long_ago};
  alive.holder_alive = true;
  world.answers = {{"GET /ports", {200, list_of({listening, alive})}}};
  world.start_portd();
  const auto ran = world.run({"prune", "--gone", "--unused", "1d"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ran.err, "portc: nothing to prune\n");
}

TEST(PruneVerb, ADryRunReleasesNothing) {
  PortcWorld world;
  const Lease gone = lease_in("old", 20001, world.home / "deleted", far_ahead);
  world.answers = {{"GET /ports", {200, list_of({gone})}}};
  world.start_portd();
  const auto ran = world.run({"prune", "--gone", "--dry-run"});
  EXPECT_NE(ran.out.find("folder gone"), std::string::npos);
  EXPECT_EQ(world.portd->request_lines(), std::vector<std::string>{"GET /ports"});
}

TEST(PruneVerb, SkipsALeaseThatChangedMeanwhile) {
  PortcWorld world;
  const Lease first = lease_in("a", 20001, world.home / "deleted", far_ahead);
  const Lease second = lease_in("b", 20002, world.home / "deleted", far_ahead);
  world.answers = {{"GET /ports", {200, list_of({first, second})}},
                   {deletion(first), {412, test::problem(Problem::stale_lease, "another by now")}},
                   {deletion(second), {204}}};
  world.start_portd();
  const auto ran = world.run({"prune", "--gone", "--json"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.err, "portc: skipped 20001: its lease changed meanwhile\n");
  EXPECT_EQ(parse_json(ran.out)->at("leases"), Json::array({to_json(second)}));
}

TEST(PruneVerb, StopsAtAnyOtherProblem) {
  PortcWorld world;
  const Lease gone = lease_in("a", 20001, world.home / "deleted", far_ahead);
  world.answers = {{"GET /ports", {200, list_of({gone})}},
                   {deletion(gone), {503, test::problem(Problem::store_unavailable, "read-only; free the disk")}}};
  world.start_portd();
  EXPECT_EQ(world.run({"prune", "--gone"}).exit, 1);
}

TEST(PruneVerb, RefusesAnAgeThatIsNone) {
  const PortcWorld world;
  EXPECT_EQ(world.run({"prune", "--unused", "soon"}).exit, 2);
}

}  // namespace
}  // namespace portd::client
