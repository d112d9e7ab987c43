#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "common/check.hpp"
#include "common/port.hpp"
#include "common/time.hpp"

namespace portd::core {

// One check that is being made; never used again for another.
using CheckId = std::uint64_t;

// What came of making a check once.
struct Finding {
  enum class Verdict {
    pass,
    warn,
    fail,
    impostor,  // somebody else answered; said by Health, not by whoever makes the check
    none,      // portd could not make it (no descriptors): says nothing of the service
  };
  Verdict verdict = Verdict::none;
  std::string output{};       // for people; at most 4 KB are kept
  std::string answered_by{};  // the address that answered anything, "127.0.0.1" or "::1"; empty: nobody did
  std::chrono::microseconds latency{};
};

// What there is to do for one check, at the moment of asking.
struct Probe {
  Check check;
  std::string host;  // of the instance, or of the check's own URL
  Port port{1};
};

// What whoever makes the checks asks of the rules. Loop thread only.
class ProbeDesk {
 public:
  virtual ~ProbeDesk() = default;

  // When the check is to be made next; for a ttl check, when it lapses. SteadyPoint::max(): not until hurry().
  virtual SteadyPoint due(CheckId id) const = 0;
  virtual Probe probe(CheckId id) const = 0;

  // A check of type http, tcp or command was made.
  virtual void record(CheckId id, Finding finding) = 0;
  // A ttl check was due.
  virtual void lapse(CheckId id) = 0;
};

// Makes the checks when they are due, several at once. The implementation is the health room's; a fake is the tests'.
// Loop thread only. None of these calls the desk back before it returns.
class Prober {
 public:
  virtual ~Prober() = default;

  virtual void begin(CheckId id) = 0;
  // A check in flight is broken off; the desk does not hear of this check again.
  virtual void end(CheckId id) = 0;
  // due() has changed.
  virtual void hurry(CheckId id) = 0;
};

}  // namespace portd::core
