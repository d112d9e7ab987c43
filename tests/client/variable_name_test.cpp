#include "client/variable_name.hpp"

#include <gtest/gtest.h>

namespace portd::client {
namespace {

TEST(VariableName, IsOneThatAShellTakes) {
  EXPECT_EQ(variable_name("web"), "WEB");
  EXPECT_EQ(variable_name("my-api.v2"), "MY_API_V2");
  EXPECT_EQ(variable_name("3d"), "_3D");
}

}  // namespace
}  // namespace portd::client
