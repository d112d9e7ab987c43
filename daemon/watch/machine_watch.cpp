#include "daemon/watch/machine_watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>
#include <utility>

#include "daemon/core/hidden.hpp"

namespace portd::watch {
namespace {

bool is_everywhere(const std::string& address) { return address.empty() || address == "0.0.0.0" || address == "::"; }

bool is_published_as(const Listener& listener, const core::PublishedPort& published) {
  if (published.port != listener.port || published.protocol != listener.protocol) return false;
  if (is_everywhere(published.address)) return is_everywhere(listener.address);
  return published.address == listener.address;
}

}  // namespace

MachineWatch::MachineWatch(const core::Listeners& listeners, const core::Processes& processes, uid_t owner,
                           std::optional<PortRange> ephemeral)
    : listeners_(listeners), processes_(processes), owner_(owner), ephemeral_(ephemeral) {}

void MachineWatch::look(Now now) {
  at_ = now;
  Sockets sockets = listeners_.sockets();
  if (sockets != listed_) take(std::move(sockets));
  glance_at_processes();
  if (!unknown_.empty()) identify(std::set(unknown_));
  ask_for_containers(now.steady);
}

// What is new is told of once its process has been looked for.
void MachineWatch::take(Sockets sockets) {
  listed_ = sockets;
  std::ranges::sort(sockets);
  Sockets gone;
  for (const auto& [socket, entry] : entries_) {
    if (!std::ranges::binary_search(sockets, socket)) gone.push_back(socket);
  }
  for (const core::OpenSocket& socket : gone) remove(socket);
  for (const core::OpenSocket& socket : sockets) {
    const auto [place, is_new] = entries_.try_emplace(socket);
    if (!is_new) continue;
    place->second.listener = listeners_.describe(socket);
    if (is_quiet(socket)) continue;
    if (is_unknown(place->second)) {
      unknown_.insert(socket);
    } else {
      appear(socket, place->second);
    }
  }
  count_ports();
}

void MachineWatch::remove(const core::OpenSocket& socket) {
  const auto place = entries_.find(socket);
  vanish(place->second);
  unknown_.erase(socket);
  questions_.erase(socket);
  entries_.erase(place);
}

void MachineWatch::count_ports() {
  ports_ = {};
  for (const auto& [socket, entry] : entries_) ports_.insert(socket.port);
}

// A process may end and leave its socket to another, which the listing does not show. Each is glanced at in its turn, a
// few a look; a process with many sockets counts once.
void MachineWatch::glance_at_processes() {
  constexpr int most = 32;
  std::map<pid_t, bool> alive;
  auto place = glanced_ ? entries_.upper_bound(*glanced_) : entries_.begin();
  for (std::size_t seen = 0; seen < entries_.size() && alive.size() < most; ++seen, ++place) {
    if (place == entries_.end()) place = entries_.begin();
    glanced_ = place->first;
    const auto& process = place->second.listener.process;
    if (!process) continue;
    const auto [known, is_new] = alive.try_emplace(process->id.pid, false);
    if (is_new) known->second = processes_.alive(process->id);
    if (!known->second) unknown_.insert(place->first);
  }
}

void MachineWatch::identify(const std::vector<Port>& ports) {
  std::set<core::OpenSocket> sockets;
  for (const Port port : ports) {
    const auto [first, last] = range_of(port);
    for (auto place = first; place != last; ++place) sockets.insert(place->first);
  }
  identify(sockets);
}

// All at once: the processes are searched through once.
void MachineWatch::identify(const std::set<core::OpenSocket>& sockets) {
  if (sockets.empty()) return;
  std::vector<Listener> found;
  for (const core::OpenSocket& socket : sockets) found.push_back(entries_.at(socket).listener);
  for (Listener& each : found) each.process.reset();
  listeners_.identify(found);
  auto next = found.begin();
  for (const core::OpenSocket& socket : sockets) settle(socket, entries_.at(socket), std::move(*next++));
}

void MachineWatch::settle(const core::OpenSocket& socket, Entry& entry, Listener found) {
  const bool same = entry.listener.process.has_value() == found.process.has_value() &&
                    (!found.process || entry.listener.process->id == found.process->id);
  if (!same) {
    vanish(entry);
    entry.listener = std::move(found);
  }
  appear(socket, entry);
  if (is_unknown(entry) && !is_quiet(socket)) {
    unknown_.insert(socket);
  } else {
    unknown_.erase(socket);
  }
}

void MachineWatch::appear(const core::OpenSocket& socket, Entry& entry) {
  if (entry.told || is_quiet(socket)) return;
  entry.told = true;
  if (containers_ != nullptr && may_be_published(entry.listener)) questions_.try_emplace(socket);
  for (core::Sightings* each : sightings_) each->appeared(entry.listener, at_.wall);
}

void MachineWatch::vanish(Entry& entry) {
  if (!std::exchange(entry.told, false)) return;
  for (core::Sightings* each : sightings_) each->vanished(entry.listener, at_.wall);
}

void MachineWatch::ask_for_containers(SteadyPoint now) {
  const bool due = std::ranges::any_of(questions_, [now](const auto& each) { return each.second.again <= now; });
  if (!due || asking_) return;
  asking_ = containers_->ask([this](const std::optional<std::vector<core::PublishedPort>>& published) {
    asking_ = false;
    learn(published.value_or(std::vector<core::PublishedPort>()));
  });
  if (!asking_) questions_.clear();  // no engine, no containers
}

// What came while the engine was being asked is counted as asked about, too: there are more times.
void MachineWatch::learn(const std::vector<core::PublishedPort>& published) {
  constexpr int most_asked = 4;
  for (auto place = questions_.begin(); place != questions_.end();) {
    auto& [socket, question] = *place;
    Entry& entry = entries_.at(socket);
    const auto found =
        std::ranges::find_if(published, [&](const auto& one) { return is_published_as(entry.listener, one); });
    if (found != published.end()) recognise(socket, entry, found->container);
    question.again = at_.steady + std::chrono::seconds(1 << question.asked);
    const bool over = found != published.end() || ++question.asked == most_asked;
    place = over ? questions_.erase(place) : std::next(place);
  }
}

// Whoever was told of it without its container is told anew.
void MachineWatch::recognise(const core::OpenSocket& socket, Entry& entry, const Container& container) {
  if (entry.listener.container == container) return;
  vanish(entry);
  entry.listener.container = container;
  appear(socket, entry);
}

void MachineWatch::ask_again() {
  if (containers_ == nullptr) return;
  for (const auto& [socket, entry] : entries_) {
    if (!entry.told || entry.listener.container || !may_be_published(entry.listener)) continue;
    questions_.insert_or_assign(socket, Question{});
  }
}

// By its proxy: Docker's is root's, so that we do not see it; those of rootless engines and of Docker Desktop are ours.
bool MachineWatch::may_be_published(const Listener& listener) const {
  constexpr std::array<std::string_view, 5> proxies = {"docker-proxy", "rootlessport", "pasta", "pasta.avx2",
                                                       "com.docker.backend"};
  if (!listener.process) return owner_ != 0 && listener.uid == 0;
  const std::string& command = listener.process->command;
  const std::string program = command.substr(0, command.find(' '));
  return std::ranges::find(proxies, program.substr(program.rfind('/') + 1)) != proxies.end();
}

bool MachineWatch::awaits_container(Port port) const {
  core::OpenSocket first;
  first.port = port;
  constexpr int patience = 2;
  for (auto place = questions_.lower_bound(first); place != questions_.end() && place->first.port == port; ++place) {
    if (place->second.asked < patience) return true;
  }
  return false;
}

// One that came after the newest look has not been asked about yet.
bool MachineWatch::awaits_container(const Listener& listener) const {
  if (containers_ == nullptr || !may_be_published(listener)) return false;
  const bool known =
      std::ranges::any_of(known_on(listener.port), [&](const Listener* each) { return each->inode == listener.inode; });
  return !known || awaits_container(listener.port);
}

std::optional<Container> MachineWatch::container_of(const Listener& listener) const {
  for (const Listener* known : known_on(listener.port)) {
    if (known->inode == listener.inode) return known->container;
  }
  return std::nullopt;
}

// Also one of our own: we may be about to hand it over.
bool MachineWatch::is_unknown(const Entry& entry) const {
  if (entry.listener.process) return entry.listener.process->id.pid == ::getpid();
  return owner_ == 0 || entry.listener.uid == owner_;
}

// Every look-up of a name opens such a socket for a moment.
bool MachineWatch::is_quiet(const core::OpenSocket& socket) const {
  return socket.protocol == Protocol::udp && ephemeral_ && ephemeral_->contains(socket.port);
}

std::pair<MachineWatch::Entries::const_iterator, MachineWatch::Entries::const_iterator> MachineWatch::range_of(
    Port port) const {
  core::OpenSocket first;
  first.port = port;
  const auto begin = entries_.lower_bound(first);
  return {begin, std::find_if(begin, entries_.end(), [port](const auto& each) { return each.first.port != port; })};
}

std::vector<const Listener*> MachineWatch::known_on(Port port) const {
  std::vector<const Listener*> known;
  if (!any_on(port)) return known;
  const auto [first, last] = range_of(port);
  for (auto place = first; place != last; ++place) known.push_back(&place->second.listener);
  return known;
}

std::vector<Listener> MachineWatch::on(Port port) {
  identify(std::vector{port});
  std::vector<Listener> full;
  const auto [first, last] = range_of(port);
  for (auto place = first; place != last; ++place) full.push_back(in_full(place->second.listener, Millis::zero()));
  return full;
}

std::vector<Listener> MachineWatch::all() {
  constexpr Millis as_good_as_new{5'000};
  std::vector<Listener> full;
  for (const auto& [socket, entry] : entries_) {
    if (!is_quiet(socket)) full.push_back(in_full(entry.listener, as_good_as_new));
  }
  return full;
}

Listener MachineWatch::in_full(const Listener& listener, Millis most_age) {
  Listener full = listener;
  if (full.process) full.origin = origin_of(full.process->id, most_age);
  full.note = core::note_on(full, owner_);
  return full;
}

// Where a process comes from is read when somebody wants to know.
const Origin& MachineWatch::origin_of(const ProcessId& process, Millis most_age) {
  constexpr std::size_t most_kept = 4'096;
  if (origins_.size() > most_kept) origins_.clear();
  KnownOrigin& known = origins_[process.pid];
  if (known.process != process || at_.steady - known.at > most_age) {
    known = {process, listeners_.origin(process), at_.steady};
  }
  return known.origin;
}

}  // namespace portd::watch
