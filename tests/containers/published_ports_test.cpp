#include "daemon/containers/published_ports.hpp"

#include <gmock/gmock.h>

namespace portd::containers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

std::string ok(const std::string& body) { return "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body; }

TEST(PublishedPorts, AreThoseOfEveryContainer) {
  const auto published = published_in(ok(R"([
    {"Id": "0123456789abcdef0123", "Names": ["/shop-db-1", "/other/alias"], "Image": "postgres:16",
     "Labels": {"portd.service": "shop/db:postgres", "x": "y"}, "State": "running",
     "Ports": [{"IP": "0.0.0.0", "PrivatePort": 5432, "PublicPort": 15432, "Type": "tcp"},
               {"IP": "::", "PrivatePort": 5432, "PublicPort": 15432, "Type": "tcp"},
               {"PrivatePort": 9000, "Type": "tcp"}]},
    {"Id": "fedc", "Names": ["/dns"], "Image": "dns", "Labels": {},
     "Ports": [{"PrivatePort": 53, "PublicPort": 5353, "Type": "udp"}]}])"));
  const Container db{"0123456789ab", "shop-db-1", "postgres:16", "shop/db:postgres"};
  const Container dns{"fedc", "dns", "dns", ""};
  EXPECT_THAT(published, Optional(ElementsAre(core::PublishedPort{Protocol::tcp, Port(15432), "0.0.0.0", db},
                                              core::PublishedPort{Protocol::tcp, Port(15432), "::", db},
                                              core::PublishedPort{Protocol::udp, Port(5353), "", dns})));
}

TEST(PublishedPorts, WithoutContainersThereAreNone) { EXPECT_THAT(published_in(ok("[]")), Optional(IsEmpty())); }

TEST(PublishedPorts, WhatIsNoAnswerTellsNothing) {
  for (const std::string& answer :
       {std::string(), std::string("HTTP/1.0 200 OK\r\n"), ok(""), ok("{}"), ok("["), ok("null"),
        std::string("HTTP/1.0 500 No\r\n\r\n[]"), std::string("HTTP/1.0 404 No\r\n\r\n[]"), std::string("nonsense"),
        ok(std::string(100'000, '['))}) {
    EXPECT_FALSE(published_in(answer)) << answer.substr(0, 60);
  }
}

TEST(PublishedPorts, WhatIsNoPortIsPassedOver) {
  for (const char* entry :
       {"1", "null", "[]", R"({"Ports": 1})", R"({"Ports": [1, null, {}]})",
        R"({"Ports": [{"PublicPort": 0, "Type": "tcp"}, {"PublicPort": 65536, "Type": "tcp"}]})",
        R"({"Ports": [{"PublicPort": -1, "Type": "tcp"}, {"PublicPort": 1.5, "Type": "tcp"}]})",
        R"({"Ports": [{"PublicPort": "80", "Type": "tcp"}, {"PublicPort": 80, "Type": "sctp"}]})",
        R"({"Ports": [{"PublicPort": 80}, {"PublicPort": 18446744073709551615, "Type": "tcp"}]})"}) {
    EXPECT_THAT(published_in(ok("[" + std::string(entry) + "]")), Optional(IsEmpty())) << entry;
  }
}

TEST(PublishedPorts, OddTextsAreMadePlain) {
  const auto published = published_in(ok(R"([{"Id": 7, "Names": [], "Image": "a\u001b[2Jb\nc",
    "Labels": {"portd.service": ")" + std::string(5'000, 'x') +
                                         R"("},
    "Ports": [{"PublicPort": 80, "Type": "tcp"}]}])"));
  ASSERT_THAT(published, Optional(SizeIs(1)));
  const Container& container = published->at(0).container;
  EXPECT_EQ(container.id, "");
  EXPECT_EQ(container.name, "");
  EXPECT_EQ(container.image, "a?[2Jb?c");
  EXPECT_EQ(container.key.size(), 255U);
}

TEST(PublishedPorts, AListThatIsTooLongEnds) {
  std::string ports;
  for (int count = 0; count < 6'000; ++count) ports += R"({"PublicPort": 80, "Type": "tcp"},)";
  ports.pop_back();
  EXPECT_THAT(published_in(ok(R"([{"Ports": [)" + ports + "]}]")), Optional(SizeIs(4'096)));
}

}  // namespace
}  // namespace portd::containers
