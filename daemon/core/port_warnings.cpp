#include "daemon/core/port_warnings.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/core/identity.hpp"

namespace portd::core {
namespace {

bool started(const Listener& elder, const Listener& younger) {
  return std::ranges::any_of(younger.origin.started_by,
                             [&](const Ancestor& each) { return each.pid == elder.process->id.pid; });
}

// A server that forks its workers looks like them.
bool forked_alike(const Listener& one, const Listener& other) {
  const auto& first = one.origin.started_by;
  const auto& second = other.origin.started_by;
  if (first.empty() || second.empty() || first[0].pid != second[0].pid) return false;
  return one.process->command == other.process->command && first[0].command == one.process->command;
}

// Of two hidden processes nobody knows whether they are one.
bool is_other_program(const Listener& one, const Listener& other) {
  if (!one.process || !other.process) return one.uid != other.uid;
  if (one.process->id == other.process->id) return false;
  return !started(one, other) && !started(other, one) && !forked_alike(one, other);
}

bool is_v6(const Listener& listener) { return listener.address.find(':') != std::string::npos; }

bool is_local(const Listener& listener) {
  return listener.address == "127.0.0.1" || listener.address == "0.0.0.0" || listener.address == "::1" ||
         listener.address == "::";
}

bool is_wildcard(const Listener& listener) { return listener.address == "0.0.0.0" || listener.address == "::"; }

// Whether what arrives at the one address is the wildcard's, as long as nobody has that address.
bool covers(const Listener& wildcard, const Listener& exact) {
  if (!is_wildcard(wildcard) || is_wildcard(exact)) return false;
  return is_v6(wildcard) == is_v6(exact) || (is_v6(wildcard) && !wildcard.v6_only);
}

std::optional<std::string> sharing(const Listener& one, const Listener& other) {
  if (one.protocol != other.protocol || one.address != other.address || !is_other_program(one, other)) return {};
  return describe(one) + " and " + describe(other) + " share " + std::string(to_text(one.protocol)) + " " +
         one.address + " (SO_REUSEPORT): each gets a part of what arrives; end one of them";
}

std::optional<std::string> split(const Listener& one, const Listener& other) {
  if (one.protocol != Protocol::tcp || other.protocol != Protocol::tcp || is_v6(one) == is_v6(other)) return {};
  if (!is_local(one) || !is_local(other) || !is_other_program(one, other)) return {};
  const Listener& v4 = is_v6(one) ? other : one;
  const Listener& v6 = is_v6(one) ? one : other;
  return "localhost is " + describe(v4) + " over IPv4 and " + describe(v6) +
         " over IPv6: which of them answers depends on the client; end one of them, or say 127.0.0.1 or [::1]";
}

// The kernel gives a connection to whoever has the exacter address.
std::optional<std::string> covering(const Listener& one, const Listener& other) {
  if (one.protocol != Protocol::tcp || other.protocol != Protocol::tcp || !is_other_program(one, other)) return {};
  if (!covers(one, other) && !covers(other, one)) return {};
  const Listener& wildcard = covers(one, other) ? one : other;
  const Listener& exact = covers(one, other) ? other : one;
  return "connections to " + exact.address + " reach only " + describe(exact) + ", those to any other address " +
         describe(wildcard) + ", which listens on " + wildcard.address + "; end one of them";
}

}  // namespace

// Each with each, as far as somebody would read it.
std::vector<std::string> warnings_of(const std::vector<Listener>& listeners) {
  constexpr std::size_t most_compared = 32;
  constexpr std::size_t most_told = 4;
  const std::size_t count = std::min(listeners.size(), most_compared);
  std::vector<std::string> told;
  for (std::size_t one = 0; one < count; ++one) {
    for (std::size_t other = one + 1; other < count && told.size() < most_told; ++other) {
      auto warning = sharing(listeners[one], listeners[other]);
      if (!warning) warning = split(listeners[one], listeners[other]);
      if (!warning) warning = covering(listeners[one], listeners[other]);
      if (warning && std::ranges::find(told, *warning) == told.end()) told.push_back(std::move(*warning));
    }
  }
  return told;
}

}  // namespace portd::core
