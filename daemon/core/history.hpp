#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "common/lease.hpp"

namespace portd::core {

// What somebody had of a port: portd's promise, or a socket that listens.
enum class Possession { lease, listener };

// Who had a port from when until when: [from, until).
struct HistoryEntry {
  Port port{1};
  Protocol protocol = Protocol::tcp;
  TimePoint from{};
  std::optional<TimePoint> until{};  // absent: still
  Possession what = Possession::lease;
  std::optional<Verdict> verdict{};  // of a listener: listening, contested or foreign, when it appeared
  std::optional<Key> key{};          // absent: of a listener that is no lease's
  std::string lease{};               // the lease's id; empty with `key` absent
  std::optional<pid_t> pid{};        // absent: no holder, or another user's process
  std::string command{};
  std::string cwd{};
  std::string user{};    // of a listener
  std::string reason{};  // why it ended; while it lasts, why it began
};

// Entries whose interval meets [since, until]; of a moment when both are that moment.
struct HistoryQuery {
  std::optional<Port> port{};
  std::optional<std::string> project{};
  std::optional<std::string> service{};
  std::optional<std::string> instance{};
  std::optional<TimePoint> since{};
  std::optional<TimePoint> until{};
  std::size_t limit = 200;
};

// Newest first.
struct HistoryPage {
  std::vector<HistoryEntry> entries{};
  bool truncated = false;  // there are older ones
};

}  // namespace portd::core

template <>
struct portd::Words<portd::core::Possession> {
  using Possession = portd::core::Possession;
  static constexpr std::array<std::pair<Possession, std::string_view>, 2> table{
      {{Possession::lease, "lease"}, {Possession::listener, "listener"}}};
};
