#pragma once

#include <string>
#include <vector>

#include "client/session.hpp"
#include "client/viewpoint.hpp"

namespace portd::client {

// What listens on this machine without a lease, for who sees portc for the first time: "9 ports are in use: 5000
// AirPlay, 3000 node (~/old-demo, 6 days), ...". Not portd itself, nor UDP ports of outgoing traffic; empty: nothing.
std::string first_look_text(const std::vector<PortReport>& foreign, const Viewpoint& view);

// Says that on stderr, once on this machine and only to a person: both outputs are terminals, and no --json. Asks the
// portd that the verb talked to, for a moment only; whatever fails is passed over.
void take_first_look(Session& session);

}  // namespace portd::client
