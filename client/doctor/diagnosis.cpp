#include "client/doctor/diagnosis.hpp"

#include <algorithm>
#include <array>

#include "client/doctor/checks.hpp"

namespace portd::client {
namespace {

struct Check {
  void (*look)(const Facts&, Findings&);
  bool of_this_machine = true;  // says nothing of a portd that was named
};

// In the order in which they are best mended: what keeps portd from starting comes first.
constexpr std::array all_checks = std::to_array<Check>({
    {&check_configuration},
    {&check_files},
    {&check_disk},
    {&check_traces},
    {&check_daemon, false},
    {&check_socket},
    {&check_api_port},
    {&check_version, false},
    {&check_descriptors},
    {&check_ranges},
    {&check_ipv6},
    {&check_store, false},
    {&check_backup},
    {&check_alerts, false},
});

bool is_safe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("/._-+,:@=").find(c) != std::string_view::npos;
}

}  // namespace

std::vector<Finding> diagnose(const Facts& facts) {
  Findings found;
  for (const Check& check : all_checks) {
    if (!facts.named || !check.of_this_machine) check.look(facts, found);
  }
  return found;
}

std::string as_root(const Facts& facts, const std::string& command) {
  return facts.uid == 0 ? command : "sudo " + command;
}

std::string shell_word(const std::filesystem::path& path) {
  std::string text = path.string();
  if (!text.empty() && std::ranges::all_of(text, is_safe)) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace portd::client
