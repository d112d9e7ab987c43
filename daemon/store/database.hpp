#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>

#include <cstdint>
#include <optional>
#include <span>

#include "daemon/store/files.hpp"
#include "daemon/store/store.hpp"

namespace portd::store {

// From where revisions go on.
struct Meta {
  std::uint32_t epoch = 0;
  std::uint64_t revision_limit = 0;
};

// What one commit contains.
struct Batch {
  std::span<const core::Changes* const> changes;
  std::span<const Key> forgotten;
  std::optional<std::uint64_t> revision_limit{};
};

// The lease database: one connection with its prepared statements. One thread at a time.
class Database {
 public:
  // Opens or creates, checks, migrates. Throws SQLite::Exception, std::system_error, Damaged, StoreError.
  explicit Database(const Path& file);

  bool created() const { return created_; }  // there was no schema in it

  Contents load();
  Meta meta();
  void set_meta(const Meta& meta);  // a commit of its own

  // All or none, durable on return. Throws SQLite::Exception, and then nothing of it is there.
  void write(const Batch& batch);

  // Pages in the WAL after the last commit.
  int wal_pages() const { return *wal_pages_; }
  // Copies what it can into the database file without waiting for anybody (PASSIVE).
  void checkpoint();

  int system_errno() const;
  SQLite::Database& connection() { return connection_; }

 private:
  void apply(const core::LeaseChange& change);
  void apply(const core::ServiceChange& change);
  void rollback() noexcept;

  SQLite::Database connection_;
  bool created_;
  std::unique_ptr<int> wal_pages_;  // its address is given to SQLite
  SQLite::Statement begin_, commit_, put_lease_, erase_lease_, remember_, forget_, reserve_, put_registration_,
      erase_registration_;
};

std::uint32_t random_epoch();

}  // namespace portd::store
