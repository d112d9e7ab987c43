#pragma once

#include <optional>

#include "daemon/core/alerts.hpp"
#include "daemon/watch/machine_watch.hpp"

namespace portd::watch {

// portd serves on another port than it is to, because that one was taken: the alert `endpoint-taken` says who has it
// now, and once nobody does, how portd comes back to it. It stays until portd is started anew. Loop thread only.
class EndpointWatch {
 public:
  // The references outlive this.
  EndpointWatch(const MachineWatch& machine, core::Alerts& alerts) : machine_(machine), alerts_(alerts) {}

  void fell_back(Port wanted, Port got, TimePoint now);

  // By what the machine's newest look has seen. Nothing to do when portd serves where it is to.
  void look(TimePoint now);

 private:
  struct Fallback {
    Port wanted;
    Port got;
    bool seen = false;  // who has it; before that, nobody in the listing does not mean that it is free
  };

  const Listener* taker() const;
  void tell_taken(const Listener* by, TimePoint now);
  void tell_free(TimePoint now);

  const MachineWatch& machine_;
  core::Alerts& alerts_;
  std::optional<Fallback> fallback_;
};

}  // namespace portd::watch
