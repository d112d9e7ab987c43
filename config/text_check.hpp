#pragma once

#include <string>
#include <vector>

#include "config/mistake.hpp"

namespace portd::config {

// The mistakes of a project file's text by itself: no other file is read. What it extends is not there, so that what
// may come from it is not asked for.
std::vector<Mistake> mistakes_in_project_text(const std::string& content);

}  // namespace portd::config
