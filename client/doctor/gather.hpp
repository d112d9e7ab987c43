#pragma once

#include "client/doctor/facts.hpp"
#include "client/session.hpp"

namespace portd::client {

// Looks at everything; starts and changes nothing. Failure: usage, for a portd that cannot be named so.
Outcome<Facts> gather(Session& session);

}  // namespace portd::client
