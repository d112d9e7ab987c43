#include "common/sha256.hpp"

#include <algorithm>

#ifdef __APPLE__
#include <CommonCrypto/CommonDigest.h>
#else
#include <sha2.h>
#endif

namespace portd {

std::array<std::uint8_t, 32> sha256(std::string_view data) {
  std::array<std::uint8_t, 32> digest{};
#ifdef __APPLE__
  CC_SHA256(data.data(), static_cast<CC_LONG>(data.size()), digest.data());
#else
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
  SHA256Final(digest.data(), &context);
#endif
  return digest;
}

std::uint64_t sha256_prefix(std::string_view data) {
  const auto digest = sha256(data);
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < 8; ++i) prefix = prefix << 8U | digest.at(i);
  return prefix;
}

std::string sha256_hex(std::string_view data, std::size_t digits) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : sha256(data)) {
    text += hex[byte >> 4U];
    text += hex[byte & 15U];
  }
  text.resize(std::min(digits, text.size()));
  return text;
}

}  // namespace portd
