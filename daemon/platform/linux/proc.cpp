#include "daemon/platform/linux/proc.hpp"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "common/printable.hpp"

namespace portd::platform {
namespace {

template <class Number>
std::optional<Number> number_in(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return number;
}

// The n-th of words parted by blanks, counted from 0; empty when there are fewer.
std::string_view word(std::string_view text, int n) {
  constexpr std::string_view blanks = " \t\n";
  for (;; --n) {
    text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
    const std::string_view first = text.substr(0, text.find_first_of(blanks));
    if (n == 0 || first.empty()) return first;
    text.remove_prefix(first.size());
  }
}

// "PID (name) S PPID ...": the name may hold blanks and brackets, so the fields count from the last bracket.
std::optional<ProcFolder::Stat> parse_stat(std::string_view text) {
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  const std::string_view fields = text.substr(close + 1);  // field 3 is word 0
  const std::string_view state = word(fields, 0);
  const auto parent = number_in<pid_t>(word(fields, 1));
  const auto session = number_in<pid_t>(word(fields, 3));
  const auto terminal = number_in<std::int32_t>(word(fields, 4));
  const auto start = number_in<std::uint64_t>(word(fields, 19));
  if (state.size() != 1 || !parent || !session || !terminal || !start) return std::nullopt;
  return ProcFolder::Stat{std::string(text.substr(open + 1, close - open - 1)),
                          state[0],
                          *parent,
                          *session,
                          static_cast<std::uint32_t>(*terminal),
                          *start};
}

}  // namespace

std::optional<ProcFolder> ProcFolder::open(pid_t pid) {
  if (pid <= 0) return std::nullopt;
  const std::string path = "/proc/" + std::to_string(pid);
  Descriptor folder(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return std::nullopt;
  return ProcFolder(std::move(folder));
}

std::optional<std::string> ProcFolder::read(const char* file, std::size_t most) const {
  const Descriptor opened(::openat(folder_.get(), file, O_RDONLY | O_CLOEXEC));
  if (!opened) return std::nullopt;
  std::string text;
  std::array<char, 4096> buffer;
  while (text.size() < most) {
    const ssize_t size = ::read(opened.get(), buffer.data(), std::min(buffer.size(), most - text.size()));
    if (size < 0) return std::nullopt;
    if (size == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text;
}

std::optional<std::string> ProcFolder::link(const char* file) const {
  std::array<char, PATH_MAX> buffer;
  const ssize_t size = ::readlinkat(folder_.get(), file, buffer.data(), buffer.size());
  if (size < 0) return std::nullopt;
  return std::string(buffer.data(), static_cast<std::size_t>(size));
}

std::optional<ProcFolder::Stat> ProcFolder::stat() const {
  const auto text = read("stat", 4096);
  return text ? parse_stat(*text) : std::nullopt;
}

std::optional<uid_t> ProcFolder::uid() const {
  constexpr std::string_view label = "\nUid:";
  const auto text = read("status", 4096);
  if (!text) return std::nullopt;
  const auto at = text->find(label);
  if (at == std::string::npos) return std::nullopt;
  return number_in<uid_t>(word(std::string_view(*text).substr(at + label.size()), 0));
}

std::string ProcFolder::command() const {
  std::string text = read("cmdline", 4096).value_or("");
  text.erase(text.find_last_not_of('\0') + 1);
  std::replace(text.begin(), text.end(), '\0', ' ');
  return without_controls(text);
}

std::optional<ProcFolder::Stat> proc_stat(pid_t pid) {
  const auto folder = ProcFolder::open(pid);
  return folder ? folder->stat() : std::nullopt;
}

}  // namespace portd::platform
