#include "daemon/platform/linux/proc_origin.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "common/printable.hpp"
#include "daemon/platform/git_branch.hpp"

namespace portd::platform {
namespace {

constexpr std::size_t most_told_ancestors = 16;

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

std::string cgroup_of(const ProcFolder& folder) { return folder.read("cgroup", 4'096).value_or(""); }

std::vector<Ancestor> ancestors_of(const ProcFolder::Stat& process, const std::string& unit) {
  std::vector<Ancestor> ancestors;
  pid_t next = process.parent;
  while (next > 1 && ancestors.size() < most_told_ancestors) {
    const auto folder = ProcFolder::open(next);
    const auto stat = folder ? folder->stat() : std::nullopt;
    if (!stat || stat->start_ticks > process.start_ticks) break;  // its pid is in use again
    if (!unit.empty() && unit_in(cgroup_of(*folder)) != unit) break;
    std::string command = folder->command();
    if (command.empty()) command = without_controls(stat->name);
    ancestors.push_back({next, std::move(command)});
    if (next == process.session) break;
    next = stat->parent;
  }
  return ancestors;
}

// "\040" for a blank, and the like.
std::string unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    unsigned value = 0;
    const bool escape = text.size() >= 4 && text[0] == '\\' &&
                        std::from_chars(text.data() + 1, text.data() + 4, value, 8).ptr == text.data() + 4;
    plain += escape ? static_cast<char>(value) : text[0];
    text.remove_prefix(escape ? 4 : 1);
  }
  return plain;
}

std::string_view nth_word(std::string_view line, int n) {
  for (; n > 0; --n) line.remove_prefix(std::min(line.find(' ') + 1, line.size()));
  return line.substr(0, line.find(' '));
}

bool is_below(std::string_view path, std::string_view folder) {
  if (folder == "/") return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

// Whose server may be gone, so that whoever reads waits for it.
bool may_hang(std::string_view filesystem) {
  constexpr std::array<std::string_view, 7> prefixes = {"nfs", "cifs", "smb", "fuse", "afs", "ceph", "autofs"};
  return std::ranges::any_of(prefixes, [&](std::string_view each) { return filesystem.starts_with(each); });
}

Descriptor open_folder(const ProcFolder& process, const char* link) {
  return Descriptor(::openat(process.descriptor(), link, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

std::string branch_of(const ProcFolder& folder) {
  constexpr std::size_t most_mounts = 1'048'576;
  const std::string path = folder.link("cwd").value_or("");
  const std::string mounts = folder.read("mountinfo", most_mounts).value_or("");
  const MayRead may_read = [&mounts](const std::string& each) { return !may_hang(filesystem_of(each, mounts)); };
  if (!path.starts_with("/") || !may_read(path)) return "";
  const Descriptor cwd = open_folder(folder, "cwd");
  const Descriptor root = may_read("/") ? open_folder(folder, "root") : Descriptor();
  return cwd ? git_branch({cwd.get(), root.get(), path}, may_read) : "";
}

}  // namespace

// Of mounts upon each other the last one counts.
std::string filesystem_of(std::string_view path, std::string_view mountinfo) {
  constexpr std::string_view separator = " - ";
  std::string filesystem;
  std::size_t longest = 0;
  while (!mountinfo.empty()) {
    const std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
    mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
    const std::string point = unescaped(nth_word(line, 4));
    const auto end = line.find(separator);
    if (end == std::string_view::npos || point.size() < longest || !is_below(path, point)) continue;
    longest = point.size();
    filesystem = nth_word(line.substr(end + separator.size()), 0);
  }
  return filesystem;
}

std::string unit_in(std::string_view cgroup) {
  std::string_view path = path_in(cgroup);
  while (!path.empty()) {
    const std::string_view last = take_last(path);
    if (last.ends_with(".scope") || last.starts_with("user@")) break;
    if (last.ends_with(".service")) return without_controls(last);
  }
  return "";
}

bool is_below_user_manager(std::string_view cgroup) { return path_in(cgroup).find("/user@") != std::string_view::npos; }

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
  const std::string cgroup = cgroup_of(folder);
  origin.unit = unit_in(cgroup);
  origin.user_unit = !origin.unit.empty() && is_below_user_manager(cgroup);
  origin.terminal = terminal_name(stat.terminal);
  origin.branch = branch_of(folder);
  origin.started_by = ancestors_of(stat, origin.unit);
  return origin;
}

}  // namespace portd::platform
