#include "daemon/platform/git_branch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "common/descriptor.hpp"

namespace portd::platform {
namespace {

constexpr int most_folders = 64;  // up to the root
constexpr std::size_t longest_file = 4'096;
constexpr std::size_t longest_branch = 255;

#ifdef O_PATH
constexpr int look_only = O_PATH;
#else
constexpr int look_only = O_RDONLY;
#endif

Descriptor open_folder(int at, const char* path) {
  return Descriptor(::openat(at, path, look_only | O_DIRECTORY | O_CLOEXEC));
}

// The one line of a plain, small file. A device or a FIFO is not even opened, and waits for nobody if it comes between.
std::optional<std::string> read_line(int at, const char* name) {
  struct stat status{};
  if (::fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  const Descriptor file(::openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) return std::nullopt;
  std::array<char, longest_file> buffer;
  const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
  if (size <= 0 || static_cast<std::size_t>(size) == buffer.size()) return std::nullopt;
  const std::string_view text(buffer.data(), static_cast<std::size_t>(size));
  return std::string(text.substr(0, text.find('\n')));
}

bool same_folder(int one, int other) {
  struct stat first{};
  struct stat second{};
  if (::fstat(one, &first) != 0 || ::fstat(other, &second) != 0) return true;
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

// `.git` of one folder: the repository itself, or a file that says "gitdir: PATH".
std::optional<Descriptor> repository_in(int folder) {
  struct stat status{};
  if (::fstatat(folder, ".git", &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (S_ISDIR(status.st_mode)) return open_folder(folder, ".git");
  constexpr std::string_view label = "gitdir: ";
  const auto line = read_line(folder, ".git");
  if (!line || !line->starts_with(label)) return Descriptor();
  return open_folder(folder, line->substr(label.size()).c_str());
}

std::string branch_in(int repository) {
  constexpr std::string_view label = "ref: refs/heads/";
  const auto head = read_line(repository, "HEAD");
  if (!head || !head->starts_with(label)) return "";
  std::string branch = head->substr(label.size());
  const bool odd = std::ranges::any_of(branch, [](char each) {
    const auto byte = static_cast<unsigned char>(each);
    return byte < 0x20 || byte == 0x7f;
  });
  return odd || branch.size() > longest_branch ? "" : branch;
}

}  // namespace

std::string git_branch(int folder) {
  Descriptor here = open_folder(folder, ".");
  for (int level = 0; here && level < most_folders; ++level) {
    if (const auto repository = repository_in(here.get())) return *repository ? branch_in(repository->get()) : "";
    Descriptor above = open_folder(here.get(), "..");
    if (!above || same_folder(here.get(), above.get())) break;
    here = std::move(above);
  }
  return "";
}

}  // namespace portd::platform
