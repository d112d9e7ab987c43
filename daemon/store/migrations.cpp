#include "daemon/store/migrations.hpp"

#include <SQLiteCpp/Transaction.h>

#include <array>
#include <string>

#include "daemon/store/store.hpp"

namespace portd::store {
namespace {

// Times are milliseconds after 1970 in UTC. A commit should touch few pages: no second index on leases.
constexpr std::string_view create_leases = R"sql(
CREATE TABLE meta (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch INTEGER NOT NULL,
  revision_limit INTEGER NOT NULL  -- numbers up to this one may have been given
) STRICT;
CREATE TABLE leases (
  port INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  project TEXT NOT NULL,
  service TEXT NOT NULL,
  instance TEXT NOT NULL,
  role TEXT NOT NULL,
  protocol TEXT NOT NULL,
  kind TEXT NOT NULL,
  hold TEXT NOT NULL,
  cwd TEXT NOT NULL,
  ttl_ms INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_used_at INTEGER NOT NULL,
  holder_pid INTEGER,  -- NULL: no holder, and the rest of it means nothing
  holder_boot_id TEXT,
  holder_start_ticks INTEGER,
  holder_command TEXT,
  holder_cwd TEXT,
  holder_started_at INTEGER
) STRICT;
CREATE TABLE remembered (
  key TEXT PRIMARY KEY,
  port INTEGER NOT NULL,
  released_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::string_view create_registrations = R"sql(
CREATE TABLE registrations (
  project TEXT NOT NULL,
  service TEXT NOT NULL,
  instance TEXT NOT NULL,
  role TEXT NOT NULL,
  leased INTEGER NOT NULL,
  declaration TEXT NOT NULL,  -- JSON, as PUT /services/{service} takes it
  maintenance INTEGER NOT NULL,
  maintenance_reason TEXT NOT NULL,
  registered_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (project, service, instance)
) STRICT, WITHOUT ROWID;
)sql";

constexpr std::string_view add_ends_with_holder = R"sql(
ALTER TABLE registrations ADD COLUMN ends_with_holder INTEGER NOT NULL DEFAULT 0;
)sql";

constexpr std::string_view add_container = R"sql(
ALTER TABLE leases ADD COLUMN container TEXT NOT NULL DEFAULT '';
)sql";

constexpr std::array migrations_of_leases{create_leases, create_registrations, add_ends_with_holder, add_container};

[[noreturn]] void refuse_newer(SQLite::Database& database, int version, std::size_t known) {
  throw StoreError(database.getFilename() + " has schema version " + std::to_string(version) +
                   " and this portd knows " + std::to_string(known) + ": a newer portd wrote it; upgrade portd");
}

}  // namespace

std::span<const std::string_view> lease_migrations() { return migrations_of_leases; }

int schema_version(SQLite::Database& database) { return database.execAndGet("PRAGMA user_version").getInt(); }

void migrate(SQLite::Database& database, std::span<const std::string_view> migrations) {
  const int version = schema_version(database);
  if (version < 0 || static_cast<std::size_t>(version) > migrations.size()) {
    refuse_newer(database, version, migrations.size());
  }
  for (auto next = static_cast<std::size_t>(version); next < migrations.size(); ++next) {
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    database.exec(std::string(migrations[next]));
    database.exec("PRAGMA user_version = " + std::to_string(next + 1));
    transaction.commit();
  }
}

}  // namespace portd::store
