#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string_view>

#include "daemon/core/journal.hpp"
#include "daemon/core/leases.hpp"
#include "daemon/core/peers.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/sockets/sockets.hpp"

namespace portd::portserver {

// What a conversation may use; all of it outlives it.
struct Context {
  core::Leases& leases;
  core::Journal& journal;
  core::Processes& processes;
  core::Peers& peers;
  std::function<Now()> now;
  uid_t owner = 0;  // only this user's processes
};

// One client, from its line to its port. Whoever is denied learns nothing but the end of the connection; the log says
// why. Shared by what it waits for. Loop thread only.
class Conversation : public std::enable_shared_from_this<Conversation> {
 public:
  using Ended = std::function<void(const std::shared_ptr<Conversation>&)>;

  // `asker`: who is at the other end, of the right user. `ended` is called once, at the end.
  Conversation(Socket socket, core::Caller asker, const Context& context, Ended ended);

  // Gives the client this long to send its line.
  void begin(Millis line_time);

  // Ends it, unless it has asked already: then it is answered once that is durable.
  void hurry();

 private:
  void read_more();
  void read(std::size_t size);
  void ask(std::string_view line);
  Result<core::Granted> grant(pid_t pid) const;
  void answer(const Lease& lease);
  void deny(std::string_view why);
  void end();
  void discard_unread();

  Socket socket_;
  Timer timer_;
  core::Caller asker_;
  const Context& context_;
  Ended ended_;
  std::array<char, 32> line_{};  // a pid has ten digits
  std::size_t size_ = 0;
  bool reading_ = true;
};

}  // namespace portd::portserver
