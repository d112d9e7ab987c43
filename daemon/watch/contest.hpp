#pragma once

#include <string>
#include <vector>

#include "common/error.hpp"
#include "common/lease.hpp"

// What the alert `port-contested` says of who listens on a leased port.
namespace portd::watch {

// One sentence that tells the next step.
std::string contest_detail(const Lease& lease, const Listener& intruder);

// port, key, lease (its id), user; container where it is one; pid, command, cwd and since where the system shows them.
std::vector<Fact> contest_facts(const Lease& lease, const Listener& intruder);

}  // namespace portd::watch
