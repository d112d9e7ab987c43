#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/key.hpp"
#include "common/port.hpp"
#include "common/time.hpp"
#include "common/vocabulary.hpp"

namespace portd {

enum class LeaseKind { sticky, ttl, process };
enum class LeaseState { reserved, listening, contested };
enum class HoldMode { open, strict, none };
enum class Protocol { tcp, udp, both };
enum class Strategy { hash, next, random };
enum class OnConflict { next, fail, wait, reclaim };
enum class Verdict { free, reserved, listening, contested, foreign, excluded, blocked };

template <>
struct Words<LeaseKind> {
  static constexpr std::array<std::pair<LeaseKind, std::string_view>, 3> table{
      {{LeaseKind::sticky, "sticky"}, {LeaseKind::ttl, "ttl"}, {LeaseKind::process, "process"}}};
};
template <>
struct Words<LeaseState> {
  static constexpr std::array<std::pair<LeaseState, std::string_view>, 3> table{
      {{LeaseState::reserved, "reserved"}, {LeaseState::listening, "listening"}, {LeaseState::contested, "contested"}}};
};
template <>
struct Words<HoldMode> {
  static constexpr std::array<std::pair<HoldMode, std::string_view>, 3> table{
      {{HoldMode::open, "open"}, {HoldMode::strict, "strict"}, {HoldMode::none, "none"}}};
};
template <>
struct Words<Protocol> {
  static constexpr std::array<std::pair<Protocol, std::string_view>, 3> table{
      {{Protocol::tcp, "tcp"}, {Protocol::udp, "udp"}, {Protocol::both, "both"}}};
};
template <>
struct Words<Strategy> {
  static constexpr std::array<std::pair<Strategy, std::string_view>, 3> table{
      {{Strategy::hash, "hash"}, {Strategy::next, "next"}, {Strategy::random, "random"}}};
};
template <>
struct Words<OnConflict> {
  static constexpr std::array<std::pair<OnConflict, std::string_view>, 4> table{{{OnConflict::next, "next"},
                                                                                 {OnConflict::fail, "fail"},
                                                                                 {OnConflict::wait, "wait"},
                                                                                 {OnConflict::reclaim, "reclaim"}}};
};
template <>
struct Words<Verdict> {
  static constexpr std::array<std::pair<Verdict, std::string_view>, 7> table{{{Verdict::free, "free"},
                                                                              {Verdict::reserved, "reserved"},
                                                                              {Verdict::listening, "listening"},
                                                                              {Verdict::contested, "contested"},
                                                                              {Verdict::foreign, "foreign"},
                                                                              {Verdict::excluded, "excluded"},
                                                                              {Verdict::blocked, "blocked"}}};
};

// The place of a change in the one total order. Text: "<epoch as 8 hex digits>-<n>".
struct Revision {
  std::uint32_t epoch = 0;
  std::uint64_t number = 0;

  std::string text() const;
  static std::optional<Revision> parse(std::string_view text);
  auto operator<=>(const Revision&) const = default;
};

// One process, told apart from a later one with the same pid.
struct ProcessId {
  std::string boot_id;
  pid_t pid = 0;
  std::uint64_t start_ticks = 0;  // field 22 of /proc/PID/stat (proc(5)); clock ticks after boot

  bool operator==(const ProcessId&) const = default;
};

// The process a lease serves.
struct Holder {
  ProcessId id;
  std::string command;  // arguments joined by spaces
  std::string cwd;
  TimePoint started_at{};

  bool operator==(const Holder&) const = default;
};

// portd's promise of one port number to one key.
struct Lease {
  std::string id;  // text of the revision that granted it; never used again
  Port port{1};
  Protocol protocol = Protocol::tcp;
  Key key;
  LeaseKind kind = LeaseKind::sticky;
  HoldMode hold = HoldMode::open;
  std::string cwd;               // recorded folder; empty: any
  std::string container;         // name of the container that it was adopted with; empty: none
  std::optional<Millis> ttl;     // of kind ttl
  std::optional<Holder> holder;  // as recorded; may be dead by now
  TimePoint created_at{};
  TimePoint updated_at{};
  TimePoint last_used_at{};  // kept to the minute
  Revision revision;

  // What is true only now; not stored.
  LeaseState state = LeaseState::reserved;
  bool held = false;  // portd has sockets bound on it
  bool holder_alive = false;
  std::optional<TimePoint> expires_at{};  // of kind ttl

  bool operator==(const Lease&) const = default;

  std::string url() const { return "http://localhost:" + port.text(); }
};

// What somebody asks for. Absent: not stated, so that what a key already has is kept.
struct GrantRequest {
  std::string project = "default";
  std::optional<std::string> service;  // may be absent for kind process
  std::string instance = "main";
  std::vector<std::string> roles = {"http"};  // more than one: a bundle, all or none
  bool bundle = false;                        // `roles` or `count` was stated
  std::optional<Port> port;
  std::optional<std::string> range;
  std::optional<Strategy> strategy;
  std::optional<OnConflict> on_conflict;
  std::optional<Millis> wait;
  std::optional<Protocol> protocol;
  std::optional<LeaseKind> kind;
  std::optional<Millis> ttl;
  std::optional<pid_t> pid;
  bool no_holder = false;  // "pid": null was stated: no process, not even the peer
  std::optional<std::string> cwd;
  std::optional<HoldMode> hold;
  bool handover = false;  // the socket will be asked for at once: until then nobody else gets in
  bool adopt = false;     // who listens on `port` already is the service
};

// PATCH /ports/{port}; with nothing stated it renews.
struct LeasePatch {
  std::optional<Millis> ttl;
  std::optional<LeaseKind> kind;
  std::optional<HoldMode> hold;
  std::optional<pid_t> pid;
  std::optional<std::string> cwd;
};

// GET and DELETE /ports?...
struct LeaseFilter {
  std::optional<std::string> project;
  std::optional<std::string> service;
  std::optional<std::string> instance;
  std::optional<LeaseState> state;
  std::optional<LeaseKind> kind;

  bool empty() const { return !project && !service && !instance && !state && !kind; }
  bool matches(const Lease& lease) const;
};

// A process above another one.
struct Ancestor {
  pid_t pid = 0;
  std::string command;

  bool operator==(const Ancestor&) const = default;
};

// How a process came to be, as far as the system shows it; empty: it does not.
struct Origin {
  std::string branch;                // git branch of its cwd
  std::vector<Ancestor> started_by;  // its parent first, up to the terminal's shell or the unit's first process
  std::string unit;                  // of systemd: "postgresql.service"; of launchd its label
  std::string terminal;              // "pts/3"
  bool user_unit = false;            // it is the user's own manager that keeps the unit, and not the system's

  bool operator==(const Origin&) const = default;
};

// The container whose published port it is.
struct Container {
  std::string id;  // its first twelve digits
  std::string name;
  std::string image;
  std::string key;  // text of its label "portd.service"; empty: it has none

  bool operator==(const Container&) const = default;
};

// A socket that somebody has open for incoming traffic, as the kernel shows it.
struct Listener {
  Protocol protocol = Protocol::tcp;  // tcp or udp
  std::string address;                // "127.0.0.1", "::", ...
  Port port{1};
  std::uint64_t inode = 0;
  uid_t uid = 0;
  std::string user;                 // name of uid, or the number
  std::optional<Holder> process{};  // absent: another user's, not to be seen
  Origin origin{};                  // of `process`
  std::optional<Container> container{};
  std::string note{};    // why less is shown than usual, and what shows the rest
  bool v6_only = false;  // of "::": it leaves IPv4 to others (IPV6_V6ONLY)
};

// GET /ports/{port}.
struct PortReport {
  Port port{1};
  Verdict verdict = Verdict::free;
  std::optional<Lease> lease{};
  std::vector<Listener> listeners{};
  std::optional<Verdict> barred{};      // excluded or blocked: why it is never granted
  bool ephemeral = false;               // the kernel takes it for outgoing connections, too
  std::vector<std::string> warnings{};  // such as two owners; a sentence each
};

// GET /ports?all=true: the leases, and the ports on which somebody listens without one.
struct PortsReport {
  std::vector<Lease> leases{};
  std::vector<PortReport> foreign{};  // by port
  Revision revision{};
};

}  // namespace portd
