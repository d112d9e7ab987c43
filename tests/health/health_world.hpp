#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "daemon/health/prober.hpp"
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
class HealthWorld : public testing::Test {
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

  template <class F>
  void run_until(F&& so) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!so()) {
      if (std::chrono::steady_clock::now() > limit) throw std::runtime_error("waited twenty seconds in vain");
      loop.restart();
      loop.run_one_for(std::chrono::milliseconds(5));
    }
  }
  // What is ready now.
  void settle() {
    loop.restart();
    while (loop.poll() > 0) loop.restart();
  }

  boost::asio::io_context loop{1};
  FakeDesk desk;
  std::unique_ptr<ScriptedServer> server;
  std::unique_ptr<core::Prober> prober = health::create_prober(loop, desk, {});

 private:
  CheckId last_ = 0;
};

}  // namespace portd::test
