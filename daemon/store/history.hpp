#pragma once

#include <SQLiteCpp/Database.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/change.hpp"
#include "daemon/store/files.hpp"

namespace portd::store {

// Who had which port when, in a database of its own that is never synced: it may lose its newest second, or be
// recreated when it is damaged, without touching leases. Nothing here throws. Writer thread only.
class History {
 public:
  using SteadyClock = std::chrono::steady_clock;

  // `rows_kept`: about so many of the newest changes are kept.
  explicit History(Path file, std::int64_t rows_kept = 1'000'000);
  ~History();

  // Copies what is to be written.
  void add(const core::Changes& changes);

  // When flush() is due: a moment after the first change, so that a busy second is one transaction.
  std::optional<SteadyClock::time_point> due() const { return due_; }
  void flush();

  // One sentence while the history cannot be written, else empty.
  const std::string& trouble() const { return trouble_; }

 private:
  struct Entry;
  struct Tables;

  void write();
  void recreate_if_damaged(bool damaged);
  void give_up(const std::string& why);

  Path file_;
  std::int64_t rows_kept_;
  std::unique_ptr<Tables> tables_;  // opened with the first flush
  std::vector<Entry> entries_;
  std::optional<SteadyClock::time_point> due_;
  std::string trouble_;
};

}  // namespace portd::store
