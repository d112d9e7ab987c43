#include "daemon/api/query.hpp"

#include <gmock/gmock.h>

namespace portd::api {
namespace {

using testing::HasSubstr;

TEST(Query, ParametersAreDecoded) { EXPECT_EQ(Query::parse("a=x%2Dy", {"a"})->find("a"), "x-y"); }

TEST(Query, AParameterWithoutAValueIsEmpty) { EXPECT_EQ(Query::parse("a", {"a"})->find("a"), ""); }

TEST(Query, WhatIsNotThereIsNotFound) { EXPECT_EQ(Query::parse("", {"a"})->find("a"), std::nullopt); }

TEST(Query, AnUnknownParameterIsRefusedWithTheNearest) {
  const auto filter = lease_filter_from("projekt=shop");
  ASSERT_FALSE(filter);
  EXPECT_EQ(filter.error().problem, Problem::invalid_value);
  EXPECT_THAT(filter.error().detail, HasSubstr("did you mean \"project\"?"));
}

TEST(Query, AFarParameterIsRefusedWithAllThatAreKnown) {
  EXPECT_THAT(lease_filter_from("colour=red").error().detail,
              HasSubstr("(known: project service instance state kind)"));
}

TEST(Query, ARepeatedParameterIsRefused) {
  EXPECT_THAT(lease_filter_from("kind=ttl&kind=ttl").error().detail, HasSubstr("twice"));
}

TEST(Query, AFilterIsReadFromAllItsParameters) {
  const auto filter = lease_filter_from("project=acme&service=shop&instance=main&state=listening&kind=ttl");
  ASSERT_TRUE(filter);
  EXPECT_EQ(filter->project, "acme");
  EXPECT_EQ(filter->service, "shop");
  EXPECT_EQ(filter->instance, "main");
  EXPECT_EQ(filter->state, LeaseState::listening);
  EXPECT_EQ(filter->kind, LeaseKind::ttl);
}

TEST(Query, AFilterThatIsNoNameIsRefused) {
  EXPECT_EQ(lease_filter_from("project=").error().problem, Problem::invalid_value);
  EXPECT_EQ(lease_filter_from("service=a%20b").error().problem, Problem::invalid_value);
}

TEST(Query, AFilterThatIsNoWordIsRefusedWithTheWords) {
  EXPECT_THAT(lease_filter_from("state=open").error().detail, HasSubstr("reserved, listening, contested"));
}

TEST(Query, TheExpectedLeaseIsRead) { EXPECT_EQ(*expected_lease_from("lease=abc-1"), "abc-1"); }

}  // namespace
}  // namespace portd::api
