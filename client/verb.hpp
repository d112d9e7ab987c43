#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <string_view>

#include "client/session.hpp"

namespace portd::client {

// What a verb does once its options are read.
using Run = std::function<Outcome<Exit>(Session&)>;

// One verb of portc. To add one: a file in commands/, a line in commands/commands.hpp and one in the table of
// portc.cpp, and its test.
struct Verb {
  std::string_view name;
  std::string_view summary;   // one line, for the list of verbs
  std::string_view examples;  // the footer of --help
  // Adds the verb's options; the result owns what they are read into.
  Run (*declare)(CLI::App& app);
  // What stands behind `--` is a command, whose exit codes are mirrored; a failure of portc itself is 125.
  bool runs_command = false;
  // Runs until it is interrupted: nothing is said after it.
  bool follows = false;
};

}  // namespace portd::client
