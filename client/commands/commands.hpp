#pragma once

#include "client/verb.hpp"

namespace portd::client {

Verb allocate_verb();
Verb port_verb();
Verb url_verb();
Verb release_verb();
Verb prune_verb();
Verb ls_verb();
Verb who_verb();
Verb register_verb();
Verb discover_verb();
Verb health_verb();
Verb wait_verb();
Verb maintenance_verb();
Verb graph_verb();
Verb events_verb();
Verb daemon_verb();

}  // namespace portd::client
