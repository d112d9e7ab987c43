#pragma once

#include <boost/system/error_code.hpp>
#include <string>

#include "daemon/outbound/child_process.hpp"
#include "daemon/outbound/interruption.hpp"
#include "daemon/task.hpp"

namespace portd::outbound {

inline constexpr std::size_t output_kept = 4096;

struct Ended {
  boost::system::error_code error{};  // it could not be run
  int status = 0;                     // as waitpid(2) tells it
  std::string said{};                 // the first of its output, as lines for people
};

// Runs a program to its end, which an interruption brings about. Over is over: what it left in its group is killed.
Task<Ended> run_program(Executor executor, ChildProcess::Plan plan, Interruption& interruption);

}  // namespace portd::outbound
