#pragma once

#include "client/verb.hpp"

namespace portd::client {

Verb allocate_verb();
Verb port_verb();
Verb run_verb();
Verb url_verb();
Verb release_verb();
Verb prune_verb();
Verb ls_verb();
Verb who_verb();
Verb free_verb();
Verb adopt_verb();
Verb top_verb();
Verb register_verb();
Verb discover_verb();
Verb health_verb();
Verb wait_verb();
Verb maintenance_verb();
Verb graph_verb();
Verb events_verb();
Verb alerts_verb();
Verb history_verb();
Verb stats_verb();
Verb daemon_verb();
Verb doctor_verb();
Verb env_verb();
Verb config_verb();
Verb init_verb();
Verb trust_verb();
Verb untrust_verb();

}  // namespace portd::client
