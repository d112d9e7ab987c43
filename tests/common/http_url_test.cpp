#include "common/http_url.hpp"

#include <gtest/gtest.h>

namespace portd {
namespace {

TEST(HttpUrl, IsTakenApart) {
  EXPECT_EQ(*parse_http_url("http://LocalHost:9000/alerts?to=me"), (HttpUrl{"localhost", Port(9000), "/alerts?to=me"}));
  EXPECT_EQ(*parse_http_url("http://[::1]"), (HttpUrl{"::1", Port(80), "/"}));
  EXPECT_EQ(*parse_http_url("http://127.0.0.1?x"), (HttpUrl{"127.0.0.1", Port(80), "/?x"}));
}

TEST(HttpUrl, AnythingElseIsRefused) {
  for (const char* text : {"https://localhost/", "localhost:9000", "http://me:secret@localhost/", "http://localhost/#x",
                           "http://localhost:0/", "http://localhost:70000/", "http:///x", "ftp://localhost/", "",
                           "http://127.0.0.1.example.com:23170/h", "http://127.0.0.1.example.com", "http://127.0.0.1x/",
                           "http://[::1].example.com/", "http://localhost:80x/"}) {
    EXPECT_FALSE(parse_http_url(text)) << text;
  }
}

TEST(HttpUrl, LoopbackIsKnownByNameAndAddress) {
  for (const char* host : {"localhost", "shop.localhost", "127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"169.254.169.254", "127.0.0.1.example.com", "127.1", "localhost.example.com", "::2",
                           "0.0.0.0", "mylocalhost"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace portd
