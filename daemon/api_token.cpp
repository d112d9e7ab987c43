#include "daemon/api_token.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <random>

namespace portd {

std::string make_token(const std::filesystem::path& file) {
  std::random_device random;  // getrandom(2) / arc4random
  std::string token;
  for (int word = 0; word < 8; ++word) {
    std::array<char, 9> hex{};
    std::snprintf(hex.data(), hex.size(), "%08x", random());
    token += hex.data();
  }
  ::unlink(file.c_str());
  const int descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) return {};
  const bool written = ::write(descriptor, token.data(), token.size()) == static_cast<ssize_t>(token.size());
  ::close(descriptor);
  return written ? token : std::string();
}

}  // namespace portd
