#include "daemon/watch/endpoint_watch.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/core/identity.hpp"

namespace portd::watch {
namespace {

constexpr const char* start_anew = "portc daemon stop && portc daemon start";

// portd binds 127.0.0.1 and ::1.
bool is_in_portds_way(const Listener& listener) {
  constexpr std::array<std::string_view, 6> addresses = {"127.0.0.1", "0.0.0.0",          "::1",
                                                         "::",        "::ffff:127.0.0.1", "::ffff:0.0.0.0"};
  return listener.protocol == Protocol::tcp && std::ranges::find(addresses, listener.address) != addresses.end();
}

}  // namespace

void EndpointWatch::fell_back(Port wanted, Port got, TimePoint now) {
  fallback_ = Fallback{wanted, got};
  look(now);
}

void EndpointWatch::look(TimePoint now) {
  if (!fallback_) return;
  const Listener* by = taker();
  fallback_->seen = fallback_->seen || by != nullptr;
  if (by == nullptr && fallback_->seen) {
    tell_free(now);
  } else {
    tell_taken(by, now);
  }
}

const Listener* EndpointWatch::taker() const {
  for (const Listener* each : machine_.known_on(fallback_->wanted)) {
    if (is_in_portds_way(*each)) return each;
  }
  return nullptr;
}

void EndpointWatch::tell_taken(const Listener* by, TimePoint now) {
  const Port wanted = fallback_->wanted;
  std::vector<Fact> facts{{"port", std::int64_t{wanted.number()}}, {"user", by == nullptr ? "" : by->user}};
  if (by != nullptr && by->process) {
    facts.push_back({"pid", std::int64_t{by->process->id.pid}});
    facts.push_back({"command", by->process->command});
  }
  alerts_.report(AlertKind::endpoint_taken, wanted.text(),
                 "port " + wanted.text() + " is taken by " + (by == nullptr ? "another program" : core::describe(*by)) +
                     "; portd serves on " + fallback_->got.text() +
                     " and says so in endpoint.json; end that program, then: " + start_anew,
                 now, std::move(facts));
}

void EndpointWatch::tell_free(TimePoint now) {
  const Port wanted = fallback_->wanted;
  alerts_.report(AlertKind::endpoint_taken, wanted.text(),
                 "port " + wanted.text() + " is free again, but portd still serves on " + fallback_->got.text() +
                     "; for portd to take it: " + start_anew,
                 now, {{"port", std::int64_t{wanted.number()}}});
}

}  // namespace portd::watch
