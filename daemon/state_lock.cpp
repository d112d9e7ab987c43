#include "daemon/state_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace portd {
namespace {

std::string owner_of(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(descriptor, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "unknown" : pid;
}

}  // namespace

StateLock::StateLock(const std::filesystem::path& file) {
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor_ < 0 && errno == EROFS) return;
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "cannot open " + file.string());
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) != 0) {
    const std::string owner = owner_of(descriptor_);
    ::close(descriptor_);
    throw AlreadyRunning("portd already runs on " + file.parent_path().string() + " as pid " + owner +
                         "; use that one, or end it first (portc daemon stop)");
  }
  // The pid is for people; a full disk must not keep portd from serving what it has.
  const std::string pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(descriptor_, 0) == 0) [[maybe_unused]]
    const ssize_t written = ::pwrite(descriptor_, pid.data(), pid.size(), 0);
}

StateLock::~StateLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

}  // namespace portd
