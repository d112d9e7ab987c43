#pragma once

#include <vector>

#include "client/api.hpp"
#include "client/occupant.hpp"

namespace portd::client {

// What portd sees on the ports of contested leases.
struct ContestedPorts {
  std::vector<PortReport> reports{};
  Json json = Json::array();  // the same as portd sent it
};

// A lease does not tell who is on its port, so portd is asked for each that is contested: they are few. What it does
// not tell, or is at peace by now, is left out.
ContestedPorts contested_ports(Api& portd, const std::vector<Lease>& leases);

// Who is on the port of a contested lease in its service's place; nobody on a port that is not among the reports.
std::vector<Occupant> intruders_on(Port port, const std::vector<PortReport>& reports, const Viewpoint& view);

}  // namespace portd::client
