#include "common/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "common/wording.hpp"

namespace portd {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

std::string reason() { return std::generic_category().message(errno); }

Error unreadable(const std::filesystem::path& path) {
  const Problem problem = errno == ENOENT || errno == ENOTDIR ? Problem::not_found : Problem::forbidden;
  return Error{problem, "cannot read " + in_quotes(path.string()) + ": " + reason()};
}

Error unwritable(const std::filesystem::path& path) {
  return Error{errno == ENOSPC || errno == EDQUOT ? Problem::disk_full : Problem::store_unavailable,
               "cannot write " + in_quotes(path.string()) + ": " + reason()};
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(descriptor, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// A file that is written and synced beside its place, and gone unless it was moved there. On false errno says why.
class Draft {
 public:
  explicit Draft(const std::filesystem::path& place)
      : place_(place), name_(place.string() + ".XXXXXX"), file_(::mkostemp(name_.data(), O_CLOEXEC)) {}
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  ~Draft() {
    if (!moved_ && file_.number() >= 0) ::unlink(name_.c_str());
  }

  bool write(std::string_view content, mode_t mode) const {
    return file_.number() >= 0 && write_all(file_.number(), content) && ::fchmod(file_.number(), mode) == 0 &&
           ::fsync(file_.number()) == 0;
  }
  // Only root can: `sudo portc config set` leaves the file to its owner.
  void give_to(const struct stat& owner) const {
    if (::fchown(file_.number(), owner.st_uid, owner.st_gid) != 0) errno = 0;
  }
  bool move() {
    moved_ = ::rename(name_.c_str(), place_.c_str()) == 0;
    return moved_;
  }

 private:
  std::filesystem::path place_;
  std::string name_;
  Descriptor file_;
  bool moved_ = false;
};

// Once a name is changed nothing can be taken back, and some file systems do not sync folders at all.
void sync_folder(const std::filesystem::path& folder) {
  const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.number() >= 0) ::fsync(opened.number());
}

bool make_folders(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0700) == 0) {
    sync_folder(folder.parent_path());
    return true;
  }
  if (errno == EEXIST) return true;
  if (errno != ENOENT || folder == folder.parent_path()) return false;
  return make_folders(folder.parent_path()) && make_folders(folder);
}

// Where a chain of symbolic links ends, whether anything is there or not.
std::filesystem::path target_of(std::filesystem::path path) {
  constexpr int longest_chain = 40;  // as the kernel's
  std::error_code failed;
  for (int links = 0; links < longest_chain && std::filesystem::is_symlink(path, failed); ++links) {
    const auto target = std::filesystem::read_symlink(path, failed);
    if (failed) break;
    path = path.parent_path() / target;
  }
  return path;
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  // O_NONBLOCK: the open of a FIFO would wait for a writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (file.number() < 0 || ::fstat(file.number(), &status) != 0) return unreadable(path);
  if (!S_ISREG(status.st_mode)) {
    return Error{Problem::invalid_value, in_quotes(path.string()) + " is not a regular file; move it away"};
  }
  std::string content(limit + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t count = ::read(file.number(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return unreadable(path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > limit) {
    return Error{Problem::invalid_value,
                 in_quotes(path.string()) + " is larger than " + std::to_string(limit) + " bytes; make it smaller"};
  }
  content.resize(size);
  return content;
}

Result<void> replace_file(const std::filesystem::path& path, std::string_view content) {
  std::string temporary = path.string() + ".XXXXXX";
  const Descriptor file(::mkostemp(temporary.data(), O_CLOEXEC));  // 0600 by mkostemp(3)
  if (file.number() < 0) return unwritable(path);
  if (write_all(file.number(), content) && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  Error error = unwritable(path);
  ::unlink(temporary.c_str());
  return error;
}

FileLock::FileLock(const std::filesystem::path& file) : descriptor_(-1) {
  if (!make_folders(file.parent_path())) return;
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  while (descriptor_ >= 0 && ::flock(descriptor_, LOCK_EX) != 0 && errno == EINTR) {
  }
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> replace_durably(const std::filesystem::path& path, std::string_view content, Previous previous) {
  constexpr std::size_t largest_previous = std::size_t{16} * 1024 * 1024;
  const std::filesystem::path file = target_of(std::filesystem::absolute(path));
  if (!make_folders(file.parent_path())) return unwritable(file.parent_path());
  struct stat status{};
  const bool exists = ::stat(file.c_str(), &status) == 0;
  if (exists && ::access(file.c_str(), W_OK) != 0) return unwritable(file);
  const mode_t mode = exists ? status.st_mode & 07777U : 0600;

  Draft draft(file);
  if (!draft.write(content, mode)) return unwritable(file);
  if (exists) draft.give_to(status);
  if (exists && previous == Previous::kept) {
    const std::filesystem::path kept = file.string() + "~";
    const auto before = read_file(file, largest_previous);
    if (!before) return Error{Problem::store_unavailable, before.error().detail};
    Draft copy(kept);
    if (!copy.write(*before, mode)) return unwritable(kept);
    copy.give_to(status);
    if (!copy.move()) return unwritable(kept);
  }
  if (!draft.move()) return unwritable(file);
  sync_folder(file.parent_path());
  return {};
}

}  // namespace portd
