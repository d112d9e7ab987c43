#include "client/short_text.hpp"

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

namespace portd::client {

std::string age_text(Millis age) {
  using std::chrono::hours;
  constexpr std::array<std::pair<Millis, std::string_view>, 4> units{{{hours(24), "day"},
                                                                      {hours(1), "hour"},
                                                                      {std::chrono::minutes(1), "minute"},
                                                                      {std::chrono::seconds(1), "second"}}};
  for (const auto& [unit, name] : units) {
    const auto count = age / unit;
    if (count > 0) return std::to_string(count) + " " + std::string(name) + (count == 1 ? "" : "s");
  }
  return "a moment";
}

std::string short_folder(const std::string& folder, const std::string& home) {
  if (home.empty() || !folder.starts_with(home)) return folder;
  if (folder.size() == home.size()) return "~";
  return folder[home.size()] == '/' ? "~" + folder.substr(home.size()) : folder;
}

std::string short_command(const std::string& command) {
  constexpr std::size_t longest = 60;
  if (command.size() <= longest) return command;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(command[end]) & 0xc0U) == 0x80U) --end;  // not inside a UTF-8 sequence
  return command.substr(0, end) + "...";
}

// A path may hold blanks ("/Library/Application Support/..."), but then what follows "/" is cut short, not wrong.
std::string program_of(const std::string& command) {
  std::string program = command.substr(0, command.find(' '));
  program.erase(0, program.find_last_of('/') + 1);
  if (program.starts_with('-')) program.erase(0, 1);  // a login shell
  if (program.ends_with(':')) program.pop_back();     // "postgres: checkpointer"
  return program;
}

}  // namespace portd::client
