#pragma once

#include <string>
#include <vector>

#include "client/doctor/facts.hpp"
#include "client/doctor/finding.hpp"

// What is looked for, each by itself: it adds what it finds. The list is in diagnosis.cpp.
namespace portd::client {

using Findings = std::vector<Finding>;

// daemon_checks.cpp
void check_configuration(const Facts& facts, Findings& found);
void check_traces(const Facts& facts, Findings& found);
void check_daemon(const Facts& facts, Findings& found);
void check_socket(const Facts& facts, Findings& found);
void check_version(const Facts& facts, Findings& found);
void check_store(const Facts& facts, Findings& found);
void check_alerts(const Facts& facts, Findings& found);

// folder_checks.cpp
void check_files(const Facts& facts, Findings& found);
void check_disk(const Facts& facts, Findings& found);
void check_backup(const Facts& facts, Findings& found);

// machine_checks.cpp
void check_api_port(const Facts& facts, Findings& found);
void check_ranges(const Facts& facts, Findings& found);
void check_descriptors(const Facts& facts, Findings& found);
void check_ipv6(const Facts& facts, Findings& found);

// Words of commands that several of them print.
inline constexpr const char* restart_command = "portc daemon stop && portc daemon start";
std::string as_root(const Facts& facts, const std::string& command);
// A file's name as one word of sh.
std::string shell_word(const std::filesystem::path& path);

inline bool answers(const Facts& facts) { return facts.reach == Facts::Reach::answers; }
inline bool is_disk_full(const Facts& facts) { return facts.health.value("/store/disk_full"_json_pointer, false); }

}  // namespace portd::client
