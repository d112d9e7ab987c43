#include <algorithm>
#include <chrono>
#include <memory>

#include "client/backoff.hpp"
#include "client/commands/commands.hpp"
#include "client/instance_text.hpp"
#include "client/key_options.hpp"

namespace portd::client {
namespace {

using std::chrono::steady_clock;

struct WaitOptions {
  KeyOptions key;
  bool healthy = false;
  std::string timeout = "30s";
};

// A change wakes us at once; what is no change of a service (a listener, the output of a check) is looked at this
// often.
constexpr Millis round_time{1'000};
constexpr Millis longest_wait_pause{500};
constexpr const char* not_registered_yet = "not registered yet";

bool runs_by_its_checks(const Instance& instance) {
  return std::ranges::any_of(instance.checks, [](const CheckReport& report) {
    return report.status == Status::passing || report.status == Status::warning;
  });
}

// Waits for one instance. Every answer of portd is compared with what is waited for; only a usage error ends it early.
class Waiter {
 public:
  Waiter(Session& session, InstanceKey key, bool healthy, Millis time_limit)
      : session_(session),
        key_(std::move(key)),
        name_(name_here(key_, project_of_folder(session.environment()))),
        healthy_(healthy),
        time_limit_(time_limit),
        deadline_(steady_clock::now() + time_limit) {}

  Outcome<Exit> run() {
    auto portd = session_.portd();
    if (!portd) return portd.error();
    portd_ = *portd;
    for (;;) {
      const auto obstacle = look();
      if (!obstacle) return obstacle.error();
      if (obstacle->empty()) return done();
      tell(*obstacle);
      if (left() == Millis(0)) return timed_out();
    }
  }

 private:
  Millis left() const { return std::max(Millis(0), std::chrono::ceil<Millis>(deadline_ - steady_clock::now())); }

  // What is still in the way; empty: nothing.
  Outcome<std::string> look() {
    if (portd_ == nullptr) reconnect();
    if (portd_ == nullptr) return after_a_pause("portd does not answer");
    const auto query = next_query();
    const SteadyPoint asked = steady_clock::now();
    const auto found = portd_->instances(filter_for(key_), query);
    const bool unregistered = !found && found.error().exit == Exit::not_found;
    if (!found && !unregistered) return obstacle_from(found.error());
    const std::string revision = found ? found->revision : "";
    const bool too_soon = query && revision == query->revision && steady_clock::now() - asked < query->wait / 2;
    known_ = revision;
    auto obstacle = found ? obstacle_among(found->instances) : Outcome<std::string>(not_registered_yet);
    if (!obstacle) return obstacle_from(obstacle.error());
    if (too_soon && !obstacle->empty()) return after_a_pause(*obstacle);  // it does not block: do not spin
    backoff_.reset();
    return obstacle;
  }

  // The first look at a portd does not block.
  std::optional<BlockingQuery> next_query() const {
    if (!known_) return std::nullopt;
    return BlockingQuery{std::min(round_time, left()), *known_};
  }

  static InstanceFilter filter_for(const InstanceKey& key) {
    InstanceFilter filter;
    filter.project = key.project;
    filter.service = key.service;
    filter.instance = key.instance;
    return filter;
  }

  // A portd that is away (it restarts, it is upgraded) is waited for like the service itself.
  Outcome<std::string> obstacle_from(const Failure& failure) {
    known_.reset();
    switch (failure.exit) {
      case Exit::no_daemon:
        portd_ = nullptr;
        return after_a_pause("portd does not answer");
      case Exit::no:
        return after_a_pause(failure.detail);
      case Exit::yes:
      case Exit::usage:
      case Exit::not_found:
      case Exit::conflict:
      case Exit::not_allowed:
      case Exit::configuration:
      case Exit::own_failure:
        break;
    }
    return failure;
  }

  void reconnect() {
    const auto portd = session_.reconnected();
    if (portd) portd_ = *portd;
  }

  std::string after_a_pause(std::string obstacle) {
    backoff_.pause(left());
    return obstacle;
  }

  Outcome<std::string> obstacle_among(const std::vector<ListedInstance>& instances) {
    const auto mine =
        std::ranges::find(instances, key_, [](const ListedInstance& entry) { return entry.instance.key; });
    if (mine == instances.end()) return std::string(not_registered_yet);
    last_ = *mine;
    auto obstacle = healthy_ ? Outcome<std::string>(obstacle_of(mine->instance)) : obstacle_to_running(mine->instance);
    if (!obstacle || obstacle->empty()) return obstacle;
    return *obstacle + roots_of(mine->instance);
  }

  Outcome<std::string> obstacle_to_running(const Instance& instance) {
    if (runs_by_its_checks(instance)) return std::string();
    const auto found = portd_->find(instance.port);
    if (!found) return found.error();
    const std::string port = "port " + instance.port.text();
    if (found->report.verdict == Verdict::contested) return "another program listens on its " + port;
    if (found->report.listeners.empty()) return "nobody listens on its " + port;
    return std::string();
  }

  // "; affected by db: critical, connection refused on 27432"
  std::string roots_of(const Instance& instance) {
    std::string text;
    for (const std::string& root : instance.affected_by) {
      text += (text.empty() ? "; affected by " : ", ") + root;
      if (const std::string obstacle = obstacle_of_root(root); !obstacle.empty()) text += ": " + obstacle;
    }
    return text;
  }

  std::string obstacle_of_root(const std::string& root) {
    const auto key = Key::parse(root);
    if (!key) return "";
    const auto found = portd_->instances(filter_for(instance_of(*key)));
    if (!found || found->instances.empty()) return "";
    return obstacle_of(found->instances.front().instance);
  }

  void tell(const std::string& obstacle) {
    if (obstacle == told_) return;
    told_ = obstacle;
    session_.note("waiting for " + name_ + ": " + obstacle);
  }

  Outcome<Exit> done() {
    const std::string what = healthy_ ? std::string(to_text(last_->instance.status)) : "running";
    session_.note(name_ + " is " + what + " at " + last_->instance.url());
    if (session_.json()) session_.print(last_->json);
    return Exit::yes;
  }

  Outcome<Exit> timed_out() {
    session_.note("gave up on " + name_ + " after " + to_text(time_limit_) + ": " + told_);
    if (session_.json() && last_) session_.print(last_->json);
    return Exit::no;
  }

  Session& session_;
  InstanceKey key_;
  std::string name_;
  bool healthy_;
  Millis time_limit_;
  SteadyPoint deadline_;
  Api* portd_ = nullptr;  // nothing while it is away
  Backoff backoff_{longest_wait_pause};
  std::optional<std::string> known_;  // the revision of the last answer; empty: it was not registered
  std::string told_;
  std::optional<ListedInstance> last_;
};

Outcome<Exit> wait(Session& session, const WaitOptions& options) {
  auto key = derive_instance(options.key, session.environment());
  if (!key) return key.error();
  const auto time_limit = parse_duration(options.timeout);
  if (!time_limit) return Failure{Exit::usage, "--timeout: " + time_limit.error().detail};
  return Waiter(session, std::move(*key), options.healthy, *time_limit).run();
}

Run declare_wait(CLI::App& app) {
  const auto options = std::make_shared<WaitOptions>();
  add_instance_options(app, options->key)->required();
  app.add_flag("--healthy", options->healthy, "Until it is passing or warning, not only until it runs");
  app.add_option("--timeout", options->timeout, "Give up after this long, exit 1 (default: 30s; 0s: only look)");
  return [options](Session& session) { return wait(session, *options); };
}

}  // namespace

Verb wait_verb() {
  return {"wait", "Wait until a service runs, or until it is well, and say what it waits for",
          "A service runs when it is registered and listens on its port, or one of its checks passes. One that is not\n"
          "registered yet, and a portd that restarts, are waited for too.\n"
          "\n"
          "Examples:\n"
          "  portc wait db && flask run\n"
          "  portc wait web --healthy --timeout 2m\n"
          "  curl \"$(portc wait api --healthy --json | jq -r .url)/orders\"",
          declare_wait};
}

}  // namespace portd::client
