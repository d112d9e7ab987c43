#pragma once

#include <string>
#include <vector>

#include "client/viewpoint.hpp"
#include "common/lease.hpp"

namespace portd::client {

// One process or container that listens on a port, on however many addresses.
struct Occupant {
  enum class Kind {
    portd,      // itself
    airplay,    // of macOS
    container,  // whose published port it is
    own,        // a process of who asks
    hidden,     // a process of who asks that the system does not show
    foreign,    // somebody else's, seen or hidden
  };

  Kind kind = Kind::own;
  Listener listener;  // the first of its sockets
};

// Each once, in the order of the report.
std::vector<Occupant> occupants_of(const PortReport& report, const Viewpoint& view);

// The service of a contested lease, where it listens on its port as well: the lease's holder, what that has started, or
// the container that says so. Nobody on any other port.
std::vector<Occupant> rightful_of(const PortReport& report, const Viewpoint& view);

// Who is to end so that the port is free for its owner: all but the rightful.
std::vector<Occupant> intruders_of(const PortReport& report, const Viewpoint& view);

// "pid 17 (node server.js) of ada", "container web (nginx:1.25)", "a process of postgres".
std::string name_of(const Occupant& occupant);

// The names, with commas and "and".
std::string names_of(const std::vector<Occupant>& occupants);

// How it came to be: since when it runs and where, who started it, its unit. A sentence each.
std::vector<std::string> story_of(const Occupant& occupant, const Viewpoint& view);

// The systemd service that it is the program of, so that stopping the one ends the other and nothing else; empty: none,
// it was started at a terminal, or by another program of its unit.
std::string supervisor_of(const Listener& listener);

// Whether something may start it again after its end: its unit, or a parent that is no interactive shell (a script with
// a loop, make, nodemon).
bool may_be_started_again(const Listener& listener);

// The command that stops a systemd service: of the user's own manager, or of the system's.
std::string stop_command(const Occupant& occupant, const std::string& unit, const Viewpoint& view);

// The command, or the place on the screen, that ends it and frees the port.
std::string way_to_end(const Occupant& occupant, const Viewpoint& view);

}  // namespace portd::client
