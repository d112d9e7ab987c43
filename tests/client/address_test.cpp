#include "client/address.hpp"

#include <gtest/gtest.h>

namespace portd::client {
namespace {

TEST(Address, ReadsHostAndPortOfAUrl) {
  EXPECT_EQ(*parse_url("http://localhost:7700"), (TcpAddress{"localhost", 7700}));
  EXPECT_EQ(*parse_url("http://127.0.0.1:7701/"), (TcpAddress{"127.0.0.1", 7701}));
  EXPECT_EQ(*parse_url("http://[::1]:7700"), (TcpAddress{"::1", 7700}));
  EXPECT_EQ(*parse_url("http://portd.test"), (TcpAddress{"portd.test", 80}));
}

TEST(Address, RefusesWhatIsNoUrlOfAPortd) {
  for (const char* text :
       {"", "localhost:7700", "https://localhost", "http://", "http://a b", "http://a/path", "http://user@host",
        "http://a:0", "http://a:65536", "http://a:", "http://a:77x", "http://[::1", "http://[::1]x"}) {
    const auto address = parse_url(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().exit, Exit::usage);
  }
}

TEST(Address, PutsAnIpv6AddressInBrackets) {
  EXPECT_EQ(text_of(TcpAddress{"::1", 7700}), "http://[::1]:7700");
  EXPECT_EQ(host_header(TcpAddress{"::1", 7700}), "[::1]:7700");
}

TEST(Address, ASocketIsLocalhost) {
  EXPECT_EQ(text_of(UnixAddress{"/run/portd.sock"}), "/run/portd.sock");
  EXPECT_EQ(host_header(UnixAddress{"/run/portd.sock"}), "localhost");
}

}  // namespace
}  // namespace portd::client
