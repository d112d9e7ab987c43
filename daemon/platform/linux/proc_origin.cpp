#include "daemon/platform/linux/proc_origin.hpp"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "daemon/platform/git_branch.hpp"

namespace portd::platform {
namespace {

constexpr std::size_t most_ancestors = 16;

// Takes what follows the last slash off the path.
std::string_view take_last(std::string_view& path) {
  const auto slash = path.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? path : path.substr(slash + 1);
  path = path.substr(0, slash == std::string_view::npos ? 0 : slash);
  return last;
}

// The path in systemd's own hierarchy: "0::/..." of version 2, "1:name=systemd:/..." of version 1.
std::string_view path_in(std::string_view cgroup) {
  std::string_view path;
  while (!cgroup.empty()) {
    const std::string_view line = cgroup.substr(0, cgroup.find('\n'));
    cgroup.remove_prefix(std::min(line.size() + 1, cgroup.size()));
    if (const auto at = line.find(":name=systemd:"); at != std::string_view::npos) return line.substr(at + 14);
    if (line.starts_with("0::")) path = line.substr(3);
  }
  return path;
}

std::string without_controls(std::string text) {
  std::ranges::replace_if(text, [](char each) { return static_cast<unsigned char>(each) < 0x20 || each == 0x7f; }, '?');
  return text;
}

std::string unit_of(const ProcFolder& folder) { return unit_in(folder.read("cgroup", 4'096).value_or("")); }

std::vector<Ancestor> ancestors_of(const ProcFolder::Stat& process, const std::string& unit) {
  std::vector<Ancestor> ancestors;
  pid_t next = process.parent;
  while (next > 1 && ancestors.size() < most_ancestors) {
    const auto folder = ProcFolder::open(next);
    const auto stat = folder ? folder->stat() : std::nullopt;
    if (!stat || stat->start_ticks > process.start_ticks) break;  // its pid is in use again
    if (!unit.empty() && unit_of(*folder) != unit) break;
    std::string command = folder->command();
    if (command.empty()) command = without_controls(stat->name);
    ancestors.push_back({next, std::move(command)});
    if (next == process.session) break;
    next = stat->parent;
  }
  return ancestors;
}

std::string branch_of(const ProcFolder& folder) {
  const Descriptor cwd(::openat(folder.descriptor(), "cwd", O_PATH | O_DIRECTORY | O_CLOEXEC));
  return cwd ? git_branch(cwd.get()) : "";
}

}  // namespace

std::string unit_in(std::string_view cgroup) {
  std::string_view path = path_in(cgroup);
  while (!path.empty()) {
    const std::string_view last = take_last(path);
    if (last.ends_with(".scope") || last.starts_with("user@")) break;
    if (last.ends_with(".service")) return without_controls(std::string(last));
  }
  return "";
}

// The number is packed as new_encode_dev() of Linux does it: minor in bits 0 to 7 and 20 to 31.
std::string terminal_name(std::uint32_t device) {
  const std::uint32_t major = (device >> 8U) & 0xfffU;
  const std::uint32_t minor = (device & 0xffU) | ((device >> 12U) & 0xfff00U);
  if (major >= 136 && major <= 143) return "pts/" + std::to_string((major - 136) * 256 + minor);
  if (major != 4) return "";
  return minor < 64 ? "tty" + std::to_string(minor) : "ttyS" + std::to_string(minor - 64);
}

Origin origin_of(const ProcFolder& folder, const ProcFolder::Stat& stat) {
  Origin origin;
  origin.unit = unit_of(folder);
  origin.terminal = terminal_name(stat.terminal);
  origin.branch = branch_of(folder);
  origin.started_by = ancestors_of(stat, origin.unit);
  return origin;
}

}  // namespace portd::platform
