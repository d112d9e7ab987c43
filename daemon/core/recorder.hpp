#pragma once

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "daemon/core/event.hpp"
#include "daemon/core/health_audience.hpp"
#include "daemon/core/journal.hpp"
#include "daemon/core/leases.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/core/record.hpp"
#include "daemon/core/service_tally.hpp"
#include "daemon/core/sightings.hpp"

namespace portd::core {

// Makes records of what happens to ports and services: intervals as they begin and end, counts once a minute. Loop
// thread only.
class Recorder : public JournalListener, public Sightings, public HealthAudience {
 public:
  // The references must outlive this. `owner`: the user whose leases these are. `clock`: for what comes without a time.
  Recorder(RecordSink& sink, const Leases& leases, const Processes& processes, uid_t owner, std::function<Now()> clock);

  // Once the leases are restored, before anything is looked for or granted.
  void begin(Now now);
  // Often; hands over a minute once it is over, and tells everybody anew after records were lost.
  void look(Now now);
  // What was counted up to now, for a reader of the statistics.
  void hand_over(Now now);

  void committed(const Changes& changes) override;
  void undo(const Changes& changes) override;
  void appeared(const Listener& listener, TimePoint at) override;
  void vanished(const Listener& listener, TimePoint at) override;
  void checked(const InstanceKey& key, const Finding& finding) override { services_.checked(key, finding); }
  void became(const InstanceKey& key, Status status) override { services_.became(key, status, clock_().steady); }
  void left(const InstanceKey& key) override { services_.left(key, clock_().steady); }

  // What was published: it counts leases that become contested, and looks anew whose their listeners are.
  void heard(const Event& event);
  // A grant was refused because the port is in use.
  void refused_port() { ++changes_.conflicts; }

  // As it is now.
  PortCounts ports() const;

 private:
  struct Present {
    Listener listener;
    Came came;  // what was told of it last
  };

  void add(Records& records, const LeaseChange& change);
  Came came(const Listener& listener, TimePoint at) const;
  void judge_anew(Records& records, const Change& change);
  void judge_anew(Records& records, Port port, const std::string& reason, TimePoint at);
  void tell_everybody(TimePoint at);

  RecordSink& sink_;
  const Leases& leases_;
  const Processes& processes_;
  uid_t owner_;
  std::function<Now()> clock_;
  TimePoint minute_{};  // which is being counted
  ChangeCounts changes_;
  ServiceTally services_;
  std::map<std::pair<Port, std::string>, Present> listeners_;  // that are there, by port and identity
};

}  // namespace portd::core
