#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/service.hpp"
#include "daemon/core/dependency_graph.hpp"
#include "daemon/core/journal.hpp"
#include "daemon/core/leases.hpp"

namespace portd::core {

// What is registered. A registration stands on the lease that gives it its port and goes with it, so that no dead
// instance stays behind; what a service registers itself also goes when the holder of that lease exits. What states a
// port that portd did not lease stands by itself. Loop thread only.
class Registry : public JournalListener {
 public:
  struct Rules {
    std::vector<std::string> allowed_hosts{};  // that checks may reach, beside loopback
  };
  struct Declared {
    Registration registration;
    bool created = false;
  };

  // The references must outlive this.
  Registry(Rules rules, Leases& leases, Journal& journal);

  // Other rules from now on, for what is declared from now on.
  void use(Rules rules) { rules_ = std::move(rules); }

  // At start-up, after the leases: takes what the store kept, without what stood on a lease that is gone, and without
  // what was to end with a holder that has exited.
  void restore(std::vector<Registration> registrations, Now now);

  // Registers, or replaces what was declared. Without a port: the key's lease, granted if missing. By the live holder
  // of the lease or a descendant of it, it ends with that holder; by anybody else, it does not. Errors: invalid_value,
  // dependency_cycle, host_not_allowed, port_in_use, and those of a grant.
  Result<Declared> declare(const InstanceKey& key, Declaration declaration, const Caller& caller, Now now);
  // The lease stays. Error: not_found.
  Result<void> withdraw(const InstanceKey& key, Now now);
  // Error: not_found.
  Result<Registration> maintain(const InstanceKey& key, const MaintenanceOrder& order, Now now);

  const std::map<InstanceKey, Registration>& all() const { return registered_; }
  const Registration* find(const InstanceKey& key) const;
  // Error: not_found, with the next step.
  Result<Registration> registered(const InstanceKey& key) const;

  // The port it serves on; its lease's, or the declared one.
  Port port_of(const Registration& registration) const;
  // The lease it stands on, or nothing.
  const Lease* lease_of(const Registration& registration) const;
  // The instance that stands on a lease, or nothing.
  const Registration* standing_on(const Lease& lease) const;

  const Dependencies& dependencies() const { return dependencies_; }

  // A lease has ended, and with it the registration that stood on it.
  void lease_ended(const Lease& lease, Now now);

  // The holder of a lease has exited, and with it what it had registered there.
  void lease_vacated(const Lease& lease, Now now);

  // Ends what should have ended with a holder and did not, because the disk was full or nobody was told of the exit.
  void end_orphans(Now now);

  // Called whenever an instance was declared, also when nothing new was declared; was changed; or is gone.
  void on_changed(std::function<void(const InstanceKey&)> callback) { changed_ = std::move(callback); }

  void committed(const Changes&) override {}
  void undo(const Changes& changes) override;

 private:
  Result<void> check_hosts(const Declaration& declaration) const;
  Result<void> check_cycle(const InstanceKey& key, const Declaration& declaration) const;
  Result<void> place(Registration& registration, const Caller& caller, Now now);
  Result<void> place_on_port(Registration& registration, Port port) const;
  bool is_orphan(const Registration& registration) const;
  void put(std::optional<Registration> before, std::optional<Registration> after, Now now);
  void set(const InstanceKey& key, const std::optional<Registration>& registration);

  Rules rules_;
  Leases& leases_;
  Journal& journal_;
  std::map<InstanceKey, Registration> registered_;
  Dependencies dependencies_;  // of each registered instance
  std::function<void(const InstanceKey&)> changed_ = [](const InstanceKey&) {};
};

}  // namespace portd::core
