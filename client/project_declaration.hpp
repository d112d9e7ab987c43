#pragma once

#include "client/project_ports.hpp"

namespace portd::client {

// What a project file declares of a service, as the body of PUT /services/{service}: tags, metadata, dependencies and
// checks, references filled in. A shared dependency is in `main`. Failure: configuration, and those of a grant.
Outcome<Json> declaration_of(const config::ProjectService& service, const config::Project& project,
                             ProjectPorts& ports);

}  // namespace portd::client
