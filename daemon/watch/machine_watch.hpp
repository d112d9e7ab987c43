#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/time.hpp"
#include "daemon/core/containers.hpp"
#include "daemon/core/machine.hpp"
#include "daemon/core/port_set.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/core/sightings.hpp"

namespace portd::watch {

// Keeps the set of everything that listens on this machine. A look lists the sockets; processes are looked for only
// where a socket is new, where none was found yet, and where the one that had it has ended. Loop thread only.
class MachineWatch final : public core::Machine {
 public:
  // The references outlive this. `owner`: the user we are; other users' processes are hidden from all but root.
  // `ephemeral`: the ports that the kernel gives away, if that is known.
  MachineWatch(const core::Listeners& listeners, const core::Processes& processes, uid_t owner,
               std::optional<PortRange> ephemeral);

  // Who is asked whose published port a socket is. It outlives this. Whoever asks may be answered a few looks later.
  void ask(core::Containers& containers) { containers_ = &containers; }

  // Whoever is asked may know more by now: about everything whose container is not known.
  void ask_again();

  // Who hears of what comes and goes, from now on. It outlives this.
  void tell(core::Sightings& sightings) { sightings_.push_back(&sightings); }

  // One look. Where nothing came or went it costs the listing, a comparison, and a glance at a few processes.
  void look(Now now);

  std::vector<Listener> on(Port port) override;
  std::vector<Listener> all() override;
  std::optional<Container> container_of(const Listener& listener) const override;
  bool awaits_container(const Listener& listener) const override;

  // As the newest look saw it.
  bool any_on(Port port) const { return ports_.contains(port); }
  // Processes as they were found; without origins and notes.
  std::vector<const Listener*> known_on(Port port) const;
  // Whether it is about to be known whose published port it is.
  bool awaits_container(Port port) const;
  // Asks for the processes of these ports anew.
  void identify(const std::vector<Port>& ports);

 private:
  struct Entry {
    Listener listener;  // as it was told of
    bool told = false;
  };
  struct KnownOrigin {
    ProcessId process{};
    Origin origin{};
    SteadyPoint at{};
  };
  // About a socket that may be a container's: asked a few times, for the engine publishes a port before it says so.
  struct Question {
    int asked = 0;
    SteadyPoint again{};
  };
  using Entries = std::map<core::OpenSocket, Entry>;
  using Sockets = std::vector<core::OpenSocket>;

  void take(Sockets sockets);
  void remove(const core::OpenSocket& socket);
  void count_ports();
  void glance_at_processes();
  void identify(const std::set<core::OpenSocket>& sockets);
  void settle(const core::OpenSocket& socket, Entry& entry, Listener found);
  void appear(const core::OpenSocket& socket, Entry& entry);
  void vanish(Entry& entry);
  void ask_for_containers(SteadyPoint now);
  void learn(const std::vector<core::PublishedPort>& published);
  void recognise(const core::OpenSocket& socket, Entry& entry, const Container& container);
  bool may_be_published(const Listener& listener) const;
  bool is_unknown(const Entry& entry) const;
  bool is_quiet(const core::OpenSocket& socket) const;
  std::pair<Entries::const_iterator, Entries::const_iterator> range_of(Port port) const;
  Listener in_full(const Listener& listener, Millis most_age);
  const Origin& origin_of(const ProcessId& process, Millis most_age);

  const core::Listeners& listeners_;
  const core::Processes& processes_;
  uid_t owner_;
  std::optional<PortRange> ephemeral_;
  std::vector<core::Sightings*> sightings_;

  Sockets listed_;  // in the order in which the kernel told of them: mostly the same again
  Entries entries_;
  core::PortSet ports_;                      // that any of them is on
  std::set<core::OpenSocket> unknown_;       // whose process may be seen, and was not yet
  std::optional<core::OpenSocket> glanced_;  // the last whose process was glanced at
  std::map<core::OpenSocket, Question> questions_;
  bool asking_ = false;
  std::map<pid_t, KnownOrigin> origins_;
  core::Containers* containers_ = nullptr;
  Now at_{};  // the newest look
};

}  // namespace portd::watch
