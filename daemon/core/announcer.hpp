#pragma once

#include <functional>

#include "daemon/core/event_log.hpp"
#include "daemon/core/health.hpp"
#include "daemon/core/journal.hpp"
#include "daemon/core/registry.hpp"

namespace portd::core {

// Makes events of what has become durable, of what the watcher found, and of alerts. Loop thread only.
class Announcer : public JournalListener {
 public:
  // The references must outlive this. `clock`: for what comes without a time.
  Announcer(EventLog& events, const Leases& leases, const Registry& registry, Health& health,
            std::function<Now()> clock)
      : events_(events), leases_(leases), registry_(registry), health_(health), clock_(std::move(clock)) {}

  void committed(const Changes& changes) override;
  void undo(const Changes&) override { events_.flush(); }

  void state_changed(const Lease& lease);
  // Raised, acknowledged or resolved.
  void alert_changed(const Alert& alert);

 private:
  void announce(const LeaseChange& change);
  void announce(const ServiceChange& change);
  ServiceNews news_of(const Registration& registration) const;

  EventLog& events_;
  const Leases& leases_;
  const Registry& registry_;
  Health& health_;
  std::function<Now()> clock_;
};

}  // namespace portd::core
