#include "daemon/health/http_probe.hpp"

#include "daemon/outbound/http_answer.hpp"
#include "tests/health/health_world.hpp"

namespace portd {
namespace {

using test::CheckId;
using test::Finding;
using test::ScriptedServer;
using test::Verdict;
using testing::HasSubstr;
using testing::StartsWith;
using namespace std::chrono_literals;

using HttpProbe = test::HealthWorld;

std::string answer_of(const std::string& status_line, const std::string& body = "", const std::string& headers = "") {
  return "HTTP/1.1 " + status_line + "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

HttpExpectation expecting(const std::string& body) {
  HttpExpectation expected;
  expected.body = body;
  return expected;
}

TEST_F(HttpProbe, AnyTwoHundredPasses) {
  const Finding ok = look_at(answer_of("200 OK", "hello"));
  EXPECT_EQ(ok.verdict, Verdict::pass);
  EXPECT_EQ(ok.output, "200 OK");
  EXPECT_EQ(ok.answered_by, "127.0.0.1");
  EXPECT_GT(ok.latency, 0us);
  EXPECT_LT(ok.latency, 1s);
  EXPECT_EQ(look_at("HTTP/1.1 204 No Content\r\n\r\n").verdict, Verdict::pass);
  EXPECT_EQ(look_at("HTTP/1.0 200 OK\r\nServer: old\r\n\r\nuntil the end").verdict, Verdict::pass);
}

TEST_F(HttpProbe, AsksLikeAClientThatWantsOneAnswer) {
  HttpExpectation expected;
  expected.path = "/health?deep=1";
  look_at(answer_of("200 OK"), expected);
  EXPECT_EQ(server->requests.at(0), "GET /health?deep=1 HTTP/1.1\r\nHost: localhost:" + server->port().text() +
                                        "\r\nUser-Agent: portd/" PORTD_VERSION "\r\nAccept: */*\r\n\r\n");
}

TEST_F(HttpProbe, AHeadRequestAwaitsNoBody) {
  HttpExpectation expected;
  expected.method = "HEAD";
  server = std::make_unique<ScriptedServer>(
      loop, ScriptedServer::Script{"HTTP/1.1 500 Oops\r\nContent-Length: 12\r\n\r\n", false});
  Check check = check_of(CheckType::http);
  check.http = expected;
  EXPECT_EQ(look(check, server->port()).output, "500 Oops");
  EXPECT_THAT(server->requests.at(0), StartsWith("HEAD / HTTP/1.1\r\n"));
}

TEST_F(HttpProbe, APathCannotEndTheRequestLine) {
  HttpExpectation expected;
  expected.path = "/a b\r\nX: y";
  look_at(answer_of("200 OK"), expected);
  EXPECT_THAT(server->requests.at(0), StartsWith("GET /a%20b%0D%0AX:%20y HTTP/1.1\r\nHost: "));
}

TEST_F(HttpProbe, TooManyRequestsWarns) {
  const Finding finding = look_at(answer_of("429 Too Many Requests"));
  EXPECT_EQ(finding.verdict, Verdict::warn);
  EXPECT_EQ(finding.output, "429 Too Many Requests");
}

TEST_F(HttpProbe, RedirectsFailAndAreNotFollowed) {
  const Finding finding = look_at(answer_of("302 Found", "", "Location: /login\r\n"));
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_EQ(finding.output, "302 Found, redirects are not followed (Location: /login)");
  EXPECT_EQ(server->connections, 1U);
}

TEST_F(HttpProbe, OtherStatusesFailAndSayWhatTheBodySays) {
  const Finding missing = look_at(answer_of("404 Not Found"));
  EXPECT_EQ(missing.verdict, Verdict::fail);
  EXPECT_EQ(missing.output, "404 Not Found");
  EXPECT_EQ(missing.answered_by, "127.0.0.1");
  EXPECT_EQ(look_at(answer_of("500 Internal Server Error", "no\tdatabase\r\n\x1b[31mat all")).output,
            "500 Internal Server Error: no database at all");
  EXPECT_EQ(look_at(answer_of("500 ", "<!doctype html>\n<html><head><TITLE>KeyError: 'x'</TITLE></head>")).output,
            "500 Internal Server Error: KeyError: 'x'");
}

TEST_F(HttpProbe, StatedStatusesPassAndNoOthers) {
  HttpExpectation expected;
  expected.statuses = {302, 401};
  EXPECT_EQ(look_at(answer_of("401 Unauthorized"), expected).verdict, Verdict::pass);
  EXPECT_EQ(look_at(answer_of("302 Found"), expected).verdict, Verdict::pass);
  const Finding other = look_at(answer_of("200 OK", "hello"), expected);
  EXPECT_EQ(other.verdict, Verdict::fail);
  EXPECT_EQ(other.output, "200 OK, expected 302 or 401: hello");
}

TEST_F(HttpProbe, AStatusWithoutAReasonGetsTheUsualOne) {
  EXPECT_EQ(look_at("HTTP/1.1 204\r\n\r\n").output, "204 No Content");
  EXPECT_EQ(look_at("HTTP/1.1 299 \r\nContent-Length: 0\r\n\r\n").verdict, Verdict::pass);
}

TEST_F(HttpProbe, AnAnswerMayComeByteByByte) {
  outbound::HttpAnswer answer(false);
  for (const char c : std::string("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503\r\nA: b\r\n\r\nno")) {
    EXPECT_FALSE(answer.is_complete());
    answer.take({&c, 1});
  }
  EXPECT_EQ(answer.title(), "503 Service Unavailable");
  answer.finish("closed");
  EXPECT_TRUE(answer.is_complete());
  EXPECT_EQ(answer.body(), "no");
}

TEST_F(HttpProbe, ANameThatIsNoneFails) {
  const std::string host(64, 'a');  // longer than a label may be, so nobody is asked
  const Finding finding = look(check_of(CheckType::http), Port(20'123), host);
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_THAT(finding.output, StartsWith("cannot connect to " + host + ":20123: "));
}

TEST_F(HttpProbe, AWrongBodyFails) {
  EXPECT_EQ(look_at(answer_of("200 OK", "all ready"), expecting("ready")).verdict, Verdict::pass);
  const Finding finding = look_at(answer_of("200 OK", "not yet"), expecting("ready"));
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_EQ(finding.output, "200 OK, but \"ready\" is not in its body");
}

TEST_F(HttpProbe, AChunkedBodyIsReadToo) {
  const std::string answer =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nall re\r\n3\r\nady\r\n0\r\n\r\n";
  EXPECT_EQ(look_at(answer, expecting("ready")).verdict, Verdict::pass);
}

TEST_F(HttpProbe, AnInterimAnswerIsNotTheAnswer) {
  const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(look_at(hints + answer_of("200 OK", "ready"), expecting("ready")).output, "200 OK");
}

TEST_F(HttpProbe, NoMoreThanSixtyFourKilobytesAreRead) {
  ScriptedServer::Script script;
  script.answer = "HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n";
  script.endless = true;
  server = std::make_unique<ScriptedServer>(loop, script);
  Check check = check_of(CheckType::http);
  check.http = expecting("ready");
  const Finding finding = look(check, server->port());
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_EQ(finding.output, "200 OK, but \"ready\" is not in the first 64 KB of its body");
  run_until([&] { return server->broken == 1; });
  EXPECT_LT(server->sent, 8U * 1024 * 1024);  // what the kernel's buffers take
}

TEST_F(HttpProbe, APassDoesNotWaitForTheBody) {
  server = std::make_unique<ScriptedServer>(
      loop, ScriptedServer::Script{"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\nhello", false});
  EXPECT_EQ(look(check_of(CheckType::http), server->port()).verdict, Verdict::pass);
}

TEST_F(HttpProbe, NoAnswerInTimeIsATimeOut) {
  server = std::make_unique<ScriptedServer>(loop, ScriptedServer::Script{"", false});
  Check check = check_of(CheckType::http);
  check.schedule.timeout = 20ms;
  const Finding finding = look(check, server->port());
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_EQ(finding.output, "timed out after 20ms: connected, no answer");
  EXPECT_EQ(finding.answered_by, "");
  EXPECT_GE(finding.latency, 20ms);
}

TEST_F(HttpProbe, ABodyThatDoesNotComeInTimeIsATimeOut) {
  server = std::make_unique<ScriptedServer>(
      loop, ScriptedServer::Script{"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nall", false});
  Check check = check_of(CheckType::http);
  check.schedule.timeout = 20ms;
  check.http = expecting("ready");
  EXPECT_EQ(look(check, server->port()).output, "timed out after 20ms: 200 OK, but \"ready\" is not in its body");
}

TEST_F(HttpProbe, AFailureWhoseBodyDoesNotComeIsToldAllTheSame) {
  server = std::make_unique<ScriptedServer>(
      loop, ScriptedServer::Script{"HTTP/1.1 503 Busy\r\nContent-Length: 99\r\n\r\nsorry", false});
  Check check = check_of(CheckType::http);
  check.schedule.timeout = 20ms;
  EXPECT_EQ(look(check, server->port()).output, "503 Busy: sorry");
}

TEST_F(HttpProbe, GarbageIsShown) {
  EXPECT_EQ(look_at("SSH-2.0-OpenSSH_9.2p1\r\n").output, "not HTTP: \"SSH-2.0-OpenSSH_9.2p1\\r\\n\"");
  EXPECT_EQ(look_at(std::string("\x00\x01\xff", 3)).output, "not HTTP: \"\\x00\\x01\\xff\"");
  EXPECT_EQ(look_at("HTTP/1.1 ???\r\n\r\n").verdict, Verdict::fail);
  EXPECT_THAT(look_at("HTTP/1.1 ???\r\n\r\n").output, StartsWith("not HTTP ("));
  EXPECT_THAT(look_at(answer_of("200 OK", "", "no colon\r\n")).output, StartsWith("not HTTP ("));
}

TEST_F(HttpProbe, GarbageIsNotWaitedFor) {
  server = std::make_unique<ScriptedServer>(loop, ScriptedServer::Script{"220 mail.example ESMTP", false, false, true});
  EXPECT_EQ(look(check_of(CheckType::http), server->port()).output, "not HTTP: \"220 mail.example ESMTP\"");
}

TEST_F(HttpProbe, TlsIsRecognised) {
  const std::string tls = "speaks TLS, not plain HTTP; check it with type tcp";
  EXPECT_EQ(look_at(std::string("\x15\x03\x01\x00\x02\x02\x46", 7)).output, tls);
  EXPECT_EQ(look_at(answer_of("400 Bad Request", "The plain HTTP request was sent to HTTPS port")).output,
            "400 Bad Request: " + tls);
  EXPECT_EQ(look_at(answer_of("400 Bad Request", "Client sent an HTTP request to an HTTPS server.\n")).output,
            "400 Bad Request: " + tls);
}

TEST_F(HttpProbe, AHeadWithoutEndIsTooLarge) {
  ScriptedServer::Script script;
  script.answer = "HTTP/1.1 200 OK\r\nX: ";
  script.endless = true;
  server = std::make_unique<ScriptedServer>(loop, script);
  const Finding finding = look(check_of(CheckType::http), server->port());
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_EQ(finding.output, "the head of its answer is larger than 16 KB");
}

TEST_F(HttpProbe, InterimAnswersWithoutEndAreTooLarge) {
  std::string answer;
  while (answer.size() < 40'000) answer += "HTTP/1.1 103 Early Hints\r\n\r\n";
  EXPECT_EQ(look_at(answer).output, "the head of its answer is larger than 16 KB");
}

TEST_F(HttpProbe, AConnectionThatEndsWithoutAnAnswerIsToldSo) {
  const Finding finding = look_at("");
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_EQ(finding.output, "closed the connection without an answer");
  EXPECT_EQ(finding.answered_by, "");
  EXPECT_EQ(look_at("HTTP/1.1 200 O").output, "closed the connection within its answer: \"HTTP/1.1 200 O\"");
}

TEST_F(HttpProbe, ARefusedConnectionNamesThePort) {
  const test::SilentPort silent(loop);
  const Finding finding = look(check_of(CheckType::http), silent.port());
  EXPECT_EQ(finding.verdict, Verdict::fail);
  EXPECT_EQ(finding.output, "connection refused on " + silent.port().text());
  EXPECT_EQ(finding.answered_by, "");
}

TEST_F(HttpProbe, LocalhostIsIpv6Too) {
  ScriptedServer::Script script;
  script.v6 = true;
  server = std::make_unique<ScriptedServer>(loop, script);
  for (const std::string host : {"localhost", "shop.localhost", "::1", "[::1]"}) {
    const Finding finding = look(check_of(CheckType::http), server->port(), host);
    EXPECT_EQ(finding.verdict, Verdict::pass) << host;
    EXPECT_EQ(finding.answered_by, "::1");
  }
  EXPECT_THAT(server->requests.at(2), HasSubstr("\r\nHost: [::1]:" + server->port().text() + "\r\n"));
  EXPECT_EQ(look(check_of(CheckType::http), server->port(), "127.0.0.1").verdict, Verdict::fail);
}

TEST_F(HttpProbe, APoliteServerIsNotResetWithinItsAnswer) {
  look_at(answer_of("200 OK", std::string(3000, 'x')));
  settle();
  EXPECT_EQ(server->broken, 0U);
}

}  // namespace
}  // namespace portd
