#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "client/address.hpp"
#include "common/descriptor.hpp"
#include "common/time.hpp"

namespace portd::client {

struct HttpResponse {
  int status = 0;
  std::string body;
  std::string etag{};
};

// A connection to portd: blocking HTTP/1.1 with time-outs, several requests one after the other.
class Connection {
 public:
  // Failures: no_daemon when nobody listens there, not_allowed when the socket is another user's.
  static Outcome<Connection> open(const Address& address);

  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&& other) noexcept;
  ~Connection();

  // Sends one request and reads the whole answer. An empty body sends none. Opens the connection again if portd
  // closed it after the last answer. `headers`: lines that end in "\r\n". Failure: no_daemon; whether portd acted is
  // then unknown (promise P3).
  Outcome<HttpResponse> request(std::string_view method, std::string_view target, std::string_view body,
                                Millis time_limit, std::string_view headers = "");

  // The same for an answer whose first byte carries a descriptor (SCM_RIGHTS, unix(7)), which goes into `into`; that
  // stays as it is where none comes.
  Outcome<HttpResponse> request_descriptor(std::string_view method, std::string_view target, std::string_view body,
                                           Millis time_limit, Descriptor& into);

  // Asks for an answer that has no end, and reads its head. With status 200 its body is for read_stream(), and nothing
  // else may be requested; any other answer is read whole.
  Outcome<HttpResponse> open_stream(std::string_view target, std::string_view headers, Millis time_limit);

  // The next bytes of that body, at least one. Failure: no_daemon when portd ended it, or was silent for so long.
  Outcome<std::string> read_stream(Millis patience);

  // The process that listens at the other end of a unix socket (unix(7)); nothing over TCP.
  std::optional<pid_t> peer() const;

  const Address& address() const { return address_; }

  // To wait for what read_stream() then reads; -1: closed.
  int descriptor() const { return descriptor_; }

 private:
  Connection(Address address, int descriptor);

  Outcome<void> send(std::string_view message, SteadyPoint deadline);
  // `pending`: what was read of the answer so far.
  Outcome<HttpResponse> receive(SteadyPoint deadline, std::string pending = "");
  // Its first byte, with the descriptor that it carries: a recv(2) before would lose that.
  Outcome<std::string> receive_first(SteadyPoint deadline, Descriptor& into);
  Outcome<std::size_t> read_some(char* into, std::size_t size, SteadyPoint deadline);
  Outcome<void> reopen();
  void close();

  Address address_;
  int descriptor_;
  std::string stream_;  // bytes of its body that came with the head
};

}  // namespace portd::client
