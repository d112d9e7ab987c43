#include "client/query.hpp"

#include <gtest/gtest.h>

namespace portd::client {
namespace {

TEST(Query, IsNothingWhenNothingWasAdded) { EXPECT_EQ(Query().text(), ""); }

TEST(Query, SeparatesAndEncodes) {
  EXPECT_EQ(Query().add("project", "acme").add("tag", "a&b=c d").text(), "?project=acme&tag=a%26b%3Dc%20d");
  EXPECT_EQ(Query().add("tag", "größe\r\n").text(), "?tag=gr%C3%B6%C3%9Fe%0D%0A");
}

}  // namespace
}  // namespace portd::client
