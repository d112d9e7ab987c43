#include "daemon/core/expiry.hpp"

#include "tests/support/lease_world.hpp"

namespace portd::core {
namespace {

using namespace std::chrono_literals;

struct ExpiryScene : test::LeaseWorld {
  int looks = 0;
  Expiry expiry{leases, alerts, [this] { ++looks; }, 5s};

  ExpiryScene() {
    GrantRequest request = ask("shop");
    request.kind = LeaseKind::ttl;
    request.ttl = 30s;
    granted(request);
  }
};

TEST(Expiry, EndsWhatIsDue) {
  ExpiryScene scene;
  scene.clock.advance(30s);
  scene.expiry.run(scene.clock.now(), 5s);
  EXPECT_EQ(scene.leases.table().size(), 0U);
  EXPECT_EQ(scene.looks, 0);
}

TEST(Expiry, AfterASuspendLooksOnceBeforeAnythingExpires) {
  ExpiryScene scene;
  scene.clock.advance(30s);
  scene.expiry.run(scene.clock.now(), 3605s);
  EXPECT_EQ(scene.looks, 1);
  EXPECT_EQ(scene.leases.table().size(), 1U);
  ASSERT_EQ(scene.alerts.raised().size(), 1U);
  EXPECT_EQ(scene.alerts.raised()[0].detail,
            "the machine was suspended for 1h; leases are looked at once before any expires");
  scene.expiry.run(scene.clock.now(), 3605s);
  EXPECT_EQ(scene.looks, 1);
  EXPECT_EQ(scene.leases.table().size(), 0U);
  EXPECT_TRUE(scene.alerts.raised().empty());
}

TEST(Expiry, ALeaseRenewedAfterTheSuspendLives) {
  ExpiryScene scene;
  scene.clock.advance(30s);
  scene.expiry.run(scene.clock.now(), 3605s);
  scene.granted("shop");
  scene.expiry.run(scene.clock.now(), 3605s);
  EXPECT_EQ(scene.leases.table().size(), 1U);
}

}  // namespace
}  // namespace portd::core
