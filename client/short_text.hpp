#pragma once

#include <string>

#include "common/time.hpp"

// What people need of a longer text.
namespace portd::client {

// "6 days", "1 hour", "12 seconds": the largest whole unit; "a moment" below a second.
std::string age_text(Millis age);

// "~/shop" for a folder under the home.
std::string short_folder(const std::string& folder, const std::string& home);

// A command that fits into a sentence: "python3 -c import http.server; ...".
std::string short_command(const std::string& command);

// "node" of "/usr/bin/node server.js".
std::string program_of(const std::string& command);

}  // namespace portd::client
