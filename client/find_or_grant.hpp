#pragma once

#include "client/api.hpp"
#include "client/key_options.hpp"
#include "client/session.hpp"

namespace portd::client {

// The body of POST /ports for a key: what its project file asks of the port, its folder, no holder.
Json grant_request(const config::DerivedKey& derived);

// What the project file does not have is most likely mistyped: said on stderr.
void tell_undeclared(Session& session, const config::DerivedKey& derived);
// The project file asks for another port, which is taken: said on stderr.
void tell_other_port(Session& session, const config::DerivedKey& derived, const Lease& lease);

// How long portd may take for it beyond the usual: where the request, or the project file, has it wait for the port.
// Error: invalid_value.
Result<Millis> patience_for(const Json& request);

// The lease of the key that the options and the folder mean; granted when there is none, unless `existing`, which is
// then not_found. A lease on another port than the project file asks for moves there, where it is free.
Outcome<ListedLease> find_or_grant(Session& session, const KeyOptions& options, bool existing);
Outcome<ListedLease> find_or_grant(Session& session, const config::DerivedKey& derived, bool existing);

}  // namespace portd::client
