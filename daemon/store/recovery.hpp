#pragma once

#include <memory>
#include <string>

#include "daemon/store/database.hpp"
#include "daemon/store/store.hpp"

namespace portd::store {

// The database as start-up found or made it.
struct Opened {
  std::unique_ptr<Database> database{};  // none when it is read-only
  Contents contents{};
  Meta meta{};                                    // as it was before the reservation
  std::optional<std::uint64_t> revision_limit{};  // numbers up to it may be given; none on a full disk
  Condition condition = Condition::good;
  std::string detail{};     // one sentence when the condition is neither fresh nor good
  bool backup_due = false;  // it may hold what no backup holds
};

// Opens the database; heals it first when it needs that. A crash at any step leaves either the old files or the
// complete new one, and the next start goes on from there. Throws StoreError.
Opened open_or_heal(const Paths& paths);

}  // namespace portd::store
