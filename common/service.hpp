#pragma once

#include <array>
#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/check.hpp"
#include "common/error.hpp"
#include "common/key.hpp"
#include "common/lease.hpp"
#include "common/port.hpp"
#include "common/time.hpp"

namespace portd {

// What is registered and discovered: one instance of one service.
struct InstanceKey {
  std::string project = "default";
  std::string service;
  std::string instance = "main";

  // As a key's text without a role: "shop", "acme/shop@feature-x".
  std::string text() const;

  auto operator<=>(const InstanceKey&) const = default;
};
InstanceKey instance_of(const Key& key);

// What a dependent waits for: that the other runs, or that it is well.
enum class Condition { started, healthy };

template <>
struct Words<Condition> {
  static constexpr std::array<std::pair<Condition, std::string_view>, 2> table{
      {{Condition::started, "started"}, {Condition::healthy, "healthy"}}};
};

struct Dependency {
  InstanceKey on;
  Condition condition = Condition::started;
  bool required = true;  // whether the dependent suffers when it is critical

  bool operator==(const Dependency&) const = default;
};

// What PUT /services/{service} states; it replaces what was stated before.
struct Declaration {
  std::optional<Port> port;  // absent: the key's lease, granted if missing
  std::string host = "localhost";
  std::vector<std::string> tags{};
  std::map<std::string, std::string> metadata{};
  std::vector<Dependency> depends_on{};
  std::vector<Check> checks{};

  bool operator==(const Declaration&) const = default;
};

// One registered instance, as it is stored.
struct Registration {
  InstanceKey key;
  Declaration declaration;
  std::string role = "http";  // of the lease whose port it serves on, unless the declaration's port is no lease of its
  bool leased = true;         // whether it stands on that lease: it goes when the lease ends, and moves with it
  bool ends_with_holder = false;  // whether it goes when the holder of that lease exits, too
  bool maintenance = false;
  std::string maintenance_reason{};
  TimePoint registered_at{};
  TimePoint updated_at{};
  Revision revision{};

  Key lease_key() const { return {key.project, key.service, key.instance, role}; }

  bool operator==(const Registration&) const = default;
};

// One registered instance and how it is, as readers see it.
struct Instance {
  InstanceKey key;
  std::string host = "localhost";
  Port port{1};
  Status status = Status::passing;
  std::string reason{};                    // why it is not passing; empty when it is
  std::vector<std::string> affected_by{};  // the critical services that it needs: the roots, as texts of keys
  std::vector<std::string> tags{};
  std::map<std::string, std::string> metadata{};
  std::vector<Dependency> depends_on{};
  std::vector<CheckReport> checks{};
  TimePoint registered_at{};
  Revision revision{};  // of its newest change, status included

  std::string url() const;

  bool operator==(const Instance&) const = default;
};

// GET /services?... and GET /services/{service}?...
struct InstanceFilter {
  std::optional<std::string> project;
  std::optional<std::string> service;
  std::optional<std::string> instance;
  std::optional<Status> status;
  std::optional<std::string> tag;
};

// PUT /services/{service}/maintenance
struct MaintenanceOrder {
  bool enabled = false;
  std::string reason{};
};

// GET /graph
struct ServiceGraph {
  struct Node {
    InstanceKey key;
    std::optional<Status> status;  // absent: not registered, somebody only depends on it
    std::vector<std::string> affected_by{};
  };
  struct Edge {
    InstanceKey from;  // depends on
    InstanceKey to;
    Condition condition = Condition::started;
    bool required = true;
    bool satisfied = false;
  };
  std::vector<Node> nodes{};
  std::vector<Edge> edges{};
  std::vector<std::string> start_order{};  // texts of keys, dependencies first
};

}  // namespace portd
