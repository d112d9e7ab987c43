#pragma once

#include <map>
#include <string>
#include <vector>

#include "daemon/core/announcer.hpp"
#include "daemon/core/discovery.hpp"
#include "daemon/core/event_log.hpp"
#include "daemon/core/health.hpp"
#include "daemon/core/identity.hpp"
#include "daemon/core/registry.hpp"
#include "daemon/core/wiring.hpp"
#include "tests/support/lease_world.hpp"

namespace portd::test {

// Knows which checks there are; the test makes them.
class FakeProber : public core::Prober {
 public:
  std::vector<core::CheckId> running;
  std::map<core::CheckId, int> hurried;

  void begin(core::CheckId id) override { running.push_back(id); }
  void end(core::CheckId id) override { std::erase(running, id); }
  void hurry(core::CheckId id) override { ++hurried[id]; }
};

// The registry with everything around it faked.
struct ServiceWorld : LeaseWorld {
  FakeProber prober;
  core::Registry registry;
  core::EventLog events{journal};
  FakeMachine machine{listeners};
  core::Identity identity{leases, listeners, machine, processes, 1000};
  core::Health health;
  core::Discovery discovery{registry, health};
  core::Announcer announcer{events, leases, registry, health, [this] { return clock.now(); }};
  core::JournalListeners journal_listeners{&leases, &registry, &announcer};
  std::vector<core::Event> published;

  explicit ServiceWorld(core::Leases::Rules rules = {}, core::Registry::Rules allowed = {},
                        core::Health::Configured configured = {})
      : LeaseWorld(std::move(rules)),
        registry(std::move(allowed), leases, journal),
        health(std::move(configured), registry, identity, events, alerts, [this] { return clock.now(); }) {
    journal.attach(journal_listeners);
    core::connect(leases, registry, health, prober, announcer, alerts);
    events.on_published([this](const core::Event& event) { published.push_back(event); });
  }

  static InstanceKey key(const std::string& service) {
    InstanceKey key;
    key.service = service;
    return key;
  }
  static Dependency on(const std::string& service, bool required = true) {
    return {key(service), Condition::started, required};
  }
  static Check check(CheckType type, const std::string& id = "up") {
    Check check;
    check.id = id;
    check.type = type;
    return check;
  }
  static Declaration with(Check check) {
    Declaration declaration;
    declaration.checks = {std::move(check)};
    return declaration;
  }
  static Declaration depending(std::vector<Dependency> dependencies) {
    Declaration declaration = with(check(CheckType::tcp));
    declaration.depends_on = std::move(dependencies);
    return declaration;
  }

  Result<core::Registry::Declared> declare(const std::string& service, Declaration declaration = {}) {
    return registry.declare(key(service), std::move(declaration), {1000}, clock.now());
  }
  Instance see(const std::string& service) const { return discovery.find(key(service)).value(); }
  Port port_of(const std::string& service) const { return see(service).port; }

  // The checks of a service, in order.
  std::vector<core::CheckId> checks_of(const std::string& service) const {
    std::vector<core::CheckId> found;
    for (const core::CheckId id : prober.running) {
      if (health.key_of(id) == key(service)) found.push_back(id);
    }
    return found;
  }
  // The only check of a service came to this.
  void found(const std::string& service, core::Finding finding) {
    health.record(checks_of(service).at(0), std::move(finding));
  }
  void passes(const std::string& service) { found(service, {core::Finding::Verdict::pass, "200 OK"}); }
  void fails(const std::string& service, const std::string& output = "connection refused") {
    found(service, {core::Finding::Verdict::fail, output});
  }
  // As often as it takes.
  void becomes_critical(const std::string& service, const std::string& output = "connection refused") {
    passes(service);
    for (int times = 0; times < 3; ++times) fails(service, output);
  }

  std::vector<std::string> told() const {
    std::vector<std::string> words;
    for (const core::Event& event : published) words.emplace_back(to_text(event.kind));
    return words;
  }
};

}  // namespace portd::test
