#include "daemon/platform/linux/socket_owners.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <string_view>

namespace portd::platform {
namespace {

constexpr std::chrono::seconds first_pause{1};
constexpr std::chrono::seconds longest_pause{60};
constexpr std::size_t most_remembered = 8'192;  // of sockets that may be long gone

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Listing = std::unique_ptr<DIR, CloseFolder>;

Listing open_listing(int at, const char* path) {
  Descriptor opened(::openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return nullptr;
  Listing folder(::fdopendir(opened.get()));
  if (folder) opened.release();
  return folder;
}

// Calls `visit` with each name that is a number: processes in /proc, descriptors in fd/.
template <class Visit>
void for_each_number(const Listing& folder, Visit visit) {
  while (folder != nullptr) {
    const dirent* entry = ::readdir(folder.get());  // NOLINT(concurrency-mt-unsafe): safe, one thread a stream
    if (entry == nullptr) return;
    const std::string_view name = entry->d_name;
    int number = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc()) visit(number);
  }
}

std::string link_text(std::uint64_t inode) { return "socket:[" + std::to_string(inode) + "]"; }

}  // namespace

bool SocketOwners::still_has(const Owner& owner, std::uint64_t inode) const {
  const auto folder = ProcFolder::open(owner.holder.id.pid);
  return folder && folder->link(owner.descriptor.c_str()) == link_text(inode);
}

bool SocketOwners::worth_looking(std::uint64_t inode, Clock::time_point now) {
  if (const auto known = owners_.find(inode); known != owners_.end()) {
    if (still_has(known->second, inode)) return false;
    owners_.erase(known);
  }
  const auto missed = missed_.find(inode);
  return missed == missed_.end() || missed->second.again <= now;
}

void SocketOwners::look_for(const std::set<std::uint64_t>& inodes) {
  if (owners_.size() + missed_.size() > most_remembered) {
    owners_.clear();
    missed_.clear();
  }
  const auto now = Clock::now();
  Wanted wanted;
  bool own_too = false;
  for (const std::uint64_t inode : inodes) {
    if (!worth_looking(inode, now)) continue;
    wanted.emplace(link_text(inode), inode);
    own_too = own_too || !missed_.contains(inode);
  }
  if (wanted.empty()) return;
  scan(wanted, own_too);
  for (const auto& [text, inode] : wanted) miss(inode, now);
}

void SocketOwners::scan(Wanted& wanted, bool own_too) {
  for_each_number(open_listing(AT_FDCWD, "/proc"), [&](pid_t pid) {
    if (pid != ::getpid() && !wanted.empty()) scan_process(pid, wanted);
  });
  if (own_too && !wanted.empty()) scan_ourselves(wanted);
}

void SocketOwners::scan_process(pid_t pid, Wanted& wanted) {
  const auto folder = ProcFolder::open(pid);
  if (!folder) return;
  for_each_number(open_listing(folder->descriptor(), "fd"), [&](int descriptor) {
    std::string name = "fd/" + std::to_string(descriptor);
    const auto link = folder->link(name.c_str());
    const auto place = link ? wanted.find(*link) : wanted.end();
    if (place != wanted.end()) found(wanted, place, pid, *folder, std::move(name));
  });
}

// We may have tens of thousands of holds, so our own descriptors are asked directly, which is ten times quicker than
// their links; only for inodes that nobody else has, and only once. Descriptors are given lowest first: after a long
// gap there are no more.
void SocketOwners::scan_ourselves(Wanted& wanted) {
  constexpr int long_gap = 8'192;
  const auto folder = ProcFolder::open(::getpid());
  if (!folder) return;
  for (int descriptor = 0, gap = 0; gap < long_gap && !wanted.empty(); ++descriptor) {
    int listens = 0;
    socklen_t size = sizeof listens;
    const bool socket = ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0;
    gap = socket || errno != EBADF ? 0 : gap + 1;
    struct stat status{};
    if (!socket || listens == 0 || ::fstat(descriptor, &status) != 0) continue;
    const auto place = wanted.find(link_text(status.st_ino));
    if (place != wanted.end()) found(wanted, place, ::getpid(), *folder, "fd/" + std::to_string(descriptor));
  }
}

void SocketOwners::found(Wanted& wanted, Wanted::iterator place, pid_t pid, const ProcFolder& folder,
                         std::string descriptor) {
  const auto stat = folder.stat();
  if (!stat) return;
  missed_.erase(place->second);
  owners_.insert_or_assign(place->second, Owner{boot_->holder(pid, folder, *stat), std::move(descriptor)});
  wanted.erase(place);
}

void SocketOwners::miss(std::uint64_t inode, Clock::time_point now) {
  const auto known = missed_.find(inode);
  const Clock::duration pause =
      known == missed_.end() ? first_pause : std::min<Clock::duration>(known->second.pause * 2, longest_pause);
  missed_.insert_or_assign(inode, Miss{pause, now + pause});
}

std::optional<Holder> SocketOwners::owner(std::uint64_t inode) const {
  const auto known = owners_.find(inode);
  if (known == owners_.end()) return std::nullopt;
  return known->second.holder;
}

}  // namespace portd::platform
