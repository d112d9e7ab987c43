#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/lease.hpp"
#include "common/service.hpp"
#include "config/layers.hpp"
#include "config/mistake.hpp"

namespace portd::config {

// The daemon's settings, typed. The values here are those of the schema's defaults; a test holds them together.
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
    Millis interval{500};                                // watch.interval
    std::string docker_socket = "/var/run/docker.sock";  // watch.docker_socket; empty: nobody is asked
    bool operator==(const Watch&) const = default;
  } watch;
  struct History {
    bool enabled = true;                          // history.enabled
    Millis max_age{std::chrono::hours(24 * 90)};  // history.max_age
    std::uint64_t max_size = 100'000'000;         // history.max_size, in bytes
    bool operator==(const History&) const = default;
  } history;
  struct Log {
    std::string level = "info";   // log.level
    std::string format = "text";  // log.format
    std::string file;             // log.file, `~/` filled in; empty: stderr only
    bool operator==(const Log&) const = default;
  } log;
  struct Alerts {
    std::set<std::string> mute;              // alerts.mute
    bool desktop = true;                     // alerts.desktop
    std::string webhook;                     // alerts.webhook: an http URL; empty: none
    std::vector<std::string> allowed_hosts;  // alerts.allowed_hosts: that it may lead to, beside this machine
    bool operator==(const Alerts&) const = default;
  } alerts;

  bool operator==(const Settings&) const = default;
};

struct SettingsFile {
  std::filesystem::path path;
  Layer layer = Layer::user;
  bool required = false;  // somebody asked for it: that it is absent is a mistake
};

struct Sources {
  std::vector<SettingsFile> files{};  // later wins
  Variables variables{};              // PORTD_CFG_..., and HOME
  std::vector<FlagSetting> flags{};   // later wins
};

// Facts of the machine that make a setting doubtful.
struct Machine {
  std::optional<PortRange> ephemeral{};  // from which the kernel takes ports for outgoing connections
};

struct Loaded {
  Settings settings{};              // built-in where there is an error
  Value merged{};                   // what the layers state, without the built-in one
  std::vector<Mistake> mistakes{};  // an error among them: the settings are not to be used (exit 78)
};

Loaded load_settings(const Sources& sources, const Machine& machine = {});

// The same with a text in place of one of the files: what that file would do.
Loaded load_settings_with(const Sources& sources, const std::filesystem::path& file, const std::string& content,
                          const Machine& machine = {});

// The file of the user, which --config or PORTD_CONFIG replaces: portd.yaml, or portd.json where that is there.
// Nothing without HOME and XDG_CONFIG_HOME.
std::optional<std::filesystem::path> user_file(const Variables& variables,
                                               const std::optional<std::filesystem::path>& config_flag);

// /etc/portd/portd.yaml (or .json) and the user's file; the one that was asked for is required.
Sources default_sources(const Variables& variables, const std::optional<std::filesystem::path>& config_flag,
                        std::vector<FlagSetting> flags);

// One line of `portc config show`.
struct ShownSetting {
  std::string key;
  Json value;
  Layer layer = Layer::built_in;
  std::string where;  // "built-in", "FILE:LINE:COLUMN", a variable, a flag
};

// Every setting with its value and where it came from: the merged layers over the scope's built-in values.
std::vector<ShownSetting> list_settings(const Value& merged, Scope scope);

}  // namespace portd::config
