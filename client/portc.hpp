#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "client/environment.hpp"

namespace portd::client {

// All of portc: runs one command line (without the program's name) and returns the exit code.
int run_portc(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
              const Environment& environment);

}  // namespace portd::client
