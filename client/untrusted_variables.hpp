#pragma once

#include "client/environment.hpp"
#include "client/outcome.hpp"
#include "config/project.hpp"

namespace portd::client {

// A cloned repository's file is data. Where the `env` of one of its services sets what decides which programs run
// (PATH, LD_PRELOAD, PYTHONPATH, ...), it is more, and needs `portc trust`. Failure: not_allowed, naming the variable.
Outcome<void> refuse_untrusted(const config::ProjectService& service, const config::Project& project,
                               const Environment& environment);

}  // namespace portd::client
