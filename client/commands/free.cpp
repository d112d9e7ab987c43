#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>

#include "client/commands/commands.hpp"
#include "client/end_process.hpp"
#include "client/occupant.hpp"
#include "client/port_explanation.hpp"
#include "client/short_text.hpp"

namespace portd::client {
namespace {

using std::chrono::steady_clock;

struct FreeOptions {
  std::string port;
  bool yes = false;
  std::string timeout = "10s";
};

constexpr Millis settling_time{3'000};  // whoever starts it again needs a moment
constexpr Millis between_looks{250};
constexpr int quiet_looks = 2;
constexpr int quiet_looks_if_restarted = 7;  // 1.5 s: loops and units sleep before they start it again
#ifdef __linux__
constexpr bool ports_are_held = true;
#else
constexpr bool ports_are_held = false;
#endif

std::string pid_text(const Occupant& occupant) { return "pid " + std::to_string(occupant.listener.process->id.pid); }

std::string pids_of(const std::vector<Occupant>& occupants) {
  std::string all;
  for (const Occupant& each : occupants) all += (all.empty() ? "" : ", ") + pid_text(each);
  return all;
}

// Why it is not for portc to end.
std::optional<Failure> refusal(const Occupant& occupant, const Viewpoint& view) {
  const std::string name = name_of(occupant);
  const std::string way = way_to_end(occupant, view);
  switch (occupant.kind) {
    case Occupant::Kind::own:
      return std::nullopt;
    case Occupant::Kind::portd:
      return Failure{Exit::no, "portd itself listens there; end it with: " + way};
    case Occupant::Kind::container:
      return Failure{Exit::no, name + " publishes the port; end it with: " + way};
    case Occupant::Kind::airplay:
      return Failure{Exit::no, name + " is not ended but switched off: " + way};
    case Occupant::Kind::hidden:
      return Failure{Exit::not_allowed,
                     name + " is not to be seen, so portc cannot end it; find out which it is with: " + way};
    case Occupant::Kind::foreign:
      return Failure{Exit::not_allowed, name + " is another user's; portc ends your own processes only: " + way};
  }
  return std::nullopt;
}

// Whether this report still has this process, and no later one with its pid.
bool has(const PortReport& report, const Holder& process) {
  return std::ranges::any_of(report.listeners, [&process](const Listener& each) {
    return each.process && each.process->id.pid == process.id.pid && each.process->started_at == process.started_at;
  });
}

// Ends whoever listens on one port: those that were named, and nobody else. Of a contested port the service that it is
// leased to is left alone.
class Freeing {
 public:
  Freeing(Session& session, Api& portd, Port port, Millis patience)
      : session_(session),
        portd_(portd),
        port_(port),
        patience_(patience),
        view_(viewpoint_of(session.environment(), portd.connection())) {}

  Outcome<Exit> run(bool yes) {
    const auto found = portd_.find(port_);
    if (!found) return found.error();
    for_its_service_ = found->report.verdict == Verdict::contested;
    const auto occupants = in_the_way(found->report);
    if (occupants.empty()) return nobody_to_end(*found);
    show(found->report, occupants);
    for (const Occupant& each : occupants) {
      if (auto refused = refusal(each, view_)) return *refused;
    }
    if (auto agreed = yes ? Outcome<void>() : ask(occupants); !agreed) return agreed.error();
    for (const Occupant& each : occupants) {
      if (auto ended = end(each); !ended) return ended.error();
    }
    return tell_result(occupants);
  }

 private:
  std::string port_text() const { return "port " + port_.text(); }

  std::vector<Occupant> in_the_way(const PortReport& report) const {
    if (for_its_service_ && report.verdict == Verdict::listening) return {};
    return intruders_of(report, view_);
  }

  Outcome<Exit> nobody_to_end(const FoundPort& found) {
    const std::string nobody = found.report.listeners.empty() ? "nobody" : "nobody but its service";
    if (session_.json()) {
      print_json({}, found);
    } else {
      session_.print_line(nobody + " listens on " + port_text() + "; it is " + owner_of(found.report) + " already");
    }
    return Exit::yes;
  }

  // "free", or for whom it is kept.
  static std::string owner_of(const PortReport& report) {
    if (!report.lease) return "free";
    if (report.verdict == Verdict::listening) return "left to its service " + report.lease->key.text();
    return (report.lease->held ? "held for " : "leased to ") + report.lease->key.text();
  }

  void show(const PortReport& report, const std::vector<Occupant>& occupants) {
    if (!session_.json()) session_.print_line(reason_of(report, view_));
    for (const Occupant& each : occupants) {
      if (session_.json()) continue;
      for (const std::string& sentence : story_of(each, view_)) session_.print_line(sentence);
    }
    for (const Occupant& each : occupants) warn_of_supervisor(each);
    session_.flush();
  }

  void warn_of_supervisor(const Occupant& occupant) {
    const std::string unit = supervisor_of(occupant.listener);
    if (occupant.kind != Occupant::Kind::own || unit.empty()) return;
    session_.note(unit + " may start it again; that ends for good with: " + stop_command(occupant, unit, view_));
  }

  Outcome<void> ask(const std::vector<Occupant>& occupants) {
    if (!session_.can_ask()) {
      return Failure{Exit::usage, "there is no terminal to ask at, so nothing was ended; to end " +
                                      names_of(occupants) + ": portc free " + port_.text() + " --yes"};
    }
    if (session_.confirms("end " + names_of(occupants) + "?")) return {};
    return Failure{Exit::no, "nothing was ended"};
  }

  // Asks portd again once the pid can be nobody else's: only who still listens is ended.
  Outcome<void> end(const Occupant& occupant) {
    const Holder& process = *occupant.listener.process;
    bool meant = false;
    auto outcome = end_process(process.id.pid, patience_, [&] {
      const auto now = portd_.find(port_);
      return meant = now && has(now->report, process);
    });
    if (outcome && meant) ended_.push_back(occupant);
    return outcome;
  }

  // Whether a hold that is to come is there.
  static bool is_at_rest(const PortReport& report) {
    const auto& lease = report.lease;
    if (!ports_are_held || !lease || lease->held || report.verdict == Verdict::listening) return true;
    return lease->hold == HoldMode::none || lease->protocol == Protocol::udp;
  }

  static int quiet_looks_after(const std::vector<Occupant>& ended) {
    const bool restarts =
        std::ranges::any_of(ended, [](const Occupant& each) { return may_be_started_again(each.listener); });
    return restarts ? quiet_looks_if_restarted : quiet_looks;
  }

  // What portd sees once somebody else listens, or nobody does and stays away, or the time is up.
  Outcome<FoundPort> settled(const std::vector<Occupant>& before) {
    const auto deadline = steady_clock::now() + settling_time;
    for (int quiet = 0;;) {
      auto found = portd_.find(port_);
      if (!found) return found;
      const PortReport& now = found->report;
      const bool same =
          std::ranges::any_of(before, [&now](const Occupant& each) { return has(now, *each.listener.process); });
      const bool taken = !in_the_way(now).empty();
      if ((taken && !same) || steady_clock::now() >= deadline) return found;
      quiet = !taken && is_at_rest(now) ? quiet + 1 : 0;
      if (quiet == quiet_looks_after(before)) return found;
      std::this_thread::sleep_for(between_looks);
    }
  }

  Outcome<Exit> tell_result(const std::vector<Occupant>& named) {
    const auto found = settled(named);
    if (!found) return found.error();
    if (session_.json()) print_json(ended_, *found);
    const std::string done = ended_.empty() ? pids_of(named) + " had left it already" : "ended " + pids_of(ended_);
    const auto now = in_the_way(found->report);
    if (!now.empty()) return not_free(done, now);
    if (!session_.json()) session_.print_line(done + "; " + port_text() + " is " + owner_of(found->report));
    return Exit::yes;
  }

  Failure not_free(const std::string& done, const std::vector<Occupant>& now) const {
    const std::string text =
        done + ", but " + names_of(now) + (now.size() == 1 ? " listens" : " listen") + " on " + port_text() + " now";
    const Listener& first = now.front().listener;
    const std::string unit = supervisor_of(first);
    if (!unit.empty()) return {Exit::no, text + "; " + unit + " started it again: " + way_to_end(now.front(), view_)};
    if (first.origin.started_by.empty()) return {Exit::no, text + "; see portc who " + port_.text()};
    const Ancestor& parent = first.origin.started_by.front();
    return {Exit::no, text + "; it was started by pid " + std::to_string(parent.pid) + " (" +
                          short_command(parent.command) + "), which may have to end first"};
  }

  void print_json(const std::vector<Occupant>& ended, const FoundPort& found) {
    Json list = Json::array();
    for (const Occupant& each : ended) {
      const Holder& process = *each.listener.process;
      list.push_back({{"pid", process.id.pid}, {"command", process.command}});
    }
    session_.print(Json{{"port", port_.number()}, {"ended", std::move(list)}, {"now", found.json}});
  }

  Session& session_;
  Api& portd_;
  Port port_;
  Millis patience_;
  Viewpoint view_;
  bool for_its_service_ = false;  // the port was contested
  std::vector<Occupant> ended_;
};

Outcome<Exit> free_port(Session& session, const FreeOptions& options) {
  const auto port = Port::parse(options.port);
  if (!port) return failure_from(port.error());
  const auto patience = parse_duration(options.timeout);
  if (!patience) return failure_from(patience.error());
  auto portd = session.portd();
  if (!portd) return portd.error();
  return Freeing(session, **portd, *port, *patience).run(options.yes);
}

Run declare_free(CLI::App& app) {
  const auto options = std::make_shared<FreeOptions>();
  app.add_option("PORT", options->port, "1 to 65535")->required();
  app.add_flag("-y,--yes", options->yes, "Do not ask");
  app.add_option("--timeout", options->timeout, "How long a process may take to end (default: 10s)");
  return [options](Session& session) { return free_port(session, *options); };
}

}  // namespace

Verb free_verb() {
  return {"free", "End the process that listens on a port; asks first",
          "It shows who listens, asks, and sends SIGTERM to exactly those processes: never to portd, to another\n"
          "user's process or to a later one with the same pid. Of a contested port it ends the intruders; the service\n"
          "that has it is left alone. A port on which nobody listens is exit 0; 1: it did not end, or something else\n"
          "listens by now; 2: nobody to ask and no --yes; 77: another user's, or hidden.\n"
          "\n"
          "Examples:\n"
          "  portc free 3000\n"
          "  portc free 3000 --yes --timeout 30s\n"
          "  portc free 3000 --yes --json | jq '.ended[].pid'",
          declare_free};
}

}  // namespace portd::client
