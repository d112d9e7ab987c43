// POST /ports/{port}/socket: a socket that listens goes to whoever starts the service.
#include <algorithm>

#include "daemon/core/leases.hpp"

namespace portd::core {
namespace {

// Somebody who is in the way, identified as far as the system allows.
std::optional<Listener> listener_on(Port port, const Listeners& listeners) {
  std::vector<Listener> found = listeners.snapshot();
  std::erase_if(found, [port](const Listener& each) { return each.port != port || each.protocol != Protocol::tcp; });
  if (found.empty()) return std::nullopt;
  found.resize(1);
  listeners.identify(found);
  return found.front();
}

Error already_listened_on(const Lease& lease, const Listener& other) {
  std::vector<Fact> facts{{"port", std::int64_t{lease.port.number()}}, {"lease", lease.id}};
  std::string who = "a process of user " + other.user;
  if (other.process) {
    who = "pid " + std::to_string(other.process->id.pid) + " (" + other.process->command + ")";
    facts.push_back({"pid", std::int64_t{other.process->id.pid}});
    facts.push_back({"command", other.process->command});
  }
  return {Problem::port_in_use,
          who + " already listens on port " + lease.port.text() + "; use that, or end it and ask again",
          std::move(facts)};
}

}  // namespace

Result<Handover> Leases::hand_over(Port port, const std::optional<std::string>& expected, const ListenAddress& address,
                                   Now now) {
  auto found = leased(port, expected);
  if (!found) return found.error();
  const Lease lease = std::move(*found);
  if (lease.protocol == Protocol::udp) {
    return Error{Problem::invalid_value,
                 "port " + port.text() + " is leased for udp, and only a TCP socket is handed over; bind it yourself",
                 {{"port", std::int64_t{port.number()}}}};
  }
  if (lacks_hold(lease)) take(port, lease.protocol, lease.hold, Holds::Claim::own_port, now.wall);
  auto socket = socket_for(lease, address);
  if (socket) handed_over_.insert_or_assign(port, std::nullopt);
  settle_mode(lease);
  if (!socket) return socket.error();
  return Handover{std::move(*socket), view(lease)};
}

// Strict from before we look: whoever is not there by then does not get in any more.
Result<Descriptor> Leases::socket_for(const Lease& lease, const ListenAddress& address) {
  holds_.set_mode(lease.port, HoldMode::strict);
  if (const auto other = listener_on(lease.port, listeners_)) return already_listened_on(lease, *other);
  return holds_.listen(lease.port, address);
}

// As if the socket had been handed over. Where nobody asks for it, the watch finds nobody listening, and ends this, but
// not before whoever was granted the port could ask: a look may come between the two.
void Leases::expect_handover(Port port, SteadyPoint now) {
  handed_over_.insert_or_assign(port, now);
  if (holds_.held(port)) holds_.set_mode(port, HoldMode::strict);
}

bool Leases::expects_handover(Port port, SteadyPoint now) const {
  constexpr Millis patience{2'000};
  const auto found = handed_over_.find(port);
  return found != handed_over_.end() && found->second && now - *found->second < patience;
}

// Ends it where nobody listens: when the launcher has ended or the port is asked for again, before anybody is told it.
void Leases::miss_handover(Port port) {
  if (!handed_over_.contains(port)) return;
  const bool lives = std::ranges::any_of(listeners_.sockets(), [port](const OpenSocket& each) {
    return each.port == port && each.protocol == Protocol::tcp;
  });
  if (!lives) end_handover(port);
}

// Whoever asks without a handover is to bind the port itself. A promise stands until its holder takes that back: others
// may ask for the key, too.
void Leases::miss_handovers(const Draft& draft) {
  for (const Port port : draft.ports) {
    const std::optional<Holder>& holder = table_.find(port)->holder;
    const bool own = draft.holder && holder && draft.holder->id == holder->id;
    if (own || !expects_handover(port, draft.now.steady)) miss_handover(port);
  }
}

void Leases::end_handover(Port port) {
  if (handed_over_.erase(port) == 0) return;
  if (const Lease* lease = table_.find(port)) settle_mode(*lease);
}

}  // namespace portd::core
