#include "client/occupant.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "client/ancestry.hpp"
#include "client/short_text.hpp"

namespace portd::client {
namespace {

using Kind = Occupant::Kind;

std::string pid_text(pid_t pid) { return "pid " + std::to_string(pid); }

// macOS answers on 5000 and 7000 for AirPlay; lsof(8) there shows the first nine letters of a command only.
bool is_airplay(const Listener& listener) {
  if (listener.port.number() != 5000 && listener.port.number() != 7000) return false;
  if (!listener.process) return false;
  const std::string& command = listener.process->command;
  return command.find("AirPlayXPC") != std::string::npos || program_of(command).starts_with("ControlCe");
}

Kind kind_of(const Listener& listener, const Viewpoint& view) {
  if (listener.process && view.portd == listener.process->id.pid) return Kind::portd;
  if (is_airplay(listener)) return Kind::airplay;
  if (listener.container) return Kind::container;
  if (listener.user != view.user) return Kind::foreign;
  return listener.process ? Kind::own : Kind::hidden;
}

bool is_same(const Listener& a, const Listener& b) {
  if (a.container || b.container) return a.container == b.container;
  if (a.process && b.process) return a.process->id.pid == b.process->id.pid;
  return !a.process && !b.process && a.user == b.user;
}

// What portd shows of the parents ends at the leader of the session, which its holder may be above.
bool descends(const Listener& listener, pid_t ancestor) {
  const auto is_it = [ancestor](const Ancestor& each) { return each.pid == ancestor; };
  if (std::ranges::any_of(listener.origin.started_by, is_it)) return true;
  constexpr int most = 64;
  pid_t pid = listener.process->id.pid;
  for (int steps = 0; pid > 1 && pid != ancestor && steps < most; ++steps) pid = parent_of(pid);
  return pid == ancestor;
}

bool serves(const Listener& listener, const Lease& lease) {
  if (listener.container) {
    const auto key = Key::parse(listener.container->key);
    return key && *key == lease.key;
  }
  return listener.process && lease.holder && lease.holder_alive && descends(listener, lease.holder->id.pid);
}

bool is_rightful(const Occupant& occupant, const PortReport& report) {
  return report.verdict == Verdict::contested && report.lease && serves(occupant.listener, *report.lease);
}

std::string name_of(const Container& container) {
  const std::string& name = container.name.empty() ? container.id : container.name;
  return "container " + name + (container.image.empty() ? "" : " (" + container.image + ")");
}

// "~/old-demo on branch main"
std::string place_of(const Listener& listener, const Viewpoint& view) {
  const std::string& cwd = listener.process->cwd;
  const std::string& branch = listener.origin.branch;
  return short_folder(cwd, view.home) + (branch.empty() ? "" : " on branch " + branch);
}

std::string life_of(const Listener& listener, const Viewpoint& view) {
  const Holder& process = *listener.process;
  std::string text;
  if (process.started_at != TimePoint{}) {
    text += " since " + to_rfc3339(process.started_at) + " (" + age_text(view.now - process.started_at) + ")";
  }
  if (!process.cwd.empty()) text += " in " + place_of(listener, view);
  return text.empty() ? "" : pid_text(process.id.pid) + " runs" + text + ".";
}

std::string start_of(const Listener& listener) {
  std::string chain;
  for (const Ancestor& each : listener.origin.started_by) {
    chain += (chain.empty() ? " was started by " : ", that by ") + pid_text(each.pid) + " (" +
             short_command(each.command) + ")";
  }
  const std::string& terminal = listener.origin.terminal;
  if (chain.empty() && terminal.empty()) return "";
  if (chain.empty()) chain = " was started";
  return pid_text(listener.process->id.pid) + chain + (terminal.empty() ? "" : " at terminal " + terminal) + ".";
}

// Whether it is what the unit runs: its first process, or a worker of that, and not what cron or an IDE has started.
// The ancestors of a process that has a unit lie within the unit.
bool is_program_of_unit(const Listener& listener) {
  return std::ranges::all_of(listener.origin.started_by, [&listener](const Ancestor& each) {
    return listener.process && program_of(each.command) == program_of(listener.process->command);
  });
}

// "-bash", "zsh -l"; not "sh -c ..." or "bash build.sh".
bool is_interactive_shell(const std::string& command) {
  constexpr std::array<std::string_view, 9> shells{"bash", "zsh", "fish", "sh", "dash", "ksh", "tcsh", "csh", "nu"};
  if (std::ranges::find(shells, program_of(command)) == shells.end()) return false;
  std::size_t blank = command.find(' ');
  for (; blank != std::string::npos; blank = command.find(' ', blank + 1)) {
    if (!command.substr(blank + 1).starts_with('-')) return false;
  }
  return true;
}

std::string story_of(const Container& container) {
  return name_of(container) + " publishes the port; its id is " + container.id +
         (container.key.empty() ? "." : ", its label portd.service is " + container.key + ".");
}

}  // namespace

std::vector<Occupant> occupants_of(const PortReport& report, const Viewpoint& view) {
  std::vector<Occupant> all;
  for (const Listener& listener : report.listeners) {
    const bool known =
        std::ranges::any_of(all, [&listener](const Occupant& each) { return is_same(each.listener, listener); });
    if (!known) all.push_back({kind_of(listener, view), listener});
  }
  return all;
}

std::vector<Occupant> rightful_of(const PortReport& report, const Viewpoint& view) {
  auto occupants = occupants_of(report, view);
  std::erase_if(occupants, [&report](const Occupant& each) { return !is_rightful(each, report); });
  return occupants;
}

std::vector<Occupant> intruders_of(const PortReport& report, const Viewpoint& view) {
  auto occupants = occupants_of(report, view);
  std::erase_if(occupants, [&report](const Occupant& each) { return is_rightful(each, report); });
  return occupants;
}

std::string name_of(const Occupant& occupant) {
  const Listener& listener = occupant.listener;
  if (listener.container) return name_of(*listener.container);
  if (!listener.process) return "a process of " + listener.user;
  const Holder& process = *listener.process;
  if (occupant.kind == Kind::airplay) return "the AirPlay Receiver of macOS (" + pid_text(process.id.pid) + ")";
  return pid_text(process.id.pid) + " (" + short_command(process.command) + ") of " + listener.user;
}

std::string names_of(const std::vector<Occupant>& occupants) {
  std::string all;
  for (std::size_t i = 0; i < occupants.size(); ++i) {
    const bool last = i + 1 == occupants.size();
    all += (i == 0 ? "" : last ? " and " : ", ") + name_of(occupants[i]);
  }
  return all;
}

std::vector<std::string> story_of(const Occupant& occupant, const Viewpoint& view) {
  std::vector<std::string> story;
  const Listener& listener = occupant.listener;
  const auto tell = [&story](std::string sentence) {
    if (!sentence.empty()) story.push_back(std::move(sentence));
  };
  if (listener.container) tell(story_of(*listener.container));
  if (!listener.process) return story;
  tell(life_of(listener, view));
  tell(start_of(listener));
  if (!listener.origin.unit.empty()) {
    tell(pid_text(listener.process->id.pid) + " belongs to the unit " + listener.origin.unit + ".");
  }
  return story;
}

// user@1000.service is the user's manager itself: whatever is below it, too, is not kept by it.
std::string supervisor_of(const Listener& listener) {
  const std::string& unit = listener.origin.unit;
  const bool is_service = unit.ends_with(".service") && !unit.starts_with("user@");
  return is_service && listener.origin.terminal.empty() && is_program_of_unit(listener) ? unit : "";
}

bool may_be_started_again(const Listener& listener) {
  if (!supervisor_of(listener).empty()) return true;
  const Origin& origin = listener.origin;
  if (origin.started_by.empty()) return false;
  return origin.terminal.empty() || !is_interactive_shell(origin.started_by.front().command);
}

// Another user's manager is reached by its name only.
std::string stop_command(const Occupant& occupant, const std::string& unit, const Viewpoint& view) {
  const std::string rights = view.user == "root" ? "" : "sudo ";
  if (!occupant.listener.origin.user_unit) return rights + "systemctl stop " + unit;
  if (occupant.kind == Kind::own) return "systemctl --user stop " + unit;
  return rights + "systemctl --user --machine=" + occupant.listener.user + "@ stop " + unit;
}

std::string way_to_end(const Occupant& occupant, const Viewpoint& view) {
  const Listener& listener = occupant.listener;
  const std::string port = listener.port.text();
  const std::string unit = supervisor_of(listener);
  switch (occupant.kind) {
    case Kind::portd:
      return "portc daemon stop";
    case Kind::airplay:
      return "System Settings > General > AirDrop & Handoff > AirPlay Receiver: off";
    case Kind::container:
      return "docker stop " + (listener.container->name.empty() ? listener.container->id : listener.container->name);
    case Kind::own:
      return unit.empty() ? "portc free " + port : stop_command(occupant, unit, view);
    case Kind::hidden:
      return "sudo ss -Hltunp 'sport = :" + port + "'";
    case Kind::foreign:
      if (!unit.empty()) return stop_command(occupant, unit, view);
      if (!listener.process) return "sudo ss -Hltunp 'sport = :" + port + "'";
      return (view.user == "root" ? "kill " : "sudo kill ") + std::to_string(listener.process->id.pid);
  }
  return "portc who " + port;
}

}  // namespace portd::client
