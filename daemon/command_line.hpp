#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace portd {

// Exit codes of portd (DESIGN section 7, after sysexits.h).
inline constexpr int exit_usage = 64;
inline constexpr int exit_io = 74;
inline constexpr int exit_already_running = 75;
inline constexpr int exit_configuration = 78;

struct CommandLine {
  std::optional<std::filesystem::path> config;
  std::filesystem::path state_dir;
  std::filesystem::path runtime_dir;
  std::optional<std::uint16_t> port;
  std::vector<std::string> sets;
  std::optional<std::string> log_level;
};

// Reads the arguments. When there is nothing more to do (--help, --version, a mistake) it has been printed, and the
// exit code is returned instead.
struct Parsed {
  CommandLine command_line;
  std::optional<int> exit_code;
};
Parsed parse_command_line(int argc, const char* const* argv);

}  // namespace portd
