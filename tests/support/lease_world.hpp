#pragma once

#include <gtest/gtest.h>

#include <string>

#include "daemon/core/leases.hpp"
#include "tests/support/fake_holds.hpp"
#include "tests/support/fake_journal.hpp"
#include "tests/support/fake_processes.hpp"
#include "tests/support/manual_clock.hpp"

namespace portd::test {

// The rules with everything around them faked; asks in few words.
struct LeaseWorld {
  FakeHolds holds;
  FakeProcesses processes;
  FakeListeners listeners;
  FakeJournal journal;
  core::Alerts alerts{1, [this] { return clock.now().wall; }};
  ManualClock clock;
  core::Leases leases;

  explicit LeaseWorld(core::Leases::Rules rules = {})
      : leases(std::move(rules), holds, processes, listeners, journal, alerts, [this] { return clock.now(); }, 1) {
    journal.attach(leases);
  }
  LeaseWorld(const LeaseWorld&) = delete;

  static core::Leases::Rules range(std::uint16_t first, std::uint16_t last) {
    core::Leases::Rules rules;
    rules.ports.ranges.insert_or_assign("default", PortRange{Port(first), Port(last)});
    return rules;
  }
  static GrantRequest ask(const std::string& service) {
    GrantRequest request;
    request.service = service;
    return request;
  }
  static GrantRequest ask_port(const std::string& service, std::uint16_t port, OnConflict on_conflict) {
    GrantRequest request = ask(service);
    request.port = Port(port);
    request.on_conflict = on_conflict;
    return request;
  }
  Result<core::Granted> grant(const GrantRequest& request) { return leases.grant(request, {1000}, clock.now()); }
  // The one lease of a grant that must succeed.
  Lease granted(const GrantRequest& request) {
    auto answer = grant(request);
    if (!answer) throw std::runtime_error(answer.error().detail);
    return answer->leases.at(0);
  }
  Lease granted(const std::string& service) { return granted(ask(service)); }
  Problem refused(const GrantRequest& request) {
    auto answer = grant(request);
    if (answer) throw std::runtime_error("granted");
    return answer.error().problem;
  }
  void release(Port port) {
    if (auto released = leases.release(port, {}, clock.now()); !released)
      throw std::runtime_error(released.error().detail);
  }
};

}  // namespace portd::test
