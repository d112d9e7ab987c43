// What portd keeps, and where.
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "client/doctor/checks.hpp"

namespace portd::client {
namespace {

constexpr mode_t permissions = 07777;
constexpr std::uint64_t least_free = std::uint64_t{10} * 1024 * 1024;
constexpr Millis longest_without_backup = std::chrono::hours(24);

std::string octal(mode_t mode) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%04o", static_cast<unsigned>(mode & permissions));
  return text.data();
}

// Nobody else may do anything with it, and portd itself has to get in.
bool is_private(const FileFact& file) {
  const bool open_to_others = (file.mode & 077) != 0;
  const bool closed_to_portd = (file.mode & file.wanted) != file.wanted;
  return !open_to_others && !closed_to_portd;
}

void check_file(const Facts& facts, const FileFact& file, Findings& found) {
  const std::string name = file.path.string();
  if (file.owner != facts.uid) {
    found.push_back({"wrong-owner", name + " belongs to user " + std::to_string(file.owner) + ", not to you",
                     "make it yours, or remove it",
                     as_root(facts, "chown -R " + std::to_string(facts.uid) + " " + shell_word(file.path))});
  }
  if (is_private(file)) return;
  found.push_back({"wrong-mode",
                   name + " has mode " + octal(file.mode) + ": it is to be yours alone, " + octal(file.wanted),
                   "set its mode", "chmod " + octal(file.wanted) + " " + shell_word(file.path)});
}

std::string megabytes(std::uint64_t bytes) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f MB", static_cast<double>(bytes) / (1024 * 1024));
  return text.data();
}

// Of a small filesystem, a twentieth is enough.
bool is_nearly_full(const DiskFact& disk) { return disk.free < std::min(least_free, disk.total / 20); }

}  // namespace

void check_files(const Facts& facts, Findings& found) {
  for (const FileFact& file : facts.files) check_file(facts, file, found);
}

void check_disk(const Facts& facts, Findings& found) {
  const bool nearly = facts.disk && is_nearly_full(*facts.disk);
  if (!nearly && !is_disk_full(facts)) return;
  const std::string folder = facts.disk ? facts.disk->folder.string() : facts.paths.state.string();
  std::string detail = "the disk of " + folder + " is full";
  if (facts.disk) detail += " (" + megabytes(facts.disk->free) + " of " + megabytes(facts.disk->total) + " are free)";
  if (is_disk_full(facts)) detail += ", and portd could not write what was last asked of it";
  const std::string word = shell_word(folder);
  found.push_back({"disk-full", detail,
                   "free some space on it; portd goes on by itself with the next change. What is large there: du -ahx "
                   "\"$(df -P " +
                       word + " | awk 'END {print $6}')\" | sort -h | tail"});
}

void check_backup(const Facts& facts, Findings& found) {
  if (!answers(facts)) return;
  std::optional<TimePoint> newest = facts.newest_backup;
  if (const auto told = parse_rfc3339(facts.health.value("/store/last_backup"_json_pointer, Json()).is_string()
                                          ? facts.health.at("store").at("last_backup").get<std::string>()
                                          : "")) {
    newest = std::max(newest.value_or(*told), *told);
  }
  if (newest && facts.now - *newest <= longest_without_backup) return;
  const auto uptime = parse_duration(facts.health.value("uptime", "0s"));
  if (!newest && (!uptime || *uptime < longest_without_backup)) return;
  found.push_back({"no-backup",
                   newest ? "the newest backup in " + facts.paths.backups().string() + " is of " + to_rfc3339(*newest) +
                                ", more than a day ago"
                          : "there is no backup in " + facts.paths.backups().string() + ", and portd runs for a day",
                   "start portd anew: it writes one when it ends; see its log if it does not", restart_command});
}

}  // namespace portd::client
