// What listens on macOS, by libproc(3) of its SDK: <libproc.h>, <sys/proc_info.h>. Compiled on macOS only; written by
// its headers and not yet run there (decision 19).
#include <arpa/inet.h>
#include <libproc.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/proc_info.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/printable.hpp"
#include "daemon/platform/portable/portable_listeners.hpp"

namespace portd::platform {
namespace {

std::vector<pid_t> all_processes() {
  std::vector<pid_t> pids(4'096);
  const int count = ::proc_listallpids(pids.data(), static_cast<int>(pids.size() * sizeof(pid_t)));
  pids.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  std::ranges::sort(pids);
  return pids;
}

std::vector<proc_fdinfo> descriptors_of(pid_t pid) {
  const int size = ::proc_pidinfo(pid, PROC_PIDLISTFDS, 0, nullptr, 0);
  if (size <= 0) return {};  // gone, or another user's
  std::vector<proc_fdinfo> descriptors(static_cast<std::size_t>(size) / sizeof(proc_fdinfo));
  const int got = ::proc_pidinfo(pid, PROC_PIDLISTFDS, 0, descriptors.data(), size);
  descriptors.resize(got > 0 ? static_cast<std::size_t>(got) / sizeof(proc_fdinfo) : 0);
  return descriptors;
}

// TCP that listens; UDP that is bound and not connected.
const in_sockinfo* ends_of_listener(const socket_info& socket) {
  if (socket.soi_kind == SOCKINFO_TCP) {
    const tcp_sockinfo& tcp = socket.soi_proto.pri_tcp;
    return tcp.tcpsi_state == TSI_S_LISTEN ? &tcp.tcpsi_ini : nullptr;
  }
  if (socket.soi_kind != SOCKINFO_IN || socket.soi_protocol != IPPROTO_UDP) return nullptr;
  return socket.soi_proto.pri_in.insi_fport == 0 ? &socket.soi_proto.pri_in : nullptr;
}

std::optional<core::OpenSocket> open_socket(pid_t pid, int descriptor, uid_t uid) {
  socket_fdinfo info{};
  const int size = ::proc_pidfdinfo(pid, descriptor, PROC_PIDFDSOCKETINFO, &info, sizeof info);
  const in_sockinfo* ends = size == static_cast<int>(sizeof info) ? ends_of_listener(info.psi) : nullptr;
  if (ends == nullptr || ends->insi_lport == 0) return std::nullopt;
  core::OpenSocket socket;
  socket.port = Port(ntohs(static_cast<std::uint16_t>(ends->insi_lport)));
  socket.protocol = info.psi.soi_kind == SOCKINFO_TCP ? Protocol::tcp : Protocol::udp;
  socket.v6 = (ends->insi_vflag & INI_IPV6) != 0;
  socket.v6_only = socket.v6 && (ends->insi_vflag & INI_IPV4) == 0;  // of `::`; both without IPV6_V6ONLY
  if (socket.v6) {
    std::memcpy(socket.address.data(), &ends->insi_laddr.ina_6, 16);
  } else {
    std::memcpy(socket.address.data(), &ends->insi_laddr.ina_46.i46a_addr4, 4);
  }
  socket.uid = uid;
  socket.inode = info.psi.soi_so;  // the kernel's handle of the socket
  return socket;
}

std::optional<proc_bsdinfo> process_info(pid_t pid) {
  proc_bsdinfo info{};
  const int size = ::proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, sizeof info);
  if (size != static_cast<int>(sizeof info)) return std::nullopt;
  return info;
}

std::string cwd_of(pid_t pid) {
  proc_vnodepathinfo info{};
  const int size = ::proc_pidinfo(pid, PROC_PIDVNODEPATHINFO, 0, &info, sizeof info);
  if (size != static_cast<int>(sizeof info)) return "";
  return {info.pvi_cdir.vip_path, ::strnlen(info.pvi_cdir.vip_path, sizeof info.pvi_cdir.vip_path)};
}

// KERN_PROCARGS2: the number of arguments, the path of the program, padding, the arguments, each ended by a zero.
std::string command_of(pid_t pid, const proc_bsdinfo& info) {
  std::array<int, 3> name = {CTL_KERN, KERN_PROCARGS2, pid};
  std::vector<char> buffer(64 * 1'024);
  std::size_t size = buffer.size();
  int count = 0;
  std::string command;
  if (::sysctl(name.data(), static_cast<u_int>(name.size()), buffer.data(), &size, nullptr, 0) == 0 &&
      size > sizeof count) {
    std::memcpy(&count, buffer.data(), sizeof count);
    std::string_view rest(buffer.data() + sizeof count, size - sizeof count);
    rest.remove_prefix(std::min(rest.find('\0'), rest.size()));
    rest.remove_prefix(std::min(rest.find_first_not_of('\0'), rest.size()));
    for (; count > 0 && !rest.empty() && command.size() < 4'096; --count) {
      const std::string_view argument = rest.substr(0, rest.find('\0'));
      command.append(command.empty() ? "" : " ").append(argument);
      rest.remove_prefix(std::min(argument.size() + 1, rest.size()));
    }
  }
  if (command.empty()) command = info.pbi_name[0] != 0 ? info.pbi_name : info.pbi_comm;
  return without_controls(command);
}

std::string name_of_user(uid_t uid) {
  const passwd* entry = ::getpwuid(uid);  // one thread asks
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

// Another user's processes are not shown to us, so neither are their sockets, unless we are root.
class LibprocListeners final : public core::Listeners {
 public:
  std::vector<core::OpenSocket> sockets() const override {
    std::vector<core::OpenSocket> all;
    owners_.clear();
    for (const pid_t pid : all_processes()) {
      const auto info = process_info(pid);
      if (!info) continue;
      for (const proc_fdinfo& each : descriptors_of(pid)) {
        if (each.proc_fdtype != PROX_FDTYPE_SOCKET) continue;
        const auto socket = open_socket(pid, each.proc_fd, info->pbi_uid);
        // Of several processes that share a socket, the one with the lowest pid.
        if (socket && owners_.emplace(socket->inode, pid).second) all.push_back(*socket);
      }
    }
    return all;
  }

  Listener describe(const core::OpenSocket& socket) const override {
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(socket.v6 ? AF_INET6 : AF_INET, socket.address.data(), text.data(), text.size());
    Listener listener{socket.protocol, text.data(), socket.port, socket.inode, socket.uid, name_of_user(socket.uid)};
    listener.v6_only = socket.v6_only;
    return listener;
  }

  // The more exact address wins, as it does in the kernel.
  std::optional<Listener> reached_by(const std::string& address, Port port) const override {
    const std::string wildcard = address.find(':') == std::string::npos ? "0.0.0.0" : "::";
    std::optional<Listener> found;
    for (const core::OpenSocket& socket : sockets()) {
      if (socket.port != port || socket.protocol != Protocol::tcp) continue;
      Listener listener = describe(socket);
      if (listener.address == address) return listener;
      const bool both_families = listener.address == "::" && !listener.v6_only;
      if (listener.address == wildcard || (both_families && !found)) found = std::move(listener);
    }
    return found;
  }

  // By what sockets() saw last.
  void identify(std::vector<Listener>& listeners) const override {
    for (Listener& listener : listeners) {
      const auto owner = owners_.find(listener.inode);
      const auto info = owner == owners_.end() ? std::nullopt : process_info(owner->second);
      if (!info) continue;
      const auto since = std::chrono::seconds(info->pbi_start_tvsec);
      // Told apart as SignalProcesses does: by the pid alone.
      listener.process = Holder{{"", owner->second, 0},
                                command_of(owner->second, *info),
                                cwd_of(owner->second),
                                TimePoint(std::chrono::duration_cast<Millis>(since))};
    }
  }

  Origin origin(const ProcessId& process) const override {
    Origin origin;
    auto info = process_info(process.pid);
    constexpr std::size_t most_ancestors = 16;
    while (info && info->pbi_ppid > 1 && origin.started_by.size() < most_ancestors) {
      const auto parent = static_cast<pid_t>(info->pbi_ppid);
      info = process_info(parent);
      if (info) origin.started_by.push_back({parent, command_of(parent, *info)});
    }
    return origin;
  }

 private:
  mutable std::map<std::uint64_t, pid_t> owners_;
};

}  // namespace

std::unique_ptr<core::Listeners> create_listeners() { return std::make_unique<LibprocListeners>(); }

}  // namespace portd::platform
