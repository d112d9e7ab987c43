#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>
#include <utility>

#include "daemon/core/containers.hpp"

namespace portd::containers {

// A container engine (Docker, Podman) on its unix socket: GET /containers/json of Docker's Engine API, a connection a
// question. Waits two seconds, and reads a megabyte, at most.
class Engine final : public core::Containers {
 public:
  // `socket`: its path; empty: there is none. `loop` outlives this.
  Engine(boost::asio::io_context& loop, std::string socket,
         std::chrono::milliseconds patience = std::chrono::seconds(2))
      : loop_(loop), socket_(std::move(socket)), patience_(patience) {}

  // This one from the next question on. Whether it is another.
  bool use(const std::string& socket) { return std::exchange(socket_, socket) != socket; }

  bool ask(Told told) override;

 private:
  boost::asio::io_context& loop_;
  std::string socket_;
  std::chrono::milliseconds patience_;
};

}  // namespace portd::containers
