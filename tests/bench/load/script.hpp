#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "tests/bench/load/answer_reader.hpp"

namespace portd::load {

enum class Kind { get, grant, release, registration, withdrawal };

// What one connection says; the next request may depend on the last answer.
class Script {
 public:
  virtual ~Script() = default;

  // The bytes of the next request; they live until the next call.
  virtual std::string_view request() = 0;
  virtual Kind kind() const = 0;
  // Takes the answer; false when it is not the expected one.
  virtual bool take(const Answer& answer) = 0;
  // Nothing is half done: the connection may stop here.
  virtual bool at_rest() const { return true; }
};

// `host`: what the requests say in their Host field.
// GET of one path, again and again; 200 each time.
std::unique_ptr<Script> get_script(const std::string& host, const std::string& path);
// A grant for a key that was never used before, 201 each time; services are called PREFIX-1, PREFIX-2, ...
std::unique_ptr<Script> grant_script(const std::string& host, const std::string& prefix);
// The same, and after each grant its release: 204.
std::unique_ptr<Script> cycle_script(const std::string& host, const std::string& prefix);
// Registers a service that was never there before, 201, and withdraws it, 204; again and again. Its port is nobody's
// lease, so that nothing but the registration is made durable.
std::unique_ptr<Script> register_script(const std::string& host, const std::string& prefix);

}  // namespace portd::load
