#include "client/doctor/port_owner.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "common/descriptor.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

bool is_taken(std::uint16_t port) {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
  if (!socket) return false;
  const int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return ::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 && errno == EADDRINUSE;
}

struct Socket {
  std::string inode;
  uid_t uid = 0;
};

constexpr const char* listening = "0A";  // TCP_LISTEN of the kernel

// As the kernel's tables have an address: 32 bits at a time, as numbers of this machine.
std::string hex_of(int family, const char* address) {
  std::array<std::uint32_t, 4> numbers{};
  ::inet_pton(family, address, numbers.data());
  std::string text;
  for (std::size_t at = 0; at < (family == AF_INET ? 1U : numbers.size()); ++at) {
    std::array<char, 9> digits{};
    std::snprintf(digits.data(), digits.size(), "%08X", numbers[at]);
    text += digits.data();
  }
  return text;
}

// portd binds 127.0.0.1 and ::1; whoever has another address of this machine is not in its way.
bool is_in_portds_way(const std::string& address) {
  static const std::array<std::string, 6> taken = {
      hex_of(AF_INET, "127.0.0.1"), hex_of(AF_INET, "0.0.0.0"),           hex_of(AF_INET6, "::1"),
      hex_of(AF_INET6, "::"),       hex_of(AF_INET6, "::ffff:127.0.0.1"), hex_of(AF_INET6, "::ffff:0.0.0.0")};
  return std::ranges::find(taken, address) != taken.end();
}

// "0100007F:1E14": the port is in hexadecimal digits of the usual order.
bool is_at(const std::string& local, std::uint16_t port) {
  const std::size_t colon = local.rfind(':');
  if (colon == std::string::npos || !is_in_portds_way(local.substr(0, colon))) return false;
  unsigned number = 0;
  std::from_chars(local.data() + colon + 1, local.data() + local.size(), number, 16);
  return number == port;
}

std::optional<Socket> listener_in(const char* table, std::uint16_t port) {
  std::ifstream file(table);
  std::string line;
  std::getline(file, line);  // headings
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string skip;
    std::string local;
    std::string state;
    Socket socket;
    words >> skip >> local >> skip >> state >> skip >> skip >> skip >> socket.uid >> skip >> socket.inode;
    if (words && state == listening && is_at(local, port)) return socket;
  }
  return std::nullopt;
}

bool has_open(const fs::path& process, const std::string& link) {
  std::error_code error;
  for (fs::directory_iterator entry(process / "fd", error), end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    if (fs::read_symlink(entry->path(), gone) == link) return true;
  }
  return false;
}

std::optional<pid_t> process_with(const std::string& inode) {
  const std::string link = "socket:[" + inode + "]";
  std::error_code error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    const bool is_process = std::ranges::all_of(name, [](char c) { return c >= '0' && c <= '9'; });
    if (is_process && has_open(entry->path(), link)) return static_cast<pid_t>(std::stol(name));
  }
  return std::nullopt;
}

}  // namespace

std::string command_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/cmdline", std::ios::binary);
  std::string command{std::istreambuf_iterator<char>(file), {}};
  while (command.ends_with('\0')) command.pop_back();
  std::ranges::replace(command, '\0', ' ');
  return command;
}

std::optional<PortOwner> owner_of_port(std::uint16_t port) {
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const auto socket = listener_in(table, port);
    if (!socket) continue;
    PortOwner owner{process_with(socket->inode), "", socket->uid};
    if (owner.pid) owner.command = command_of(*owner.pid);
    return owner;
  }
  return is_taken(port) ? std::optional(PortOwner{}) : std::nullopt;
}

}  // namespace portd::client
