#include "daemon/outbound/http_answer.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include "daemon/outbound/readable.hpp"

namespace portd::outbound {
namespace {

namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t shown = 200;
constexpr std::size_t most_read = 4096;  // at once, by whoever reads

// An alert or a handshake record (RFC 8446, section 5.1).
bool is_tls(std::string_view bytes) {
  return bytes.size() >= 2 && (bytes[0] == 0x15 || bytes[0] == 0x16) && bytes[1] == 0x03;
}

}  // namespace

struct HttpAnswer::Parser {
  http::response_parser<http::buffer_body> beast;

  explicit Parser(bool no_body) {
    beast.header_limit(head_limit);
    beast.body_limit(boost::none);  // whoever reads stops in time
    beast.skip(no_body);
  }
};

HttpAnswer::HttpAnswer(bool no_body) : no_body_(no_body), parser_(std::make_unique<Parser>(no_body)) {}
HttpAnswer::~HttpAnswer() = default;

void HttpAnswer::take(std::string_view bytes) {
  if (bytes.empty() || !flaw_.empty()) return;
  pending_ += bytes;
  if (!begun_) look_at_begin();
  if (begun_ && flaw_.empty() && !has_head_) parse_head();
  if (has_head_) parse_body();
}

void HttpAnswer::finish(std::string_view how) {
  is_over_ = true;
  if (has_head_ || !flaw_.empty()) return;
  flaw_ = std::string(how) + " the connection ";
  flaw_ += pending_.empty() ? "without an answer" : "within its answer: " + quoted_bytes(pending_);
}

// Beast looks at nothing before the head is whole; what is no HTTP may never send that.
void HttpAnswer::look_at_begin() {
  constexpr std::string_view begin = "HTTP/1.";
  if (begin.starts_with(pending_.substr(0, begin.size())) || pending_.starts_with(begin)) {
    begun_ = pending_.size() >= begin.size();
  } else if (is_tls(pending_)) {
    flaw_ = std::string(speaks_tls);
  } else if (pending_.size() > 1) {  // one byte may be the first of TLS
    flaw_ = "not HTTP: " + quoted_bytes(pending_);
  }
}

// Some servers leave out the space in front of a reason that they leave out; Beast would refuse them.
void HttpAnswer::mend_status_line() {
  constexpr std::size_t end_of_status = std::string_view("HTTP/1.1 200").size();
  const bool is_short = pending_.starts_with("HTTP/1.") && pending_.size() > end_of_status;
  if (is_short && pending_[end_of_status] == '\r') pending_.insert(end_of_status, 1, ' ');
}

void HttpAnswer::parse_head() {
  while (!parser_->beast.is_header_done()) {
    mend_status_line();
    error_code error;
    const std::size_t used = parser_->beast.put(boost::asio::buffer(pending_), error);
    pending_.erase(0, used);
    parsed_ += used;
    const bool is_too_large = parsed_ > head_limit || parsed_ + pending_.size() > head_limit + most_read;
    if (error == http::error::header_limit || is_too_large) {
      flaw_ = "the head of its answer is larger than 16 KB";
    } else if (error && error != http::error::need_more) {
      flaw_ = "not HTTP (" + one_line(error.message(), shown) + ")";
    }
    if (error || is_too_large) return;
    const bool is_interim = parser_->beast.is_header_done() && status() / 100 == 1 && status() != 101;
    if (is_interim) parser_ = std::make_unique<Parser>(no_body_);
  }
  has_head_ = true;
}

void HttpAnswer::parse_body() {
  std::array<char, 4096> room;
  auto& beast = parser_->beast;
  while (!is_complete() && !pending_.empty()) {
    auto& body = beast.get().body();
    body.data = room.data();
    body.size = std::min(room.size(), body_limit - body_.size());
    const std::size_t offered = body.size;
    error_code error;
    const std::size_t used = beast.put(boost::asio::buffer(pending_), error);
    pending_.erase(0, used);
    body_.append(room.data(), offered - body.size);
    if (error == http::error::need_buffer) continue;
    if (error == http::error::need_more && pending_.size() < most_read) return;
    is_over_ = is_over_ || error.failed();  // chunks that are none
  }
}

bool HttpAnswer::is_complete() const {
  return is_over_ || body_.size() >= body_limit || (has_head_ && parser_->beast.is_done());
}

unsigned HttpAnswer::status() const { return parser_->beast.get().result_int(); }

std::string HttpAnswer::title() const {
  const std::string reason = one_line(parser_->beast.get().reason(), shown);
  const auto known = http::obsolete_reason(parser_->beast.get().result());
  return std::to_string(status()) + " " + (reason.empty() ? std::string(known) : reason);
}

std::string HttpAnswer::location() const { return one_line(parser_->beast.get()[http::field::location], shown); }

}  // namespace portd::outbound
