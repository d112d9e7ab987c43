#include "daemon/api/http_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace portd::api {
namespace {

std::string get_with(const std::string& headers) {
  return "GET /ports HTTP/1.1\r\nHost: localhost:7700\r\n" + headers + "\r\n";
}

bool refuses(const std::string& head) {
  const auto scanned = scan_head(head);
  return !scanned && scanned.error().problem == Problem::malformed_http;
}

TEST(HttpHead, APlainRequestIsRead) {
  const std::string text = "GET /ports?project=shop HTTP/1.1\r\nHost: localhost:7700\r\nAccept: */*\r\n\r\n";
  const auto head = scan_head(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "GET");
  EXPECT_EQ(head->path, "/ports");
  EXPECT_EQ(head->query, "project=shop");
  EXPECT_EQ(head->host_name, "localhost");
  EXPECT_EQ(head->host_port, 7700);
  EXPECT_TRUE(head->keep_alive);
  EXPECT_FALSE(head->has_body());
}

TEST(HttpHead, TheHeadersThatDecideAreKept) {
  const std::string text = get_with(
      "Origin: http://localhost:7700\r\nContent-Type: application/json\r\nAuthorization: Bearer x\r\n"
      "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nContent-Length: 12\r\nExpect: 100-continue\r\n");
  const auto head = scan_head(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->origin, "http://localhost:7700");
  EXPECT_EQ(head->content_type, "application/json");
  EXPECT_EQ(head->authorization, "Bearer x");
  EXPECT_EQ(head->sec_fetch_site, "none");
  EXPECT_EQ(head->sec_fetch_mode, "navigate");
  EXPECT_EQ(head->content_length, 12U);
  EXPECT_TRUE(head->expects_continue);
}

TEST(HttpHead, ConnectionCloseInAListEndsKeepAlive) {
  const std::string text = get_with("Connection: foo, Close\r\n");
  EXPECT_FALSE(scan_head(text)->keep_alive);
}

TEST(HttpHead, Http10IsTakenAndNotKeptAlive) {
  const std::string text = "GET / HTTP/1.0\r\nHost: localhost:7700\r\nConnection: keep-alive\r\n\r\n";
  const auto head = scan_head(text);
  ASSERT_TRUE(head);
  EXPECT_FALSE(head->keep_alive);
}

TEST(HttpHead, AnIpv6HostIsReadWithItsPort) {
  const std::string text = "GET / HTTP/1.1\r\nHost: [::1]:7700\r\n\r\n";
  const auto head = scan_head(text);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->host_name, "[::1]");
  EXPECT_EQ(head->host_port, 7700);
}

TEST(HttpHead, AMissingHostIsRefused) { EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nAccept: */*\r\n\r\n")); }
TEST(HttpHead, AMissingHostIsRefusedOnHttp10Too) { EXPECT_TRUE(refuses("GET / HTTP/1.0\r\n\r\n")); }
TEST(HttpHead, AnEmptyHostIsRefused) { EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nHost:\r\n\r\n")); }
TEST(HttpHead, TwoHostsAreRefused) { EXPECT_TRUE(refuses(get_with("Host: localhost:7700\r\n"))); }
TEST(HttpHead, AHostWithUserInfoIsRefused) { EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nHost: a@localhost\r\n\r\n")); }
TEST(HttpHead, AHostWithAPathIsRefused) { EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nHost: localhost/x\r\n\r\n")); }
TEST(HttpHead, AHostListIsRefused) { EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nHost: localhost, evil\r\n\r\n")); }
TEST(HttpHead, AHostPortThatIsNoPortIsRefused) {
  EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nHost: localhost:77x\r\n\r\n"));
  EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nHost: localhost:\r\n\r\n"));
  EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nHost: localhost:0\r\n\r\n"));
  EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nHost: localhost:65536\r\n\r\n"));
}
TEST(HttpHead, AHalfOpenIpv6HostIsRefused) { EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n")); }

TEST(HttpHead, AFoldedHeaderIsRefused) { EXPECT_TRUE(refuses(get_with("X-A: b\r\n c\r\n"))); }
TEST(HttpHead, AFoldedHostIsRefused) { EXPECT_TRUE(refuses("GET / HTTP/1.1\r\nHost:\r\n localhost:7700\r\n\r\n")); }
TEST(HttpHead, ASpaceBeforeTheColonIsRefused) { EXPECT_TRUE(refuses(get_with("Content-Length : 5\r\n"))); }
TEST(HttpHead, AHeaderWithoutAColonIsRefused) { EXPECT_TRUE(refuses(get_with("hello\r\n"))); }
TEST(HttpHead, AHeaderWithoutANameIsRefused) { EXPECT_TRUE(refuses(get_with(": x\r\n"))); }
TEST(HttpHead, ABareLfIsRefused) { EXPECT_TRUE(refuses(get_with("X-A: b\nX-B: c\r\n"))); }
TEST(HttpHead, ABareCrIsRefused) { EXPECT_TRUE(refuses(get_with("X-A: b\rX-B: c\r\n"))); }
TEST(HttpHead, ANulIsRefused) { EXPECT_TRUE(refuses(get_with(std::string("X-A: b\0c\r\n", 10)))); }
TEST(HttpHead, AControlCharacterIsRefused) { EXPECT_TRUE(refuses(get_with("X-A: b\x7f\r\n"))); }

TEST(HttpHead, ContentLengthTwiceIsRefused) {
  EXPECT_TRUE(refuses(get_with("Content-Length: 5\r\nContent-Length: 5\r\n")));
}
TEST(HttpHead, AContentLengthListIsRefused) { EXPECT_TRUE(refuses(get_with("Content-Length: 5, 5\r\n"))); }
TEST(HttpHead, AContentLengthWithASignIsRefused) { EXPECT_TRUE(refuses(get_with("Content-Length: +5\r\n"))); }
TEST(HttpHead, AContentLengthInHexIsRefused) { EXPECT_TRUE(refuses(get_with("Content-Length: 0x5\r\n"))); }
TEST(HttpHead, AnEndlessContentLengthIsRefused) {
  EXPECT_TRUE(refuses(get_with("Content-Length: 99999999999999999999\r\n")));
}
TEST(HttpHead, ContentLengthWithTransferEncodingIsRefused) {
  EXPECT_TRUE(refuses(get_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")));
}

TEST(HttpHead, ChunkedIsTaken) {
  const std::string text = get_with("Transfer-Encoding: Chunked\r\n");
  EXPECT_TRUE(scan_head(text)->chunked);
}
TEST(HttpHead, OtherTransferEncodingsAreRefused) {
  for (const char* value : {"gzip", "gzip, chunked", "chunked, chunked", "chunked;q=1", "xchunked", "identity", "",
                            "\"chunked\"", "chunked,"}) {
    EXPECT_TRUE(refuses(get_with("Transfer-Encoding: " + std::string(value) + "\r\n"))) << value;
  }
}
TEST(HttpHead, TransferEncodingTwiceIsRefused) {
  EXPECT_TRUE(refuses(get_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")));
}
TEST(HttpHead, ChunkedOnHttp10IsRefused) {
  EXPECT_TRUE(refuses("POST / HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"));
}
TEST(HttpHead, AnnouncedTrailersAreRefused) { EXPECT_TRUE(refuses(get_with("Trailer: X-A\r\n"))); }
TEST(HttpHead, AnUnknownExpectationIsRefused) { EXPECT_TRUE(refuses(get_with("Expect: 200-ok\r\n"))); }

TEST(HttpHead, HeadersThatDecideMayComeOnceOnly) {
  for (const char* name : {"Content-Type", "Origin", "Authorization", "Sec-Fetch-Site", "Sec-Fetch-Mode",
                           "Sec-Fetch-Dest", "sec-fetch-user"}) {
    const std::string line = std::string(name) + ": a\r\n";
    EXPECT_TRUE(refuses(get_with(line + line))) << name;
  }
}

TEST(HttpHead, OtherHeadersMayComeTwice) { EXPECT_TRUE(scan_head(get_with("Accept: a\r\nAccept: b\r\n"))); }

TEST(HttpHead, RequestLinesOfAnotherFormAreRefused) {
  for (const char* line :
       {"", "GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET / HTTP/2.0", "GET / http/1.1",
        "GET / HTTP/1.10", "G(T / HTTP/1.1", "GET /a b HTTP/1.1", "GET\t/ HTTP/1.1"}) {
    EXPECT_TRUE(refuses(std::string(line) + "\r\nHost: localhost:7700\r\n\r\n")) << line;
  }
}

TEST(HttpHead, TargetsOfAnotherFormAreRefused) {
  for (const char* target : {"http://localhost:7700/ports", "*", "localhost:7700", "ports"}) {
    EXPECT_TRUE(refuses("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost:7700\r\n\r\n")) << target;
  }
}

TEST(HttpHead, BadEscapesInTheTargetAreRefused) {
  for (const char* target : {"/%", "/%4", "/%zz", "/ports?a=%4g"}) {
    EXPECT_TRUE(refuses("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost:7700\r\n\r\n")) << target;
  }
}

TEST(HttpHead, CharactersThatMustBeEscapedAreRefused) {
  for (const char* target : {"/a#b", "/a\"b", "/a<b", "/\xc3\xa4", "/a\\b", "/{x}"}) {
    EXPECT_TRUE(refuses("GET " + std::string(target) + " HTTP/1.1\r\nHost: localhost:7700\r\n\r\n")) << target;
  }
}

TEST(FindHeadEnd, AnIncompleteHeadHasNoEnd) {
  EXPECT_EQ(*find_head_end("GET / HTTP/1.1\r\nHost: x\r\n", 0), std::nullopt);
}

TEST(FindHeadEnd, TheEndIsBehindTheEmptyLine) {
  EXPECT_EQ(*find_head_end("GET / HTTP/1.1\r\n\r\nrest", 0), std::optional<std::size_t>(18));
}

TEST(FindHeadEnd, AnEmptyLineThatArrivesInPiecesIsFound) {
  const std::string text = "GET / HTTP/1.1\r\n\r\n";
  for (std::size_t seen = 0; seen < text.size(); ++seen) {
    ASSERT_EQ(*find_head_end(text.substr(0, seen), 0), std::nullopt);
    EXPECT_EQ(*find_head_end(text, seen), std::optional(text.size())) << seen;
  }
}

TEST(FindHeadEnd, ABareLfIsRefusedBeforeTheEnd) { EXPECT_FALSE(find_head_end("GET / HTTP/1.1\nHost: x", 0)); }

}  // namespace
}  // namespace portd::api
