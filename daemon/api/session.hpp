#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "daemon/api/context.hpp"
#include "daemon/api/gate.hpp"
#include "daemon/api/input_buffer.hpp"
#include "daemon/api/request.hpp"
#include "daemon/api/response.hpp"
#include "daemon/api/routes.hpp"
#include "daemon/api/stream.hpp"
#include "daemon/api/waiters.hpp"
#include "daemon/sockets/sockets.hpp"

namespace portd::api {

// What all sessions of a server share; outlives them.
struct Surroundings {
  Context context;
  Access access;
  Limits limits;
  Waiters port_waiters;
  Waiters event_waiters;
  std::string unix_path{};  // where the unix socket is, if it has a name
  EventTexts event_texts{};
  HealthCache health{};
  metrics::Requests requests = context.metrics.requests(metered_routes());
  bool stopping = false;
};

// One connection: reads requests, lets them through the gate, answers in order. Loop thread only.
class Session : private Stream {
 public:
  Session(Socket socket, Peer peer, Surroundings& around);

  // Serves until the client or the server ends it.
  Task<void> run();

  // Answers 503, for there are too many connections.
  Task<void> turn_away();

  // Between two requests.
  bool idle() const { return phase_ == Phase::idle; }

  // When it has taken too long for what it is doing.
  SteadyPoint deadline() const { return deadline_; }

  // Ends whatever it waits for on the socket.
  void close();

 private:
  enum class Phase { idle, head, body, busy, writing, closing };
  struct Body {
    bool lost = false;  // the connection broke off
    std::optional<Error> error{};
    std::string text{};
  };

  Task<bool> serve();
  Task<std::size_t> read_head();
  Task<Body> read_body(const HttpHead& head, std::size_t head_size);
  Response answer_at_once(const Match& match, const Request& request);
  Task<Response> answer(const Match& match, const Request& request);
  Task<bool> answer_streamed(const Match& match, const Request& request);
  Task<bool> open(std::string_view headers) override;
  Task<bool> write(std::string_view bytes) override;
  Call call_of(const Match& match, const Request& request);
  Task<bool> send(Response& response, Framing framing);
  Task<bool> send_first_byte(Descriptor& descriptor);
  Task<bool> refuse(const Error& error);
  Task<bool> say_goodbye();
  Task<bool> read_more();
  Task<bool> flush();

  Source source() const;
  core::Caller caller() const;
  bool peer_gone();
  void enter(Phase phase, Millis time);

  Socket socket_;
  Peer peer_;
  Surroundings& around_;
  std::function<bool()> peer_gone_ = [this] { return peer_gone(); };
  InputBuffer input_;
  std::string output_;
  Phase phase_ = Phase::idle;
  SteadyPoint deadline_;
};

}  // namespace portd::api
