#include "daemon/private_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace portd {

void make_private_folder(const std::filesystem::path& folder) {
  std::error_code ignored;
  std::filesystem::create_directories(folder, ignored);
  struct stat status{};
  if (::lstat(folder.c_str(), &status) != 0) {
    throw std::runtime_error("cannot make " + folder.string() + ": " + std::strerror(errno) +
                             "; choose another with --state-dir and --runtime-dir");
  }
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid()) {
    throw std::runtime_error(folder.string() + " is not a folder of yours; remove it, or choose another");
  }
  if ((status.st_mode & 077) == 0) return;
  if (::chmod(folder.c_str(), 0700) != 0 && errno != EROFS) {
    throw std::runtime_error("cannot make " + folder.string() + " private: " + std::strerror(errno));
  }
}

}  // namespace portd
