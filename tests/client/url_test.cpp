#include <gtest/gtest.h>

#include "tests/support/portc_world.hpp"

namespace portd::client {
namespace {

using test::lease_of;
using test::list_of;
using test::PortcWorld;

TEST(UrlVerb, PrintsTheUrl) {
  PortcWorld world;
  world.answers = {{test::lookup_of_shop, {200, list_of({lease_of("shop", 20123)})}}};
  world.start_portd();
  EXPECT_EQ(world.run({"url", "shop"}).out, "http://localhost:20123\n");
}

TEST(UrlVerb, LeasesAPortWhenThereIsNone) {
  PortcWorld world;
  world.answers = {{test::lookup_of_shop, {200, list_of({})}},
                   {"POST /ports", {201, dump_json(to_json(lease_of("shop", 20124)))}}};
  world.start_portd();
  const auto ran = world.run({"url"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "http://localhost:20124\n");
}

}  // namespace
}  // namespace portd::client
