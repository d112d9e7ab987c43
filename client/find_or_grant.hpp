#pragma once

#include "client/key_options.hpp"
#include "client/session.hpp"

namespace portd::client {

// The lease of the key that the options and the folder name; granted if needed, without a holder: the shell that
// asks is not the service, and two of them may ask. Failure: not_found when `existing` and there is none.
Outcome<ListedLease> find_or_grant(Session& session, const KeyOptions& options, bool existing);

}  // namespace portd::client
