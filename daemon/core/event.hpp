#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/check.hpp"
#include "common/lease.hpp"
#include "common/service.hpp"
#include "daemon/core/alerts.hpp"

namespace portd::core {

// What happened. The closed vocabulary of section 5 of the design, without `reset`, which is of one reader only.
enum class EventKind {
  lease_granted,
  lease_moved,
  lease_changed,
  lease_released,
  lease_expired,
  lease_state,
  service_registered,
  service_updated,
  service_deregistered,
  service_status,
  check_status,
  alert_raised,
  alert_acknowledged,
  alert_resolved,
  config_reloaded,
};

// An instance as an event tells of it.
struct ServiceNews {
  InstanceKey key;
  std::string url{};
  Port port{1};
  Status status = Status::passing;
  std::optional<Status> previous{};  // of service.status
  std::string reason{};
  std::vector<std::string> affected_by{};
  std::vector<std::string> tags{};
  std::vector<std::string> previous_tags{};  // for whoever waits for a tag; not told
};

struct CheckNews {
  InstanceKey key;
  std::string id{};
  CheckType type = CheckType::tcp;
  Status status = Status::starting;
  Status previous = Status::starting;
  std::string output{};  // the first bytes of it
  Status service_status = Status::passing;
  std::vector<std::string> tags{};  // of the instance; not told
};

struct Event {
  EventKind kind = EventKind::lease_changed;
  Revision revision{};
  TimePoint at{};
  std::variant<std::monostate, Lease, ServiceNews, CheckNews, Alert> what{};
};

// Whether what a filter finds may be another after the event.
bool concerns(const Event& event, const InstanceFilter& filter);

}  // namespace portd::core

template <>
struct portd::Words<portd::core::EventKind> {
  using Kind = portd::core::EventKind;
  static constexpr std::array<std::pair<Kind, std::string_view>, 15> table{
      {{Kind::lease_granted, "lease.granted"},
       {Kind::lease_moved, "lease.moved"},
       {Kind::lease_changed, "lease.changed"},
       {Kind::lease_released, "lease.released"},
       {Kind::lease_expired, "lease.expired"},
       {Kind::lease_state, "lease.state"},
       {Kind::service_registered, "service.registered"},
       {Kind::service_updated, "service.updated"},
       {Kind::service_deregistered, "service.deregistered"},
       {Kind::service_status, "service.status"},
       {Kind::check_status, "check.status"},
       {Kind::alert_raised, "alert.raised"},
       {Kind::alert_acknowledged, "alert.acknowledged"},
       {Kind::alert_resolved, "alert.resolved"},
       {Kind::config_reloaded, "config.reloaded"}}};
};
