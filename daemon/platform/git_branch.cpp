#include "daemon/platform/git_branch.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <string_view>

#include "common/descriptor.hpp"
#include "common/printable.hpp"

namespace portd::platform {
namespace {

namespace fs = std::filesystem;

constexpr int most_folders = 64;  // up to the root, or down from it
constexpr std::size_t longest_file = 4'096;
constexpr std::size_t longest_branch = 255;

#ifdef O_PATH
constexpr int look_only = O_PATH;
#else
constexpr int look_only = O_RDONLY;
#endif

struct Folder {
  Descriptor descriptor;
  fs::path path;
};

// No link is followed.
Descriptor open_folder(int at, const char* name) {
  return Descriptor(::openat(at, name, look_only | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
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

// Step by step, so that each folder on the way is asked for.
Descriptor open_from_root(int root, const fs::path& path, const MayRead& may_read) {
  Descriptor here = may_read("/") ? open_folder(root, ".") : Descriptor();
  fs::path reached = "/";
  int level = 0;
  for (const fs::path& name : path.relative_path()) {
    reached /= name;
    if (!here || ++level > most_folders || !may_read(reached)) return Descriptor();
    here = open_folder(here.get(), name.c_str());
  }
  return here;
}

// `.git` of one folder: the repository itself, or a file that says "gitdir: PATH".
std::optional<Descriptor> repository_in(const Folder& here, int root, const MayRead& may_read) {
  const int folder = here.descriptor.get();
  if (!may_read(here.path / ".git")) return Descriptor();
  struct stat status{};
  if (::fstatat(folder, ".git", &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
  if (S_ISDIR(status.st_mode)) return open_folder(folder, ".git");
  constexpr std::string_view label = "gitdir: ";
  const auto line = read_line(folder, ".git");
  if (!line || !line->starts_with(label)) return Descriptor();
  return open_from_root(root, (here.path / line->substr(label.size())).lexically_normal(), may_read);
}

std::string branch_in(int repository) {
  constexpr std::string_view label = "ref: refs/heads/";
  const auto head = read_line(repository, "HEAD");
  if (!head || !head->starts_with(label)) return "";
  std::string branch = head->substr(label.size());
  return branch.size() > longest_branch || without_controls(branch) != branch ? "" : branch;
}

}  // namespace

std::string git_branch(const ProcessPlace& place, const MayRead& may_read) {
  Folder here{open_folder(place.folder, "."), place.path};
  for (int level = 0; here.descriptor && level < most_folders; ++level) {
    const auto repository = repository_in(here, place.root, may_read);
    if (repository) return *repository ? branch_in(repository->get()) : "";
    fs::path parent = here.path.parent_path();
    Descriptor above = may_read(parent) ? open_folder(here.descriptor.get(), "..") : Descriptor();
    if (!above || same_folder(here.descriptor.get(), above.get())) break;
    here = {std::move(above), std::move(parent)};
  }
  return "";
}

}  // namespace portd::platform
