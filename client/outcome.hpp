#pragma once

#include <boost/system/result.hpp>
#include <optional>
#include <string>
#include <utility>

#include "common/error.hpp"
#include "common/json.hpp"

namespace portd::client {

// Exit codes of portc (DESIGN section 7).
enum class Exit : int {
  yes = 0,
  no = 1,
  usage = 2,
  not_found = 3,
  conflict = 4,
  no_daemon = 69,
  not_allowed = 77,
  configuration = 78,
  own_failure = 125,  // of `portc run`, whose other codes are those of the command
};

// Why a verb could not do its work: what the shell gets, and what a person reads. The detail tells the next step.
struct Failure {
  Failure() = default;
  // A constructor keeps it from being made of an Exit alone, which would make Outcome<Exit> ambiguous.
  Failure(Exit code, std::string text, std::optional<Json> from_portd = std::nullopt)
      : exit(code), detail(std::move(text)), problem(std::move(from_portd)) {}

  Exit exit = Exit::no;
  std::string detail;
  std::optional<Json> problem;  // as portd sent it
};

// Maps an error of portd or of the shared rules to its exit code; one with the fact "file" is of the configuration.
Failure failure_from(const Error& error);

template <class T>
using Outcome = boost::system::result<T, Failure>;

// Called by Outcome::value() on a failure; a bug, since failures are tested for.
[[noreturn]] void throw_exception_from_error(const Failure& failure, const boost::source_location& where);

}  // namespace portd::client
