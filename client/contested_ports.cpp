#include "client/contested_ports.hpp"

#include <algorithm>

namespace portd::client {

ContestedPorts contested_ports(Api& portd, const std::vector<Lease>& leases) {
  ContestedPorts contested;
  for (const Lease& lease : leases) {
    if (lease.state != LeaseState::contested) continue;
    auto found = portd.find(lease.port);
    if (!found || found->report.verdict != Verdict::contested) continue;
    contested.reports.push_back(std::move(found->report));
    contested.json.push_back(std::move(found->json));
  }
  return contested;
}

std::vector<Occupant> intruders_on(Port port, const std::vector<PortReport>& reports, const Viewpoint& view) {
  const auto report = std::ranges::find(reports, port, &PortReport::port);
  return report == reports.end() ? std::vector<Occupant>() : intruders_of(*report, view);
}

}  // namespace portd::client
