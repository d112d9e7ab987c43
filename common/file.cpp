#include "common/file.hpp"

#include <fcntl.h>
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
  return Error{Problem::store_unavailable, "cannot write " + in_quotes(path.string()) + ": " + reason()};
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

}  // namespace portd
