#include "tests/support/unsynced_file.hpp"

#include <algorithm>
#include <cstring>

namespace portd::test {

int UnsyncedFile::adopt(sqlite3_file* real) {
  if (known_) return SQLITE_OK;
  const int result = real->pMethods->xFileSize(real, &real_size_);
  if (result != SQLITE_OK) return result;
  size_ = intact_ = real_size_;
  known_ = true;
  return SQLITE_OK;
}

bool UnsyncedFile::still_over(sqlite3_file* real) {
  const std::lock_guard lock(mutex_);
  sqlite3_int64 size = 0;
  return real->pMethods->xFileSize(real, &size) == SQLITE_OK && (!known_ || size == real_size_);
}

int UnsyncedFile::load(sqlite3_file* real, sqlite3_int64 index, Block& block) {
  block.fill(0);
  const sqlite3_int64 begin = index * block_size;
  const auto there = std::clamp<sqlite3_int64>(intact_ - begin, 0, block_size);
  if (there == 0) return SQLITE_OK;
  return real->pMethods->xRead(real, block.data(), static_cast<int>(there), begin);
}

int UnsyncedFile::block_at(sqlite3_file* real, sqlite3_int64 index, Block*& block) {
  const auto [place, added] = blocks_.try_emplace(index);
  block = &place->second;
  if (!added) return SQLITE_OK;
  const int result = load(real, index, *block);
  if (result != SQLITE_OK) blocks_.erase(place);
  return result;
}

int UnsyncedFile::read(sqlite3_file* real, void* data, int size, sqlite3_int64 offset) {
  const std::lock_guard lock(mutex_);
  if (const int result = adopt(real); result != SQLITE_OK) return result;
  auto* to = static_cast<std::uint8_t*>(data);
  std::memset(to, 0, static_cast<std::size_t>(size));
  const sqlite3_int64 end = std::min<sqlite3_int64>(offset + size, size_);
  for (sqlite3_int64 at = offset; at < end;) {
    const sqlite3_int64 index = at / block_size;
    const sqlite3_int64 part = std::min(end, (index + 1) * block_size) - at;
    Block loaded;
    const auto kept = blocks_.find(index);
    if (kept == blocks_.end()) {
      if (const int result = load(real, index, loaded); result != SQLITE_OK) return result;
    }
    const Block& block = kept == blocks_.end() ? loaded : kept->second;
    std::memcpy(to + (at - offset), block.data() + at % block_size, static_cast<std::size_t>(part));
    at += part;
  }
  return offset + size > size_ ? SQLITE_IOERR_SHORT_READ : SQLITE_OK;
}

int UnsyncedFile::write(sqlite3_file* real, const void* data, int size, sqlite3_int64 offset) {
  const std::lock_guard lock(mutex_);
  if (const int result = adopt(real); result != SQLITE_OK) return result;
  const auto* from = static_cast<const std::uint8_t*>(data);
  const sqlite3_int64 end = offset + size;
  for (sqlite3_int64 at = offset; at < end;) {
    const sqlite3_int64 index = at / block_size;
    const sqlite3_int64 part = std::min(end, (index + 1) * block_size) - at;
    Block* block = nullptr;
    if (const int result = block_at(real, index, block); result != SQLITE_OK) return result;
    std::memcpy(block->data() + at % block_size, from + (at - offset), static_cast<std::size_t>(part));
    at += part;
  }
  size_ = std::max(size_, end);
  return SQLITE_OK;
}

int UnsyncedFile::truncate(sqlite3_file* real, sqlite3_int64 size) {
  const std::lock_guard lock(mutex_);
  if (const int result = adopt(real); result != SQLITE_OK) return result;
  const sqlite3_int64 last = size / block_size;
  blocks_.erase(blocks_.upper_bound(last), blocks_.end());
  if (const auto block = blocks_.find(last); block != blocks_.end()) {
    std::fill(block->second.begin() + size % block_size, block->second.end(), std::uint8_t{0});
  }
  intact_ = std::min(intact_, size);
  size_ = size;
  return SQLITE_OK;
}

int UnsyncedFile::size(sqlite3_file* real, sqlite3_int64* size) {
  const std::lock_guard lock(mutex_);
  const int result = adopt(real);
  *size = size_;
  return result;
}

int UnsyncedFile::sync(sqlite3_file* real, int flags) {
  const std::lock_guard lock(mutex_);
  if (const int result = adopt(real); result != SQLITE_OK) return result;
  if (const int result = pass_on(real); result != SQLITE_OK) return result;
  blocks_.clear();
  real_size_ = intact_ = size_;
  return real->pMethods->xSync(real, flags);
}

int UnsyncedFile::pass_on(sqlite3_file* real) {
  if (intact_ < real_size_) {
    if (const int result = real->pMethods->xTruncate(real, intact_); result != SQLITE_OK) return result;
    real_size_ = intact_;
  }
  for (const auto& [index, block] : blocks_) {
    const sqlite3_int64 begin = index * block_size;
    const auto part = static_cast<int>(std::clamp<sqlite3_int64>(size_ - begin, 0, block_size));
    if (part == 0) continue;
    const int result = real->pMethods->xWrite(real, block.data(), part, begin);
    if (result != SQLITE_OK) return result;
  }
  return SQLITE_OK;
}

}  // namespace portd::test
