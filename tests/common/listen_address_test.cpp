#include "common/listen_address.hpp"

#include <gtest/gtest.h>

#include <string>

namespace portd {
namespace {

TEST(ListenAddress, IsLoopbackOrWildcardOfEitherFamily) {
  for (const char* text : {"127.0.0.1", "127.8.7.6", "0.0.0.0", "::1", "::"}) {
    const auto address = ListenAddress::parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->text(), text);
    EXPECT_EQ(address->is_v6(), std::string(text).starts_with("::")) << text;
  }
}

TEST(ListenAddress, IsWrittenInOneWay) {
  EXPECT_EQ(ListenAddress::parse("0:0:0:0:0:0:0:1")->text(), "::1");
  EXPECT_EQ(ListenAddress::parse("0::")->text(), "::");
}

TEST(ListenAddress, IsNothingThatOthersCouldReachNorAName) {
  for (const std::string text : {"192.168.0.1", "128.0.0.1", "0.0.0.1", "fe80::1", "::ffff:127.0.0.1", "localhost", "",
                                 "127.1", "127.0.0.1 ", "::1%lo"}) {
    const auto address = ListenAddress::parse(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().problem, Problem::invalid_value);
  }
  EXPECT_FALSE(ListenAddress::parse(std::string_view("127.0.0.1\0x", 11)));
}

TEST(ListenAddress, IsTheIpv4LoopbackUnlessStated) { EXPECT_EQ(ListenAddress().text(), "127.0.0.1"); }

}  // namespace
}  // namespace portd
