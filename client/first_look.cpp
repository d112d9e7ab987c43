#include "client/first_look.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "client/occupant.hpp"
#include "client/short_text.hpp"
#include "common/printable.hpp"

namespace portd::client {
namespace {

constexpr std::size_t most_named = 8;
constexpr Millis longest_look{500};

// A port that is worth a word, and who is on it.
struct Seen {
  Port port;
  Occupant occupant;
};

bool is_outgoing(const PortReport& report) {
  return report.ephemeral &&
         std::ranges::all_of(report.listeners, [](const Listener& each) { return each.protocol == Protocol::udp; });
}

// Somebody started it in a folder of the home.
bool is_of_home(const Occupant& occupant, const Viewpoint& view) {
  const auto& process = occupant.listener.process;
  return process && short_folder(process->cwd, view.home).starts_with("~");
}

// What a person has started comes before what the system runs.
std::vector<Seen> seen_of(const std::vector<PortReport>& foreign, const Viewpoint& view) {
  std::vector<Seen> seen;
  std::vector<Seen> of_system;
  for (const PortReport& report : foreign) {
    const auto occupants = occupants_of(report, view);
    const bool portds =
        std::ranges::any_of(occupants, [](const Occupant& each) { return each.kind == Occupant::Kind::portd; });
    if (occupants.empty() || portds || is_outgoing(report)) continue;
    auto& group = is_of_home(occupants.front(), view) ? seen : of_system;
    group.push_back({report.port, occupants.front()});
  }
  seen.insert(seen.end(), of_system.begin(), of_system.end());
  return seen;
}

// "node (~/old-demo, 6 days)"
std::string who_of(const Occupant& occupant, const Viewpoint& view) {
  if (occupant.kind == Occupant::Kind::airplay) return "AirPlay";
  const Listener& listener = occupant.listener;
  if (listener.container) return name_of(occupant);
  if (!listener.process) return listener.user;
  const Holder& process = *listener.process;
  std::string about;
  if (process.cwd.size() > 1) about = escaped(short_folder(process.cwd, view.home));
  if (process.started_at != TimePoint{}) {
    about += (about.empty() ? "" : ", ") + age_text(view.now - process.started_at);
  }
  return program_of(process.command) + (about.empty() ? "" : " (" + about + ")");
}

std::string next_of(const std::vector<Seen>& seen) {
  const auto own =
      std::ranges::find_if(seen, [](const Seen& each) { return each.occupant.kind == Occupant::Kind::own; });
  if (own == seen.end()) return "`portc ls --all` lists them.";
  return "`portc adopt " + own->port.text() + " --as web` gives one a name.";
}

std::filesystem::path marker_of(const Environment& environment) { return environment.paths().state / "first-look"; }

// Of all who try, one is the first.
bool is_first(const std::filesystem::path& marker) {
  const int descriptor = ::open(marker.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor >= 0) ::close(descriptor);
  return descriptor >= 0;
}

bool has_been_taken(const std::filesystem::path& marker) {
  std::error_code error;
  return std::filesystem::exists(marker, error) || error;
}

}  // namespace

std::string first_look_text(const std::vector<PortReport>& foreign, const Viewpoint& view) {
  const auto seen = seen_of(foreign, view);
  if (seen.empty()) return "";
  std::string text = std::to_string(seen.size()) + (seen.size() == 1 ? " port is in use: " : " ports are in use: ");
  for (std::size_t i = 0; i < std::min(seen.size(), most_named); ++i) {
    text += (i == 0 ? "" : ", ") + seen[i].port.text() + " " + who_of(seen[i].occupant, view);
  }
  return text + (seen.size() > most_named ? " ... " : ". ") + next_of(seen);
}

void take_first_look(Session& session) {
  const Terminals& terminals = session.environment().terminals;
  if (session.json() || !terminals.out || !terminals.err || session.connected() == nullptr) return;
  const auto marker = marker_of(session.environment());
  if (has_been_taken(marker)) return;
  Api& portd = *session.connected();
  const auto ports = portd.all_ports(longest_look);
  if (!ports || !is_first(marker)) return;
  const auto text = first_look_text(ports->report.foreign, viewpoint_of(session.environment(), portd.connection()));
  session.flush();
  if (!text.empty()) session.note(text);
}

}  // namespace portd::client
