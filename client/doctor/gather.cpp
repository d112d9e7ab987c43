#include "client/doctor/gather.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>

#include "client/configuration.hpp"
#include "client/doctor/port_owner.hpp"
#include "common/descriptor.hpp"
#include "config/machine.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

// --- the daemon -----------------------------------------------------------------------------------------------------

void take_answer(Facts& facts, Api& portd) {
  auto health = portd.health();
  if (!health) {
    facts.reach = Facts::Reach::silent;
    facts.trouble = health.error().detail;
    return;
  }
  facts.reach = Facts::Reach::answers;
  facts.health = std::move(*health);
  facts.leases = facts.health.value("leases", std::size_t{0});
}

void ask_portd(Facts& facts, Session& session) {
  if (const auto endpoint = read_endpoint(facts.paths)) {
    facts.url = endpoint->url;
    facts.pid = endpoint->pid;
  }
  auto portd = session.running_portd();
  if (portd) {
    facts.over_socket = std::holds_alternative<UnixAddress>((*portd)->connection().address());
    return take_answer(facts, **portd);
  }
  facts.trouble = portd.error().detail;
  if (portd.error().exit == Exit::not_allowed) facts.pid.reset();  // not this user's to end
  facts.reach = portd.error().exit == Exit::no_daemon ? Facts::Reach::nobody_there : Facts::Reach::silent;
}

void find_traces(Facts& facts) {
  for (const fs::path& path : {facts.paths.socket(), facts.paths.portserver(), endpoint_file(facts.paths.runtime),
                               endpoint_file(facts.paths.state)}) {
    if (is_there(path)) facts.traces.push_back(path);
  }
}

// --- its settings ---------------------------------------------------------------------------------------------------

bool is_above_files(std::optional<config::Layer> layer) {
  return layer == config::Layer::flag || layer == config::Layer::variable;
}

constexpr std::string_view ranges_key = "ports.ranges.";

void take_origins(Facts& facts, const Json& origins) {
  for (const auto& [key, origin] : origins.items()) {
    if (!key.starts_with(ranges_key) || !is_above_files(from_text<config::Layer>(origin.value("layer", "")))) continue;
    facts.fixed_ranges.insert(key.substr(ranges_key.size()));
  }
}

void take_ranges(Facts& facts, const Json& ranges) {
  for (const auto& [name, text] : ranges.items()) {
    const auto range = PortRange::parse(text.is_string() ? text.get<std::string>() : text.dump());
    if (range) facts.ranges.insert_or_assign(name, *range);
  }
}

bool take_settings_of_running(Facts& facts, Session& session) {
  if (facts.reach != Facts::Reach::answers) return false;
  auto portd = session.running_portd();
  if (!portd) return false;
  const auto seen = (*portd)->configuration();
  if (!seen || !seen->json.contains("settings")) return false;
  const Json& settings = seen->json.at("settings");
  facts.api_port = settings.value("/api/port"_json_pointer, facts.api_port);
  take_ranges(facts, settings.value("/ports/ranges"_json_pointer, Json::object()));
  take_origins(facts, seen->json.value("origins", Json::object()));
  return true;
}

void read_settings(Facts& facts, Session& session) {
  const config::Loaded loaded = load_daemon({}, session.environment());
  for (const config::Mistake& mistake : loaded.mistakes) {
    if (mistake.severity == config::Mistake::Severity::error)
      facts.mistakes.push_back(mistake.where() + ": " + mistake.key + ": " + mistake.message);
  }
  if (take_settings_of_running(facts, session)) return;
  facts.api_port = loaded.settings.api.port;
  facts.ranges = loaded.settings.ports.ranges;
  for (const config::ShownSetting& each : config::list_settings(loaded.merged, config::Scope::daemon)) {
    if (!each.key.starts_with(ranges_key) || !is_above_files(each.layer)) continue;
    facts.fixed_ranges.insert(each.key.substr(ranges_key.size()));
  }
}

// --- its folders ----------------------------------------------------------------------------------------------------

void look_at(Facts& facts, const fs::path& path, mode_t wanted) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) != 0) return;
  facts.files.push_back({path, status.st_mode, status.st_uid, wanted});
}

void look_at_files(Facts& facts) {
  look_at(facts, facts.paths.state, 0700);
  if (facts.paths.runtime != facts.paths.state) look_at(facts, facts.paths.runtime, 0700);
  for (const fs::path& path : {facts.paths.token(), facts.paths.socket(), facts.paths.portserver(),
                               facts.paths.database(), facts.paths.history(), endpoint_file(facts.paths.runtime)}) {
    look_at(facts, path, 0600);
  }
}

// Where the state folder is, or would be made.
void look_at_disk(Facts& facts) {
  fs::path folder = facts.paths.state;
  while (!is_there(folder) && folder.has_relative_path()) folder = folder.parent_path();
  struct statvfs status{};
  if (::statvfs(folder.c_str(), &status) != 0 || status.f_blocks == 0) return;
  facts.disk = DiskFact{folder, std::uint64_t{status.f_blocks} * status.f_frsize,
                        std::uint64_t{status.f_bavail} * status.f_frsize};
}

TimePoint wall_time_of(const struct stat& status) {
  return TimePoint(std::chrono::duration_cast<Millis>(std::chrono::seconds(status.st_mtime)));
}

// Finished ones are portd-<UTC>.db.
void find_newest_backup(Facts& facts) {
  std::error_code error;
  for (fs::directory_iterator entry(facts.paths.backups(), error), end; !error && entry != end;
       entry.increment(error)) {
    struct stat status{};
    if (entry->path().extension() != ".db" || ::stat(entry->path().c_str(), &status) != 0) continue;
    const TimePoint at = wall_time_of(status);
    facts.newest_backup = std::max(facts.newest_backup.value_or(at), at);
  }
}

// --- the machine ----------------------------------------------------------------------------------------------------

void find_port_owner(Facts& facts) {
  if (facts.api_port == 0) return;
  const std::string own = ":" + std::to_string(facts.api_port);
  if (facts.reach == Facts::Reach::answers && facts.url && facts.url->ends_with(own)) return;
  auto owner = owner_of_port(facts.api_port);
  if (owner && owner->pid && owner->pid == facts.pid && facts.reach != Facts::Reach::nobody_there) return;
  facts.port_owner = std::move(owner);
}

// "Max open files            1024                 1048576              files"
std::optional<std::uint64_t> soft_limit_of(pid_t pid) {
  constexpr std::string_view name = "Max open files";
  std::ifstream file("/proc/" + std::to_string(pid) + "/limits");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(name)) continue;
    std::uint64_t limit = 0;
    return std::istringstream(line.substr(name.size())) >> limit ? std::optional(limit) : std::nullopt;
  }
  return std::nullopt;
}

// portd raises its own as far as it may; what portc starts may as much as portc.
void find_descriptors(Facts& facts) {
  if (facts.reach == Facts::Reach::answers && facts.pid) facts.descriptors = soft_limit_of(*facts.pid);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) facts.descriptors_here = limit.rlim_max;
}

bool is_switched_off() {
  int off = 0;
  return (std::ifstream("/proc/sys/net/ipv6/conf/lo/disable_ipv6") >> off) && off != 0;
}

Ipv6Loopback look_at_ipv6() {
  const Descriptor socket(::socket(AF_INET6, SOCK_DGRAM, 0));
  if (!socket) return Ipv6Loopback::no_kernel_support;
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return Ipv6Loopback::present;
  return is_switched_off() ? Ipv6Loopback::disabled : Ipv6Loopback::missing;
}

}  // namespace

Outcome<Facts> gather(Session& session) {
  const auto stated = stated_address(session.endpoint_flags(), session.environment());
  if (!stated) return stated.error();
  Facts facts;
  facts.now = std::chrono::floor<Millis>(std::chrono::system_clock::now());
  facts.uid = ::geteuid();
  facts.paths = session.environment().paths();
  if (*stated) facts.named = text_of(**stated);
  ask_portd(facts, session);
  if (facts.named) return facts;
  find_traces(facts);
  read_settings(facts, session);
  look_at_files(facts);
  look_at_disk(facts);
  find_newest_backup(facts);
  find_port_owner(facts);
  facts.ephemeral = config::this_machine().ephemeral;
  find_descriptors(facts);
  facts.ipv6 = look_at_ipv6();
  return facts;
}

}  // namespace portd::client
