#pragma once

#include <vector>

#include "client/doctor/facts.hpp"
#include "client/doctor/finding.hpp"

namespace portd::client {

// Everything that is wrong, what has to be mended first before the others. Empty: all is well.
std::vector<Finding> diagnose(const Facts& facts);

}  // namespace portd::client
