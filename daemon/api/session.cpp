#include "daemon/api/session.hpp"

#include <spdlog/spdlog.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <utility>

#include "daemon/api/body_reader.hpp"
#include "daemon/api/descriptor_passing.hpp"
#include "daemon/api/request_log.hpp"

namespace portd::api {
namespace {

using boost::system::error_code;

constexpr std::size_t read_size = 4096;
constexpr std::size_t output_kept = std::size_t{64} * 1024;  // answers of pipelined requests leave together up to here
constexpr std::size_t most_drained = std::size_t{1024} * 1024;
constexpr Millis linger_time{1'000};

Error headers_too_large() {
  return {Problem::headers_too_large, "the head of the request is too large; portd takes 16 KB"};
}

Response no_route(const Match& match, const Request& request) {
  if (match.allowed.empty()) {
    return problem_response(
        {Problem::not_found, "there is no " + std::string(request.path) + "; GET /openapi.json lists what there is"});
  }
  Response response =
      problem_response({Problem::method_not_allowed, std::string(request.path) + " does not take " +
                                                         std::string(request.method) + "; it takes " + match.allowed});
  response.extra = "Allow: " + match.allowed + "\r\n";
  return response;
}

// A bug, or no memory: the client learns nothing of the inside.
Response failed(const Request& request, const char* what) {
  spdlog::error("event=request-failed method={} path={} what=\"{}\"", request.method, request.path, what);
  return problem_response({Problem::overloaded, "portd failed at this request; its log says why. Ask again"});
}

}  // namespace

Session::Session(Socket socket, Peer peer, Surroundings& around)
    : socket_(std::move(socket)), peer_(peer), around_(around) {
  enter(Phase::idle, around_.limits.idle_time);
}

Task<void> Session::run() {
  bool goes_on = true;  // GCC 12 miscompiles `while (co_await serve()) {}`
  while (goes_on) goes_on = co_await serve();
}

Task<void> Session::turn_away() {
  const Error error{Problem::overloaded, "portd has as many connections as it takes; close some, or ask again"};
  co_await refuse(error);
}

// One request and its answer; false: the connection is over.
Task<bool> Session::serve() {
  const std::size_t head_size = co_await read_head();
  if (head_size == 0) co_return false;
  auto head = scan_head(input_.bytes().substr(0, head_size));
  if (!head) co_return co_await refuse(head.error());

  std::optional<Error> refused = refusal(*head, around_.access, source());
  Body body;
  if (head->has_body()) {
    // Whoever waits for leave to send a body that will not be taken need not send it.
    if (refused && head->expects_continue) co_return co_await refuse(*refused);
    body = co_await read_body(*head, head_size);
    if (body.lost) co_return false;
    if (body.error && !refused) refused = body.error;
    if (body.error) co_return co_await refuse(*refused);
    head = scan_head(input_.bytes().substr(0, head_size));  // it may have moved
  }

  const Request request{head->method,
                        head->path,
                        head->query,
                        std::move(body.text),
                        caller(),
                        head->last_event_id,
                        head->if_match,
                        head->if_none_match,
                        !std::holds_alternative<core::TcpPair>(peer_),
                        around_.unix_path};
  const RequestLog log(request);
  const auto name = named_service(*head, around_.access, source());
  const Match match = name ? name_route(request.method, *name) : find_route(request.method, request.path);
  const SteadyPoint read_at = std::chrono::steady_clock::now();
  Response response;
  if (refused) {
    response = problem_response(*refused);
  } else if (match.route != nullptr && match.route->is_streamed()) {
    co_return co_await answer_streamed(match, request);
  } else if (match.route == nullptr || match.route->is_at_once()) {
    response = answer_at_once(match, request);
  } else {
    response = co_await answer(match, request);
  }
  around_.requests.answered(place_of(match.route), response.status, std::chrono::steady_clock::now() - read_at);
  const bool keep_alive = head->keep_alive && !around_.stopping && !response.descriptor;
  const Framing framing{keep_alive, request.method == "HEAD"};
  log.answered(response.status);
  input_.consume(head_size);
  co_return co_await send(response, framing);
}

// The size of the next request's head; 0: the connection is over.
Task<std::size_t> Session::read_head() {
  const std::size_t limit = around_.limits.headers;
  std::size_t seen = 0;
  while (true) {
    const auto end = find_head_end(input_.bytes(), seen);
    const std::size_t head_size = end ? end->value_or(0) : 0;
    seen = input_.bytes().size();
    std::optional<Error> refused;
    if (!end) refused = end.error();
    if (head_size > limit || (head_size == 0 && seen > limit)) refused = headers_too_large();
    if (refused) {
      co_await refuse(*refused);
      co_return 0;
    }
    if (head_size > 0) co_return head_size;
    if (seen > 0 && phase_ != Phase::head) enter(Phase::head, around_.limits.header_time);
    if (!co_await read_more()) co_return 0;
  }
}

Task<Session::Body> Session::read_body(const HttpHead& head, std::size_t head_size) {
  bool says_continue = head.expects_continue;
  enter(Phase::body, around_.limits.body_time);
  BodyReader reader(head, around_.limits.body);
  while (true) {
    const auto taken = reader.put(input_.bytes().substr(head_size));
    if (!taken) co_return Body{false, taken.error(), {}};
    input_.erase(head_size, *taken);
    if (reader.done()) co_return Body{false, std::nullopt, reader.take()};
    if (std::exchange(says_continue, false)) output_ += "HTTP/1.1 100 Continue\r\n\r\n";
    if (!co_await read_more()) co_return Body{true, std::nullopt, {}};
  }
}

Response Session::answer_at_once(const Match& match, const Request& request) {
  if (match.route == nullptr) return no_route(match, request);
  Call call = call_of(match, request);
  try {
    return std::get<AtOnce>(match.route->handler)(call);
  } catch (const std::exception& error) {
    return failed(request, error.what());
  }
}

Task<Response> Session::answer(const Match& match, const Request& request) {
  if (!output_.empty()) co_await flush();  // earlier answers do not wait for this one
  enter(Phase::busy, Millis::max());
  Call call = call_of(match, request);
  try {
    co_return co_await std::get<Awaited>(match.route->handler)(call);
  } catch (const std::exception& error) {
    co_return failed(request, error.what());
  }
}

// The last answer on its connection.
Task<bool> Session::answer_streamed(const Match& match, const Request& request) {
  const bool head_only = request.method == "HEAD";
  if (head_only) {
    co_await open(event_stream_headers());
    co_return co_await say_goodbye();
  }
  const RequestLog log(request);  // once the stream is over
  Call call = call_of(match, request);
  std::optional<Response> refused;
  try {
    refused = co_await std::get<Streamed>(match.route->handler)(call, *this);
  } catch (const std::exception& error) {
    spdlog::error("event=request-failed method={} path={} what=\"{}\"", request.method, request.path, error.what());
  }
  log.answered(refused ? refused->status : 200);
  around_.requests.answered(place_of(match.route), refused ? refused->status : 200, {});
  if (refused) append(output_, *refused, {false, false});
  co_return co_await say_goodbye();
}

Task<bool> Session::open(std::string_view headers) {
  output_.append("HTTP/1.1 200 OK\r\n").append(headers).append("Connection: close\r\n\r\n");
  return write({});
}

Task<bool> Session::write(std::string_view bytes) {
  output_ += bytes;
  const bool sent = co_await flush();
  enter(Phase::busy, Millis::max());
  co_return sent;
}

Call Session::call_of(const Match& match, const Request& request) {
  return {around_.context,       around_.port_waiters,
          around_.event_waiters, around_.event_texts,
          around_.health,        request,
          match.path_values,     peer_gone_};
}

// Answers of pipelined requests are sent together, when there is nothing more to read.
Task<bool> Session::send(Response& response, Framing framing) {
  append(output_, response, framing);
  if (response.descriptor) {
    const bool sent = co_await send_first_byte(response.descriptor);
    if (!sent) co_return false;
  }
  if (!framing.keep_alive) co_return co_await say_goodbye();
  enter(Phase::idle, around_.limits.idle_time);
  co_return output_.size() < output_kept || co_await flush();
}

// The byte that carries a descriptor goes alone, so that nothing is kept of it by the time the client has the answer.
// Earlier answers have left already.
Task<bool> Session::send_first_byte(Descriptor& descriptor) {
  enter(Phase::writing, around_.limits.idle_time);
  error_code error = send_with(socket_.native_handle(), output_.front(), descriptor);
  while (error == boost::asio::error::would_block) {
    co_await socket_.async_wait(Socket::wait_write, boost::asio::redirect_error(awaited, error));
    if (!error) error = send_with(socket_.native_handle(), output_.front(), descriptor);
  }
  descriptor.reset();
  output_.erase(0, 1);
  if (error) spdlog::warn("event=handover-failed what=\"{}\"", error.message());
  co_return !error;
}

// Answers and ends the connection: what follows on it cannot be trusted, or was not read.
Task<bool> Session::refuse(const Error& error) {
  log_refused(error);
  const Response response = problem_response(error);
  around_.requests.answered(place_of(nullptr), response.status, {});
  append(output_, response, {false, false});
  return say_goodbye();
}

// Sends the last answer and lets the client read it: closing with bytes unread would reset the connection
// (RFC 9112, section 9.6). Always false.
Task<bool> Session::say_goodbye() {
  if (!co_await flush()) co_return false;
  enter(Phase::closing, linger_time);
  error_code error;
  socket_.shutdown(Socket::shutdown_send, error);
  for (std::size_t drained = 0; !error && drained < most_drained;) {
    input_.consume(input_.bytes().size());
    input_.reserve(read_size);
    const auto room = boost::asio::buffer(input_.room().data(), input_.room().size());
    drained += co_await socket_.async_read_some(room, boost::asio::redirect_error(awaited, error));
  }
  co_return false;
}

Task<bool> Session::read_more() {
  if (!output_.empty()) {
    const Phase phase = phase_;
    const SteadyPoint deadline = deadline_;
    if (!co_await flush()) co_return false;
    phase_ = phase;
    deadline_ = deadline;
  }
  input_.reserve(read_size);
  error_code error;
  const auto room = boost::asio::buffer(input_.room().data(), input_.room().size());
  input_.add(co_await socket_.async_read_some(room, boost::asio::redirect_error(awaited, error)));
  co_return !error;
}

Task<bool> Session::flush() {
  error_code error;
  // The socket's buffer takes nearly every answer at once.
  const std::size_t sent = socket_.write_some(boost::asio::buffer(output_), error);
  if (error == boost::asio::error::would_block) error = {};
  if (!error && sent < output_.size()) {
    enter(Phase::writing, around_.limits.idle_time);
    const auto rest = boost::asio::buffer(output_) + sent;
    co_await boost::asio::async_write(socket_, rest, boost::asio::redirect_error(awaited, error));
  }
  output_.clear();
  if (output_.capacity() > output_kept) output_.shrink_to_fit();
  co_return !error;
}

Source Session::source() const {
  if (const auto* tcp = std::get_if<core::TcpPair>(&peer_)) {
    return {false, tcp->server_port, around_.context.peers.uid_of(*tcp)};
  }
  const auto& process = std::get<std::optional<core::Caller>>(peer_);
  return {true, 0, process ? std::optional(process->uid) : std::nullopt};
}

core::Caller Session::caller() const {
  const auto* process = std::get_if<std::optional<core::Caller>>(&peer_);
  return {around_.access.owner, process != nullptr && *process ? (*process)->pid : std::nullopt};
}

bool Session::peer_gone() {
  char byte = 0;
  const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

void Session::close() {
  error_code ignored;
  socket_.close(ignored);
}

void Session::enter(Phase phase, Millis time) {
  phase_ = phase;
  deadline_ = time == Millis::max() ? SteadyPoint::max() : std::chrono::steady_clock::now() + time;
}

}  // namespace portd::api
