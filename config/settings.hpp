#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/lease.hpp"
#include "common/service.hpp"
#include "config/mistake.hpp"

namespace portd::config {

// The daemon's settings, typed, with their built-in values. Keys as in the files: `ports.range` is ports.range.
struct Settings {
  struct Api {
    std::uint16_t port = 7700;               // api.port
    std::vector<std::string> allowed_hosts;  // api.allowed_hosts
    std::string listen = "loopback";         // api.listen: nothing else is accepted
    bool operator==(const Api&) const = default;
  } api;
  struct Ports {
    std::map<std::string, PortRange> ranges = {{"default", {Port(20000), Port(29999)}}};  // ports.ranges.<name>
    std::vector<PortRange> exclude;                                                       // ports.exclude
    Strategy strategy = Strategy::hash;                                                   // ports.strategy
    OnConflict on_conflict = OnConflict::next;                                            // ports.on_conflict
    HoldMode hold = HoldMode::open;                                                       // ports.hold
    bool operator==(const Ports&) const = default;
  } ports;
  struct Leases {
    Millis ttl{30'000};                          // leases.ttl
    Millis memory{std::chrono::hours(24 * 90)};  // leases.memory
    bool operator==(const Leases&) const = default;
  } leases;
  struct Checks {
    std::vector<std::string> allowed_hosts;                        // checks.allowed_hosts
    std::map<InstanceKey, std::map<std::string, Check>> commands;  // checks.commands.<service>.<check>
    bool operator==(const Checks&) const = default;
  } checks;
  struct Watch {
    Millis interval{500};  // watch.interval
    bool operator==(const Watch&) const = default;
  } watch;
  struct History {
    bool enabled = true;  // history.enabled
    bool operator==(const History&) const = default;
  } history;
  struct Log {
    std::string level = "info";  // log.level
    bool operator==(const Log&) const = default;
  } log;

  bool operator==(const Settings&) const = default;
};

struct Sources {
  std::vector<std::filesystem::path> files;          // later wins; those that do not exist are skipped
  std::vector<std::string> sets;                     // "ports.strategy=next", later wins
  std::vector<std::filesystem::path> required = {};  // those of `files` that somebody asked for: absent is a mistake
};

struct Loaded {
  Settings settings;
  std::vector<Mistake> mistakes;  // not empty: the settings are not to be used (exit 78)
};

// Reads the layers: built-in, files, PORTD_CFG_PORTS__STRATEGY variables, sets.
Loaded load_settings(const Sources& sources, const std::map<std::string, std::string>& environment);

// /etc/portd/portd.yaml and the user's file, which `--config` or PORTD_CONFIG replaces.
std::vector<std::filesystem::path> default_files(const std::map<std::string, std::string>& environment,
                                                 const std::optional<std::filesystem::path>& config_flag);

// default_files(), of which the one that was asked for is required.
Sources default_sources(const std::map<std::string, std::string>& environment,
                        const std::optional<std::filesystem::path>& config_flag, std::vector<std::string> sets);

}  // namespace portd::config
