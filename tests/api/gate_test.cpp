#include "daemon/api/gate.hpp"

#include <gmock/gmock.h>

#include <string>

#include "daemon/api/media_type.hpp"

namespace portd::api {
namespace {

using testing::HasSubstr;

const Access access{1000, "secret", {"ports.test", "tunnel:9000"}};
const Source our_tcp{false, 7700, 1000};
const Source our_socket{true, 0, 1000};

std::optional<Error> refused(const std::string& method, const std::string& headers, const Source& from = our_tcp,
                             const std::string& host = "localhost:7700", const std::string& target = "/ports") {
  const std::string text = method + " " + target + " HTTP/1.1\r\nHost: " + host + "\r\n" + headers + "\r\n";
  return refusal(scan_head(text).value(), access, from);
}

std::optional<Problem> problem(const std::optional<Error>& error) {
  return error ? std::optional(error->problem) : std::nullopt;
}

std::optional<Problem> of_host(const std::string& host, const Source& from = our_tcp) {
  return problem(refused("GET", "", from, host));
}

std::optional<Problem> of_get(const std::string& headers, const std::string& target = "/ports") {
  return problem(refused("GET", headers, our_tcp, "localhost:7700", target));
}

std::optional<Problem> of_post(const std::string& headers) { return problem(refused("POST", headers)); }

constexpr std::optional<Problem> passes = std::nullopt;

TEST(Gate, OurOwnNamesWithOurPortPass) {
  for (const char* host : {"localhost:7700", "LOCALHOST:7700", "127.0.0.1:7700", "[::1]:7700"}) {
    EXPECT_EQ(of_host(host), passes) << host;
  }
}

TEST(Gate, AForeignHostIsMisdirected) { EXPECT_EQ(of_host("evil.example:7700"), Problem::misdirected); }
TEST(Gate, AnotherPortInHostIsMisdirected) { EXPECT_EQ(of_host("localhost:7701"), Problem::misdirected); }
TEST(Gate, AHostWithoutOurPortIsMisdirected) { EXPECT_EQ(of_host("localhost"), Problem::misdirected); }
TEST(Gate, AHostWithoutAPortIsOursOnPort80) { EXPECT_EQ(of_host("localhost", {false, 80, 1000}), passes); }
TEST(Gate, TheNameOfAServiceUnderLocalhostPasses) { EXPECT_EQ(of_host("shop.localhost:7700"), passes); }
TEST(Gate, TheNameOfAServiceNeedsOurPort) { EXPECT_EQ(of_host("shop.localhost:7701"), Problem::misdirected); }
TEST(Gate, ANameThatOnlyEndsLikeLocalhostIsMisdirected) {
  EXPECT_EQ(of_host("shop.localhost.example:7700"), Problem::misdirected);
  EXPECT_EQ(of_host("shoplocalhost:7700"), Problem::misdirected);
  EXPECT_EQ(of_host(".localhost:7700"), Problem::misdirected);
}
TEST(Gate, APageOfAnotherSiteMayOpenAServiceByName) {
  const std::string page = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: ";
  EXPECT_EQ(problem(refused("GET", page + "navigate\r\n", our_tcp, "shop.localhost:7700", "/x")), passes);
  EXPECT_EQ(problem(refused("GET", page + "no-cors\r\n", our_tcp, "shop.localhost:7700", "/x")), Problem::forbidden);
}
TEST(Gate, ALocalhostWithADotBehindIsMisdirected) { EXPECT_EQ(of_host("localhost.:7700"), Problem::misdirected); }
TEST(Gate, OtherLoopbackAddressesAreMisdirected) { EXPECT_EQ(of_host("127.0.0.2:7700"), Problem::misdirected); }
TEST(Gate, AnAllowedHostPasses) { EXPECT_EQ(of_host("ports.test:7700"), passes); }
TEST(Gate, AnAllowedHostNeedsOurPort) { EXPECT_EQ(of_host("ports.test:9000"), Problem::misdirected); }
TEST(Gate, AnAllowedHostMayNameAnotherPort) { EXPECT_EQ(of_host("tunnel:9000"), passes); }
TEST(Gate, AnyHostPassesOnTheUnixSocket) { EXPECT_EQ(of_host("anything.example", our_socket), passes); }

TEST(Gate, AnotherUidIsForbiddenOverTcp) {
  EXPECT_EQ(problem(refused("GET", "", {false, 7700, 1001})), Problem::forbidden);
}
TEST(Gate, RootIsAnotherUid) { EXPECT_EQ(problem(refused("GET", "", {false, 7700, 0})), Problem::forbidden); }
TEST(Gate, AnUnknownUidIsForbiddenOverTcp) {
  EXPECT_EQ(problem(refused("GET", "", {false, 7700, std::nullopt})), Problem::forbidden);
}
TEST(Gate, TheRefusalOfAnUnknownPeerTellsOfTheToken) {
  EXPECT_THAT(refused("GET", "", {false, 7700, std::nullopt})->detail, HasSubstr("Authorization: Bearer"));
}
TEST(Gate, TheTokenOpensForAnUnknownPeer) {
  EXPECT_EQ(problem(refused("GET", "Authorization: bearer secret\r\n", {false, 7700, std::nullopt})), passes);
}
TEST(Gate, AWrongTokenIsForbidden) {
  for (const char* token : {"Bearer secreT", "Bearer secret2", "Bearer ", "Basic secret", "secret", "Bearersecret"}) {
    EXPECT_EQ(problem(refused("GET", "Authorization: " + std::string(token) + "\r\n", {false, 7700, std::nullopt})),
              Problem::forbidden)
        << token;
  }
}
TEST(Gate, AnEmptyTokenOpensNothing) {
  const std::string text = "GET / HTTP/1.1\r\nHost: localhost:7700\r\nAuthorization: Bearer \r\n\r\n";
  const auto error = refusal(scan_head(text).value(), {1000, "", {}}, {false, 7700, std::nullopt});
  EXPECT_EQ(problem(error), Problem::forbidden);
}
TEST(Gate, AnotherUidIsForbiddenOnTheUnixSocket) {
  EXPECT_EQ(problem(refused("GET", "", {true, 0, 1001})), Problem::forbidden);
}
TEST(Gate, TheTokenDoesNotOpenTheUnixSocket) {
  EXPECT_EQ(problem(refused("GET", "Authorization: Bearer secret\r\n", {true, 0, std::nullopt})), Problem::forbidden);
}

TEST(Gate, OurOwnOriginPasses) { EXPECT_EQ(of_get("Origin: http://localhost:7700\r\n"), passes); }
TEST(Gate, AnotherOriginIsForbidden) { EXPECT_EQ(of_get("Origin: http://evil.example\r\n"), Problem::forbidden); }
TEST(Gate, AnotherPortIsAnotherOrigin) { EXPECT_EQ(of_get("Origin: http://localhost:3000\r\n"), Problem::forbidden); }
TEST(Gate, AnotherNameOfUsIsAnotherOrigin) {
  EXPECT_EQ(of_get("Origin: http://127.0.0.1:7700\r\n"), Problem::forbidden);
}
TEST(Gate, HttpsIsAnotherOrigin) { EXPECT_EQ(of_get("Origin: https://localhost:7700\r\n"), Problem::forbidden); }
TEST(Gate, OriginNullIsForbidden) { EXPECT_EQ(of_get("Origin: null\r\n"), Problem::forbidden); }
TEST(Gate, AnEmptyOriginIsForbidden) { EXPECT_EQ(of_get("Origin:\r\n"), Problem::forbidden); }

TEST(Gate, AFetchFromOurPagePasses) { EXPECT_EQ(of_get("Sec-Fetch-Site: same-origin\r\n"), passes); }
TEST(Gate, AnAddressTypedInPasses) { EXPECT_EQ(of_get("Sec-Fetch-Site: none\r\n"), passes); }
TEST(Gate, SiteNoneMayNotPost) {
  EXPECT_EQ(of_post("Content-Type: application/json\r\nSec-Fetch-Site: none\r\n"), Problem::forbidden);
}
TEST(Gate, ACrossSiteFetchIsForbidden) {
  EXPECT_EQ(of_get("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n", "/"), Problem::forbidden);
}
TEST(Gate, ALinkFromElsewhereOpensThePage) {
  EXPECT_EQ(of_get("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", "/"), passes);
  EXPECT_EQ(of_get("Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\n", "/"), passes);
}
TEST(Gate, ALinkFromElsewhereOpensNothingElse) {
  EXPECT_EQ(of_get("Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", "/ports"), Problem::forbidden);
}
TEST(Gate, ACrossSiteFormIsForbidden) {
  EXPECT_EQ(problem(refused("POST",
                            "Content-Type: application/json\r\nSec-Fetch-Site: cross-site\r\n"
                            "Sec-Fetch-Mode: navigate\r\n",
                            our_tcp, "localhost:7700", "/")),
            Problem::forbidden);
}
TEST(Gate, ABodilessCrossSitePostIsForbidden) {
  EXPECT_EQ(of_post("Sec-Fetch-Site: cross-site\r\n"), Problem::forbidden);
}
TEST(Gate, AnUnknownSiteIsForbidden) { EXPECT_EQ(of_get("Sec-Fetch-Site: elsewhere\r\n"), Problem::forbidden); }

TEST(Gate, JsonPasses) { EXPECT_EQ(of_post("Content-Type: application/json\r\n"), passes); }
TEST(Gate, TextPlainIsNotTaken) { EXPECT_EQ(of_post("Content-Type: text/plain\r\n"), Problem::unsupported_media_type); }
TEST(Gate, AFormIsNotTaken) {
  EXPECT_EQ(of_post("Content-Type: application/x-www-form-urlencoded\r\n"), Problem::unsupported_media_type);
}
TEST(Gate, APostWithoutATypeIsNotTaken) { EXPECT_EQ(of_post(""), Problem::unsupported_media_type); }
TEST(Gate, PutAndPatchNeedJsonToo) {
  EXPECT_EQ(problem(refused("PUT", "")), Problem::unsupported_media_type);
  EXPECT_EQ(problem(refused("PATCH", "")), Problem::unsupported_media_type);
}
TEST(Gate, GetAndDeleteNeedNoType) {
  EXPECT_EQ(of_get(""), passes);
  EXPECT_EQ(problem(refused("DELETE", "")), passes);
}
TEST(Gate, TheRefusalOfATypePrintsTheCommandThatWorks) {
  EXPECT_THAT(refused("POST", "")->detail,
              HasSubstr("curl --json '{\"service\":\"shop\"}' http://localhost:7700/ports"));
  EXPECT_THAT(refused("PATCH", "", our_tcp, "localhost:7700", "/ports/20000")->detail,
              HasSubstr("curl --json '{}' -X PATCH http://localhost:7700/ports/20000"));
}
TEST(Gate, TheCommandNeverRepeatsWhatAShellWouldRun) {
  EXPECT_THAT(refused("POST", "", our_tcp, "localhost:7700", "/;reboot")->detail, Not(HasSubstr("reboot")));
}

TEST(MediaType, JsonMayStateItsCharset) {
  for (const char* type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                           "application/json;charset=\"UTF-8\"", "application/json ;"}) {
    EXPECT_TRUE(is_json(type)) << type;
  }
}

TEST(MediaType, EverythingElseIsNotJson) {
  for (const char* type :
       {"", "text/json", "application/jsonp", "application/json, text/plain", "application/json; charset=latin1",
        "application/problem+json", "text/plain; application/json"}) {
    EXPECT_FALSE(is_json(type)) << type;
  }
}

}  // namespace
}  // namespace portd::api
