#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/json.hpp"
#include "common/time.hpp"
#include "daemon/api/configuration_desk.hpp"
#include "daemon/core/alerts.hpp"
#include "daemon/core/archive.hpp"
#include "daemon/core/discovery.hpp"
#include "daemon/core/event_log.hpp"
#include "daemon/core/health.hpp"
#include "daemon/core/journal.hpp"
#include "daemon/core/leases.hpp"
#include "daemon/core/machine.hpp"
#include "daemon/core/peers.hpp"
#include "daemon/core/processes.hpp"
#include "daemon/core/recorder.hpp"
#include "daemon/core/registry.hpp"
#include "daemon/metrics/metrics.hpp"

namespace portd::api {

// What the handlers may use; all of it outlives the server. Loop thread only.
struct Context {
  core::Leases& leases;
  core::Journal& journal;
  core::Processes& processes;
  core::Machine& machine;
  core::Peers& peers;
  core::Alerts& alerts;
  core::Registry& registry;
  core::Health& health;
  core::Discovery& discovery;
  core::EventLog& events;
  core::Archive& archive;    // of the history
  core::Recorder& recorder;  // what goes into it
  ConfigurationDesk& configuration;
  metrics::Metrics& metrics;
  std::function<Now()> now;
  // Compares the leases with the kernel, so that `state` is of this moment.
  std::function<void()> refresh_states;
  // "store" of GET /health: {"condition", "detail", "pending", ...}.
  std::function<Json()> store_status;
  TimePoint started_at{};
  std::string platform{};  // of GET /health: which implementation is linked
  // From which the kernel takes ports for outgoing connections, if that is known.
  std::optional<PortRange> ephemeral{};
};

// Who may talk to the server, beside the rules that are fixed.
struct Access {
  uid_t owner = 0;                         // only this user's processes
  std::string token;                       // for `Authorization: Bearer`; empty: none is accepted
  std::vector<std::string> allowed_hosts;  // api.allowed_hosts
};

// Limits of section 4 of the design.
struct Limits {
  std::size_t body = std::size_t{64} * 1024;
  std::size_t headers = std::size_t{16} * 1024;
  std::size_t connections = 4096;
  Millis header_time{5'000};
  Millis body_time{15'000};
  Millis idle_time{60'000};
  Millis shutdown_time{5'000};
  Millis calm_time{30'000};  // without another failed accept, until the alert of one is resolved
};

}  // namespace portd::api
