#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace portd::outbound {

inline constexpr std::string_view speaks_tls = "speaks TLS, not plain HTTP";

// An answer of HTTP/1.x, read as it comes in and only as far as its reader needs it (RFC 9112). Beast is behind it.
class HttpAnswer {
 public:
  static constexpr std::size_t head_limit = std::size_t{16} * 1024;
  static constexpr std::size_t body_limit = std::size_t{64} * 1024;  // as much is kept

  // `no_body`: to a HEAD request.
  explicit HttpAnswer(bool no_body);
  ~HttpAnswer();

  // What was received since the last time.
  void take(std::string_view bytes);
  // The other end sends no more: it has "closed" or "reset" the connection.
  void finish(std::string_view how);

  // Why it is no answer, for people; empty: so far it is one.
  const std::string& flaw() const { return flaw_; }
  bool has_head() const { return has_head_; }
  // Whether more of it would tell nothing more.
  bool is_complete() const;

  // Once there is a head:
  unsigned status() const;
  std::string title() const;     // "200 OK"
  std::string location() const;  // of a redirect, else empty
  const std::string& body() const { return body_; }

 private:
  struct Parser;

  void look_at_begin();
  void mend_status_line();
  void parse_head();
  void parse_body();

  bool no_body_;
  std::unique_ptr<Parser> parser_;
  std::string pending_;  // received, not yet parsed
  std::string body_;
  std::string flaw_;
  std::size_t parsed_ = 0;  // bytes of heads, interim ones included
  bool begun_ = false;
  bool has_head_ = false;
  bool is_over_ = false;  // nothing more of use will come
};

}  // namespace portd::outbound
