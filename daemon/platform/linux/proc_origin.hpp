#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/lease.hpp"
#include "daemon/platform/linux/proc.hpp"

namespace portd::platform {

// How a process came to be, as /proc tells. `stat` is the process's own.
//
// The parents go up to the leader of its session, which is the shell of a terminal, or to the first process of its
// unit; never to the first process of the system, and at most 16. A parent that has ended is not to be known: its
// children hang on the first process, or on a subreaper.
Origin origin_of(const ProcFolder& folder, const ProcFolder::Stat& stat);

// The type of the file system that a path lies on, by a /proc/PID/mountinfo (proc(5)); empty when it does not tell.
std::string filesystem_of(std::string_view path, std::string_view mountinfo);

// The systemd unit of a /proc/PID/cgroup (cgroups(7)): "postgresql.service". Empty for what belongs to a session, a
// container or another scope, and for a user's manager as such.
std::string unit_in(std::string_view cgroup);

// Whether it is a user's manager that keeps what is in such a group.
bool is_below_user_manager(std::string_view cgroup);

// The name of a terminal by its device number, as stat tells it: "pts/3", "tty1", "ttyS0"; empty for none.
std::string terminal_name(std::uint32_t device);

}  // namespace portd::platform
