#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/service.hpp"
#include "daemon/core/alerts.hpp"
#include "daemon/core/check_state.hpp"
#include "daemon/core/event_log.hpp"
#include "daemon/core/health_audience.hpp"
#include "daemon/core/identity.hpp"
#include "daemon/core/prober.hpp"
#include "daemon/core/registry.hpp"

namespace portd::core {

// How every registered instance is: its checks, what they add up to, and whom a critical one takes down with it. Tells
// of changes by events, and raises one alert for a root instead of one for each that suffers. Nothing of it is stored.
// Loop thread only.
class Health : public ProbeDesk {
 public:
  // Checks that come from the configuration, of type command above all.
  using Configured = std::map<InstanceKey, std::vector<Check>>;

  // The references must outlive this. `clock`: for what comes without a caller.
  Health(Configured configured, const Registry& registry, Identity& identity, EventLog& events, Alerts& alerts,
         std::function<Now()> clock);

  // Before anything is registered.
  void use(Prober& prober) { prober_ = &prober; }

  // Hears of every finding and status from now on; outlives this.
  void tell(HealthAudience& audience) { audience_ = &audience; }

  // Other checks in place of those that were configured: new ones begin, others end, the same go on as they are.
  void use(Configured configured);

  // The instance was registered, changed, or is gone.
  void sync(const InstanceKey& key);
  // Something happened on the lease's port: its checks are made at once.
  void look_again(const Lease& lease);

  // How the instance looks to a reader at this moment.
  Instance view(const Registration& registration) const;

  // Whose check it is.
  const InstanceKey& key_of(CheckId id) const { return made_.at(id).key; }

  // A heartbeat of a ttl check. Errors: not_found, invalid_value.
  Result<void> beat(const InstanceKey& key, const std::string& check, const Heartbeat& heartbeat);

  SteadyPoint due(CheckId id) const override { return made_.at(id).state.due(); }
  Probe probe(CheckId id) const override;
  void record(CheckId id, Finding finding) override;
  void lapse(CheckId id) override;

 private:
  // A check that is being made.
  struct Made {
    InstanceKey key;
    CheckState state;
  };
  // What was told of an instance last.
  struct Told {
    std::vector<CheckId> checks{};  // in the order of the declaration, the configured ones last
    Status status = Status::passing;
    std::string reason{};
    std::vector<std::string> affected_by{};
    Revision revision{};
    std::optional<std::string> impostor{};
  };

  void begin_checks(const Registration& registration, Told& told);
  void end_checks(const std::vector<CheckId>& checks);
  std::vector<Check> checks_of(const Registration& registration) const;
  void tell_check(const Made& made, Status previous);
  void refresh(const InstanceKey& key);
  void tell_status(const InstanceKey& key, Told& told, Status previous);
  void spread();
  void tell_alerts(const std::map<InstanceKey, std::vector<InstanceKey>>& affected);

  struct Judgement {
    Status status = Status::passing;
    std::string reason{};
    std::optional<std::string> impostor{};
  };
  Judgement judge_instance(const Registration& registration, const Told& told) const;
  Judgement judge_without_checks(const Registration& registration) const;
  Judgement judge_checks(const Told& told) const;

  Configured configured_;
  const Registry& registry_;
  Identity& identity_;
  EventLog& events_;
  Alerts& alerts_;
  std::function<Now()> clock_;
  Prober* prober_ = nullptr;
  HealthAudience* audience_ = nullptr;
  std::map<InstanceKey, Told> told_;
  std::map<CheckId, Made> made_;
  CheckId next_id_ = 1;
  std::set<InstanceKey> critical_;
  bool suffering_ = false;  // whether anybody is affected by a critical one
  std::map<std::pair<AlertKind, InstanceKey>, std::string> alerted_;
};

}  // namespace portd::core
