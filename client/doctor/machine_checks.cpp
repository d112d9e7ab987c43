// What the machine around portd is like.
#include <algorithm>
#include <array>
#include <utility>

#include "client/doctor/checks.hpp"

namespace portd::client {
namespace {

// A hold takes a descriptor for each family, and the watch of a holder one more.
constexpr std::uint64_t descriptors_a_lease = 3;
constexpr std::uint64_t least_descriptors = 4096;
constexpr std::uint64_t wanted_descriptors = 65'536;

constexpr Port first_free_for_users{1024};

// systemd or launchd listens in the place of the portd that it starts.
bool is_supervisor(const PortOwner& owner) {
  const std::string program = owner.command.substr(0, owner.command.find(' '));
  return program.ends_with("systemd") || program.ends_with("launchd") || program.ends_with("/init");
}

std::string text_of(const PortOwner& owner) {
  if (!owner.pid) return owner.uid ? "a process of user " + std::to_string(*owner.uid) : "another program";
  return "pid " + std::to_string(*owner.pid) + " (" + owner.command + ")";
}

bool overlap(const PortRange& one, const PortRange& other) {
  return one.first <= other.last && other.first <= one.last;
}

// As many ports next to the ephemeral range, on its lower side if possible, in nobody's way.
std::optional<PortRange> place_outside(const Facts& facts, const std::string& name, const PortRange& range) {
  const auto is_free = [&](const PortRange& place) {
    return !overlap(place, *facts.ephemeral) && std::ranges::none_of(facts.ranges, [&](const auto& other) {
      return other.first != name && overlap(other.second, place);
    });
  };
  const auto starting_at = [&](std::uint32_t first) {
    return PortRange{Port(static_cast<std::uint16_t>(first)),
                     Port(static_cast<std::uint16_t>(first + range.size() - 1))};
  };
  for (std::uint32_t end = facts.ephemeral->first.number(); end >= first_free_for_users.number() + range.size();
       --end) {
    if (const PortRange place = starting_at(end - range.size()); is_free(place)) return place;
  }
  for (std::uint32_t first = facts.ephemeral->last.number() + 1U; first + range.size() <= 65'536; ++first) {
    if (const PortRange place = starting_at(first); is_free(place)) return place;
  }
  return std::nullopt;
}

// The larger of the two parts that the range leaves of the ephemeral one.
std::string ephemeral_beside(const PortRange& ephemeral, const PortRange& range) {
  const int below = range.first.number() - ephemeral.first.number();
  const int above = ephemeral.last.number() - range.last.number();
  const auto text = [](int first, int last) { return std::to_string(first) + " " + std::to_string(last); };
  if (above >= below) return text(range.last.number() + 1, ephemeral.last.number());
  return text(ephemeral.first.number(), range.first.number() - 1);
}

}  // namespace

void check_api_port(const Facts& facts, Findings& found) {
  if (!facts.port_owner || is_supervisor(*facts.port_owner)) return;
  const PortOwner& owner = *facts.port_owner;
  const std::string port = std::to_string(facts.api_port);
  const std::string next =
      "portc config set api.port " + std::to_string(facts.api_port == 65'535 ? 7701 : facts.api_port + 1);
  const std::string restart = answers(facts) ? std::string(" && ") + restart_command : "";
  std::string detail = "port " + port + ", which is portd's own, is taken by " + text_of(owner);
  if (answers(facts) && facts.url) detail += "; portd serves on " + *facts.url + " meanwhile";
  if (!owner.pid) {
    found.push_back({"api-port-taken", detail, "choose another port for portd", next + restart});
    return;
  }
  const std::string end = "kill " + std::to_string(*owner.pid);
  const std::string settle = answers(facts) ? " && sleep 1" : "";
  found.push_back({"api-port-taken", detail,
                   "end that program and start portd anew, or choose another port for portd: " + next,
                   (owner.uid == facts.uid ? end : as_root(facts, end)) + settle + restart});
}

void check_ranges(const Facts& facts, Findings& found) {
  if (!facts.ephemeral) return;
  for (const auto& [name, range] : facts.ranges) {
    if (!overlap(range, *facts.ephemeral)) continue;
    Finding finding{"range-in-ephemeral",
                    "ports.ranges." + name + ", " + range.text() + ", lies in the ephemeral range " +
                        facts.ephemeral->text() + ", from which the system takes ports for outgoing connections",
                    ""};
    const bool fixed = facts.fixed_ranges.contains(name);
    if (const auto place = fixed ? std::nullopt : place_outside(facts, name, range)) {
      finding.fix = "move the range out of it; leases that there are keep their ports";
      finding.command = "portc config set ports.ranges." + name + " " + place->text();
    } else {
      finding.fix = "let the system take its ports elsewhere (for good: a file in /etc/sysctl.d)";
      finding.command =
          as_root(facts, "sysctl -w net.ipv4.ip_local_port_range='" + ephemeral_beside(*facts.ephemeral, range) + "'");
    }
    found.push_back(std::move(finding));
  }
}

void check_descriptors(const Facts& facts, Findings& found) {
  const std::uint64_t needed = std::max(least_descriptors, facts.leases * descriptors_a_lease);
  const bool runs = answers(facts) && facts.pid;
  if (runs && !facts.descriptors) return;
  const std::uint64_t limit = runs ? *facts.descriptors : facts.descriptors_here;
  if (limit >= needed) return;
  Finding finding{"few-descriptors", runs ? "portd" : "a portd that is started from here", ""};
  finding.detail += " may open " + std::to_string(limit) + " files only; a lease takes up to three";
  if (runs && facts.descriptors_here >= needed) {
    finding.fix = "start it anew from here, where " + std::to_string(facts.descriptors_here) + " are allowed";
    finding.command = restart_command;
  } else {
    const std::string wanted = std::to_string(std::max(wanted_descriptors, needed * 2));
    const std::string pid = runs ? std::to_string(*facts.pid) : "$$";
    finding.fix = "raise the limit (for good: LimitNOFILE= in portd's unit, or nofile in /etc/security/limits.conf)";
    finding.command = as_root(facts, "prlimit --pid " + pid + " --nofile=" + wanted + ":" + wanted);
  }
  found.push_back(std::move(finding));
}

void check_ipv6(const Facts& facts, Findings& found) {
  const std::string words =
      "; then start portd anew, if it runs, so that it serves there, too (portc daemon stop, portc daemon start)";
  switch (facts.ipv6) {
    case Ipv6Loopback::present:
      return;
    case Ipv6Loopback::disabled:
      found.push_back({"no-ipv6-loopback",
                       "IPv6 is switched off on the loopback interface: there is no ::1, which "
                       "localhost is for many programs",
                       "switch it on (for good: a file in /etc/sysctl.d)" + words,
                       as_root(facts, "sysctl -w net.ipv6.conf.lo.disable_ipv6=0")});
      return;
    case Ipv6Loopback::missing:
      found.push_back({"no-ipv6-loopback", "the loopback interface has no ::1, which localhost is for many programs",
                       "give it the address" + words, as_root(facts, "ip -6 addr add ::1/128 dev lo")});
      return;
    case Ipv6Loopback::no_kernel_support:
      found.push_back({"no-ipv6-loopback",
                       "the system has no IPv6: there is no ::1, which localhost is for many programs",
                       "start the system without ipv6.disable=1 on the kernel's command line"});
      return;
  }
}

}  // namespace portd::client
