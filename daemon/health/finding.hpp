#pragma once

#include <string>
#include <string_view>

#include "daemon/core/prober.hpp"
#include "daemon/outbound/connect.hpp"

// What probes of every type find.
namespace portd::health {

// "timed out after 2s: no answer"
core::Finding timed_out(const core::Probe& probe, std::string_view detail, std::string answered_by = "");

// There was no connection: it failed, or portd could not try.
core::Finding unconnected(const core::Probe& probe, const outbound::Connected& failed);

// portd could not look.
core::Finding not_made(std::string_view why);

}  // namespace portd::health
