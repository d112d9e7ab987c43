#include "daemon/health/http_probe.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string>
#include <utility>

#include "daemon/health/finding.hpp"
#include "daemon/outbound/connect.hpp"
#include "daemon/outbound/http_exchange.hpp"
#include "daemon/outbound/readable.hpp"

namespace portd::health {
namespace {

using boost::system::error_code;
using outbound::gist;
using outbound::HttpAnswer;
using outbound::one_line;
using outbound::Socket;
using Verdict = core::Finding::Verdict;

constexpr std::size_t body_shown = 4096;  // looked at for the output of a failure
constexpr std::size_t gist_shown = 200;
constexpr unsigned too_many_requests = 429;
constexpr std::string_view checked_with_tcp = "speaks TLS, not plain HTTP; check it with type tcp";

// What would end the line, or the field, is encoded.
std::string target_of(const std::string& path) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string target;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte != 0x7f) {
      target += c;
    } else {
      target += std::string("%") + digits[byte >> 4U] + digits[byte & 15U];
    }
  }
  return target;
}

std::string request_text(const core::Probe& probe) {
  const HttpExpectation& http = probe.check.http;
  const bool is_v6 = probe.host.find(':') != std::string::npos && !probe.host.starts_with('[');
  std::string text = http.method + " " + target_of(http.path) + " HTTP/1.1\r\nHost: ";
  text += (is_v6 ? "[" + probe.host + "]" : probe.host) + ":" + probe.port.text();
  // Not "Connection: close": who closes first keeps the port in TIME_WAIT, and that shall not be the service.
  text += "\r\nUser-Agent: portd/" PORTD_VERSION "\r\nAccept: */*\r\n";
  if (http.method == "POST") text += "Content-Length: 0\r\n";
  return text + "\r\n";
}

Verdict verdict_of(unsigned status, const HttpExpectation& expected) {
  if (!expected.statuses.empty()) {
    const bool stated = std::ranges::find(expected.statuses, static_cast<int>(status)) != expected.statuses.end();
    return stated ? Verdict::pass : Verdict::fail;
  }
  if (status == too_many_requests) return Verdict::warn;
  return status / 100 == 2 ? Verdict::pass : Verdict::fail;
}

// Whether more of the answer would change nothing.
bool is_decided(const HttpAnswer& answer, const HttpExpectation& expected) {
  if (!answer.flaw().empty() || answer.is_complete()) return true;
  if (!answer.has_head()) return false;
  if (verdict_of(answer.status(), expected) == Verdict::fail) return answer.body().size() >= body_shown;
  return answer.body().find(expected.body) != std::string::npos;  // nothing is found at once
}

bool complains_of_plain_http(const std::string& body) {
  constexpr std::array<std::string_view, 3> complaints{"plain HTTP request was sent to HTTPS port",  // nginx
                                                       "HTTP request to an HTTPS server",            // Go
                                                       "speaking plain HTTP to an SSL-enabled"};     // Apache
  return std::ranges::any_of(complaints, [&](auto text) { return body.find(text) != std::string::npos; });
}

std::string expected_text(const std::vector<int>& statuses) {
  std::string text;
  for (const int status : statuses) text += (text.empty() ? ", expected " : " or ") + std::to_string(status);
  return text;
}

std::string unexpected_status(const HttpAnswer& answer, const HttpExpectation& expected) {
  std::string text = answer.title() + expected_text(expected.statuses);
  if (!answer.location().empty()) {
    return text + ", redirects are not followed (Location: " + answer.location() + ")";
  }
  if (answer.status() == 400 && complains_of_plain_http(answer.body()))
    return text + ": " + std::string(checked_with_tcp);
  const std::string said = gist(answer.body(), gist_shown);
  const bool is_news = !said.empty() && !answer.title().ends_with(said);
  return is_news ? text + ": " + said : text;
}

core::Finding judge(const HttpAnswer& answer, const HttpExpectation& expected) {
  if (answer.flaw() == outbound::speaks_tls) return {Verdict::fail, std::string(checked_with_tcp)};
  if (!answer.flaw().empty()) return {Verdict::fail, answer.flaw()};
  const Verdict verdict = verdict_of(answer.status(), expected);
  if (verdict == Verdict::fail) return {verdict, unexpected_status(answer, expected)};
  if (answer.body().find(expected.body) != std::string::npos) return {verdict, answer.title()};
  const bool is_cut = answer.body().size() >= HttpAnswer::body_limit;
  return {Verdict::fail, answer.title() + ", but \"" + one_line(expected.body, gist_shown) + "\" is not in " +
                             (is_cut ? "the first 64 KB of its body" : "its body")};
}

}  // namespace

Task<core::Finding> probe_http(Executor executor, const core::Probe& probe, outbound::Interruption& interruption) {
  Socket socket(executor);
  const outbound::Connected connected = co_await outbound::connect(socket, probe.host, probe.port, interruption);
  if (interruption.happened()) co_return timed_out(probe, "no connection");
  if (connected.error) co_return unconnected(probe, connected);

  const outbound::Interruption::Guard guard(interruption, [&socket] {
    error_code ignored;
    socket.close(ignored);
  });
  const HttpExpectation& expected = probe.check.http;
  HttpAnswer answer(expected.method == "HEAD");
  co_await outbound::send(socket, request_text(probe));
  const std::function<bool()> decided = [&] { return is_decided(answer, expected); };
  const std::size_t received = co_await outbound::receive(socket, answer, decided);
  const std::string answered_by = received > 0 ? connected.address : "";
  const bool is_open = !is_decided(answer, expected);
  if (is_open && !answer.has_head()) {
    co_return timed_out(probe, received > 0 ? "its answer did not end" : "connected, no answer", answered_by);
  }
  core::Finding finding = judge(answer, expected);
  if (is_open && verdict_of(answer.status(), expected) != Verdict::fail) {
    co_return timed_out(probe, finding.output, answered_by);
  }
  finding.answered_by = answered_by;
  co_return finding;
}

}  // namespace portd::health
