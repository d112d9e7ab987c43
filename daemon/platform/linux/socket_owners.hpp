#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "daemon/platform/linux/proc_holder.hpp"

namespace portd::platform {

// Which process has a socket open, by its inode: the descriptors of every process are looked through, so what was found
// is kept. Of several that share a socket, the one with the lowest pid.
class SocketOwners {
 public:
  explicit SocketOwners(std::shared_ptr<const Boot> boot) : boot_(std::move(boot)) {}

  // Looks through all processes once for those of the inodes that are not known by now. What belongs to nobody, such as
  // a socket of the kernel, is looked for again after a second, then ever more rarely, up to a minute.
  void look_for(const std::set<std::uint64_t>& inodes);

  // After look_for().
  std::optional<Holder> owner(std::uint64_t inode) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Owner {
    Holder holder;
    std::string descriptor;  // "fd/7", in the folder of the process
  };
  struct Miss {
    Clock::duration pause;
    Clock::time_point again;
  };
  using Wanted = std::map<std::string, std::uint64_t>;  // "socket:[4711]" -> 4711

  bool still_has(const Owner& owner, std::uint64_t inode) const;
  bool worth_looking(std::uint64_t inode, Clock::time_point now);
  void scan(Wanted& wanted, bool own_too);
  void scan_process(pid_t pid, Wanted& wanted);
  void scan_ourselves(Wanted& wanted);
  void found(Wanted& wanted, Wanted::iterator place, pid_t pid, const ProcFolder& folder, std::string descriptor);
  void miss(std::uint64_t inode, Clock::time_point now);

  std::shared_ptr<const Boot> boot_;  // shared with the processes, so that both tell the same of a process
  std::unordered_map<std::uint64_t, Owner> owners_;
  std::unordered_map<std::uint64_t, Miss> missed_;
};

}  // namespace portd::platform
