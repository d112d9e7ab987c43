#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/health/prober.hpp"
#include "tests/support/loop_world.hpp"
#include "tests/support/scripted_server.hpp"

namespace portd::test {

using core::CheckId;
using core::Finding;
using Verdict = core::Finding::Verdict;
using namespace std::chrono_literals;

// Wants every check looked at once, then not before the test says so.
class FakeDesk : public core::ProbeDesk {
 public:
  struct Desired {
    core::Probe probe;
    SteadyPoint due{};  // the beginning of time: at once
    std::vector<Finding> findings{};
    int lapses = 0;
  };
  std::map<CheckId, Desired> checks;
  int asked = 0;

  SteadyPoint due(CheckId id) const override { return checks.at(id).due; }
  core::Probe probe(CheckId id) const override { return checks.at(id).probe; }
  void record(CheckId id, Finding finding) override {
    checks.at(id).findings.push_back(std::move(finding));
    checks.at(id).due = SteadyPoint::max();
  }
  void lapse(CheckId id) override {
    ++checks.at(id).lapses;
    checks.at(id).due = SteadyPoint::max();
  }
};

// The prober on a loop of its own, before a desk that is faked.
class HealthWorld : public LoopWorld {
 protected:
  static Check check_of(CheckType type) {
    Check check;
    check.id = "web";
    check.type = type;
    return check;
  }

  void use(health::Options options) { prober = health::create_prober(loop, desk, options); }

  CheckId begin(Check check, Port port, SteadyPoint due = {}, std::string host = "localhost") {
    const CheckId id = ++last_;
    desk.checks.emplace(id, FakeDesk::Desired{{std::move(check), std::move(host), port}, due});
    prober->begin(id);
    return id;
  }

  // Looks once; what came of it.
  Finding look(Check check, Port port, std::string host = "localhost") {
    const CheckId id = begin(std::move(check), port, {}, std::move(host));
    run_until([&] { return !desk.checks.at(id).findings.empty(); });
    prober->end(id);
    return desk.checks.at(id).findings.front();
  }
  Finding look_at(const std::string& answer, HttpExpectation expected = {}) {
    server = std::make_unique<ScriptedServer>(loop, answer);
    Check check = check_of(CheckType::http);
    check.http = std::move(expected);
    return look(std::move(check), server->port());
  }

  FakeDesk desk;
  std::unique_ptr<ScriptedServer> server;
  std::unique_ptr<core::Prober> prober = health::create_prober(loop, desk, {});

 private:
  CheckId last_ = 0;
};

}  // namespace portd::test
