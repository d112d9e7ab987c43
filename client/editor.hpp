#pragma once

#include <filesystem>

#include "client/environment.hpp"
#include "client/outcome.hpp"

namespace portd::client {

// Has the person edit a file: $VISUAL, else $EDITOR, else vi or nano, whichever there is; waits for its end. The
// variable may hold arguments, as git(1) has it. Failure: usage, where there is none, or where it failed.
Outcome<void> edit_file(const std::filesystem::path& file, const Environment& environment);

}  // namespace portd::client
