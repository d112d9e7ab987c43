#include "daemon/api/page.hpp"

#include <array>
#include <cstdint>

#include "common/sha256.hpp"

namespace portd::api {
namespace {

std::string escaped_html(std::string_view text) {
  std::string html;
  for (const char character : text) {
    switch (character) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += character;
    }
  }
  return html;
}

std::string cell(std::string_view text) { return "<td>" + escaped_html(text) + "</td>"; }

std::string row(const Lease& lease) {
  const std::string state(to_text(lease.state));
  const std::string url = escaped_html(lease.url());
  std::string html = "<tr><td><a href=\"" + url + "\">" + lease.port.text() + "</a></td>";
  html += cell(lease.key.text()) + "<td><span class=\"state " + state + "\">" + state + "</span></td>";
  html += cell(to_text(lease.kind));
  html += cell(lease.holder && lease.holder_alive ? std::to_string(lease.holder->id.pid) : "");
  html += cell(lease.holder && lease.holder_alive ? lease.holder->command : "");
  return html + cell(lease.cwd) + "</tr>\n";
}

std::string rows(const std::vector<Lease>& leases) {
  if (leases.empty()) {
    return "<tr><td class=\"none\" colspan=\"7\">No port is leased yet. Ask for one: "
           "<code>portc port shop</code></td></tr>\n";
  }
  std::string html;
  for (const Lease& lease : leases) html += row(lease);
  return html;
}

std::string base64(const std::array<std::uint8_t, 32>& digest) {
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < digest.size(); at += 3) {
    const auto byte = [&](std::size_t i) { return i < digest.size() ? std::uint32_t{digest.at(i)} : 0U; };
    const std::uint32_t group = byte(at) << 16U | byte(at + 1) << 8U | byte(at + 2);
    for (const unsigned shift : {18U, 12U, 6U, 0U}) text += alphabet[group >> shift & 63U];
  }
  text.back() = '=';  // 32 bytes leave one place of the last group
  return text;
}

std::string_view between(std::string_view text, std::string_view open, std::string_view close) {
  const auto begin = text.find(open) + open.size();
  return text.substr(begin, text.find(close, begin) - begin);
}

}  // namespace

std::string page_html(const std::vector<Lease>& leases) {
  constexpr std::string_view mark = "<!--leases-->";
  std::string html(page_template());
  return html.replace(html.find(mark), mark.size(), rows(leases));
}

std::string choices_html(const std::string& title, const std::vector<Choice>& choices) {
  std::string html =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>portd</title>\n<style>";
  html += between(page_template(), "<style>", "</style>");
  html += "</style>\n</head>\n<body>\n<h1>" + escaped_html(title) + "</h1>\n";
  html += choices.empty() ? "<p>Nothing is leased or registered yet.</p>\n" : "<p>Choose one:</p>\n<table><tbody>\n";
  for (const Choice& choice : choices) {
    html += "<tr><td><a href=\"" + escaped_html(choice.url) + "\">" + escaped_html(choice.name) + "</a></td>" +
            cell(choice.url) + "</tr>\n";
  }
  if (!choices.empty()) html += "</tbody></table>\n";
  return html + "</body>\n</html>\n";
}

std::string page_policy() {
  const std::string_view style = between(page_template(), "<style>", "</style>");
  return "default-src 'none'; style-src 'sha256-" + base64(sha256(style)) +
         "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

}  // namespace portd::api
