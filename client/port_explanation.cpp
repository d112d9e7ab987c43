#include "client/port_explanation.hpp"

#include <algorithm>

#include "client/occupant.hpp"
#include "client/short_text.hpp"

namespace portd::client {
namespace {

constexpr const char* why_blocked = "browsers refuse to open it";
constexpr const char* why_excluded = "the configuration excludes it, or a well-known program uses it";

std::string leased_to(const PortReport& report) {
  const std::string port = "port " + report.port.text();
  if (!report.lease) return port + " is leased";
  return port + " is leased to " + report.lease->key.text() + " since " + to_rfc3339(report.lease->created_at);
}

// Whoever listens, as far as portd may see it.
std::string names_or_somebody(const std::vector<Occupant>& occupants) {
  return occupants.empty() ? "somebody" : names_of(occupants);
}

std::string listen_on_it(const std::vector<Occupant>& occupants) {
  return names_or_somebody(occupants) + (occupants.size() > 1 ? " listen on it" : " listens on it");
}

bool is_portds(const PortReport& report, const Viewpoint& view) {
  return std::ranges::any_of(occupants_of(report, view),
                             [](const Occupant& each) { return each.kind == Occupant::Kind::portd; });
}

// Whoever listens all the same does so by another protocol.
std::string reserved(const PortReport& report, const Viewpoint& view) {
  const bool held = report.lease && report.lease->held;
  const bool udp = report.lease && report.lease->protocol == Protocol::udp;
  const std::string by = report.listeners.empty() ? "" : udp ? " over UDP" : " over TCP";
  std::string text = "reserved: " + leased_to(report) + "; nobody listens" + by;
  if (held) text += by.empty() ? ", and portd holds it for that service" : "; portd holds it for that service";
  if (by.empty()) return text + ".";
  return text + ". Over " + (udp ? "TCP " : "UDP ") + listen_on_it(occupants_of(report, view)) + ".";
}

std::string contested(const PortReport& report, const Viewpoint& view) {
  const std::string text = "contested: " + leased_to(report) + ", but " + listen_on_it(intruders_of(report, view));
  const auto service = rightful_of(report, view);
  if (!service.empty())
    return text + ", too; its service listens as well and is left alone: " + names_of(service) + ".";
  if (!report.lease || !report.lease->holder) return text + " instead.";
  const Holder& holder = *report.lease->holder;
  return text + " instead; it is held for pid " + std::to_string(holder.id.pid) + " (" + short_command(holder.command) +
         ").";
}

std::string foreign(const PortReport& report, const Viewpoint& view) {
  const std::string port = "foreign: port " + report.port.text();
  if (is_portds(report, view)) return port + " is portd's own: its API listens on it.";
  return port + " is not leased; " + listen_on_it(occupants_of(report, view)) + ".";
}

// The families and protocols that are left to others.
std::string remark_on_addresses(const PortReport& report) {
  const auto all = [&report](auto&& is) {
    return !report.listeners.empty() && std::ranges::all_of(report.listeners, is);
  };
  const std::string port = report.port.text();
  if (all([](const Listener& each) { return each.protocol == Protocol::udp; })) {
    return "note: only UDP port " + port + " is open; nobody listens on TCP port " + port + ".";
  }
  const auto only_v6 = [](const Listener& each) {
    return (each.address != "::" || each.v6_only) && each.address.find(':') != std::string::npos &&
           each.address.find('.') == std::string::npos;  // of an IPv4 address within IPv6
  };
  if (!all(only_v6)) return "";
  const std::string& address = report.listeners.front().address;
  return "note: it listens on IPv6 only: http://[" + (address == "::" ? "::1" : address) + "]:" + port +
         "/ reaches it, http://127.0.0.1:" + port + "/ does not.";
}

std::string remark_on_bar(const PortReport& report) {
  if (!report.barred || report.barred == report.verdict) return "";
  const bool blocked = report.barred == Verdict::blocked;
  return std::string("note: portd never grants it, because ") + (blocked ? why_blocked : why_excluded) + ".";
}

// A hold is a TCP socket.
std::string remark_on_hold(const PortReport& report) {
  if (!report.lease || report.lease->protocol != Protocol::udp) return "";
  return "note: portd remembers the port for its service, but does not hold UDP: while nobody listens, any program can "
         "take it.";
}

// Over UDP there is nothing that any service answers.
std::string next_of_service(const PortReport& report) {
  const auto tcp = std::ranges::find(report.listeners, Protocol::tcp, &Listener::protocol);
  if (tcp == report.listeners.end()) return "portc ls";
  const bool own_address =
      report.listeners.size() == 1 && tcp->address.starts_with("127.") && tcp->address != "127.0.0.1";
  return "curl http://" + (own_address ? tcp->address : "localhost") + ":" + report.port.text() + "/";
}

std::string next_of_occupied(const PortReport& report, const Viewpoint& view) {
  if (is_portds(report, view)) return "portc daemon status";
  const auto occupants = intruders_of(report, view);
  if (occupants.empty()) return "sudo ss -Hltunp 'sport = :" + report.port.text() + "'";
  const Occupant& first = occupants.front();
  const bool own = std::ranges::all_of(occupants, [](const auto& each) { return each.kind == Occupant::Kind::own; });
  if (occupants.size() == 1 && own && supervisor_of(first.listener).empty()) {
    return way_to_end(first, view) + "   (or: kill " + std::to_string(first.listener.process->id.pid) + ")";
  }
  return way_to_end(first, view);
}

}  // namespace

std::string reason_of(const PortReport& report, const Viewpoint& view) {
  std::string port = "port " + report.port.text();
  switch (report.verdict) {
    case Verdict::free:
      return "free: " + port + " is not leased, and nobody listens on it.";
    case Verdict::reserved:
      return reserved(report, view);
    case Verdict::listening:
      return "listening: " + leased_to(report) +
             ", and its service listens: " + names_or_somebody(occupants_of(report, view)) + ".";
    case Verdict::contested:
      return contested(report, view);
    case Verdict::foreign:
      return foreign(report, view);
    case Verdict::excluded:
      return "excluded: " + port + " is never granted: " + why_excluded + ".";
    case Verdict::blocked:
      return "blocked: " + port + " is never granted, because " + why_blocked + ".";
  }
  return port;
}

std::vector<std::string> remarks_of(const PortReport& report) {
  std::vector<std::string> remarks;
  const auto add = [&remarks](const std::string& remark) {
    if (!remark.empty() && std::ranges::find(remarks, remark) == remarks.end()) remarks.push_back(remark);
  };
  for (const std::string& warning : report.warnings) add("warning: " + warning);
  add(remark_on_addresses(report));
  for (const Listener& listener : report.listeners) {
    if (!listener.note.empty()) add("note: " + listener.note);
  }
  add(remark_on_bar(report));
  add(remark_on_hold(report));
  if (report.ephemeral) {
    add("note: it lies in the ephemeral range: any outgoing connection may get it, so that it suits no service.");
  }
  return remarks;
}

std::string next_step_of(const PortReport& report, const Viewpoint& view) {
  const std::string port = report.port.text();
  switch (report.verdict) {
    case Verdict::free:
      return "portc allocate --port " + port;
    case Verdict::reserved:
      return "portc release " + port;
    case Verdict::listening:
      return next_of_service(report);
    case Verdict::contested:
    case Verdict::foreign:
      return next_of_occupied(report, view);
    case Verdict::excluded:
    case Verdict::blocked:
      return "portc port";
  }
  return "portc ls";
}

}  // namespace portd::client
