#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "client/session.hpp"

namespace portd::client {

// Where portd's lines are to be read.
struct LogPlace {
  std::filesystem::path file{};  // empty: in the journal of its unit
};

// log.file where that is set; else the journal, where systemd runs portd as portd.service; else the file into which a
// portd goes that portc started.
LogPlace log_place(Session& session);

// Shows the last lines of a file, each escaped (with --json as an object); then, if asked to, those that come, until it
// is interrupted or nobody reads them any more. A file that is begun anew is followed. Failure: not_found.
Outcome<Exit> show_log_file(Session& session, const std::filesystem::path& file, std::size_t lines, bool follow);

// What shows the journal in our place: journalctl(1).
std::vector<std::string> journal_command(std::size_t lines, bool follow, bool json);

}  // namespace portd::client
