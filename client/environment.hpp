#pragma once

#include <sys/types.h>

#include <filesystem>
#include <istream>
#include <map>
#include <string>

#include "common/paths.hpp"

namespace portd::client {

// Which of the three standard streams are terminals.
struct Terminals {
  bool in = false;
  bool out = false;
  bool err = false;
};

// What a run of portc sees of the world around it. Tests make their own.
struct Environment {
  std::map<std::string, std::string> variables{};
  std::filesystem::path folder{};   // where portc was called
  std::filesystem::path program{};  // portc's own file; its portd lies beside it
  pid_t parent = 0;                 // who called it: a shell, a script, an editor
  bool colour = false;              // stdout is a terminal and NO_COLOR is unset
  std::string user{};               // whoever calls it; empty: the user of this process
  Terminals terminals{};
  std::istream* in = nullptr;  // where a question is answered

  // The value of a variable; empty when it is unset.
  std::string variable(const std::string& name) const;
  Paths paths() const;

  static Environment of_this_process();
};

}  // namespace portd::client
