#pragma once

#include <SQLiteCpp/Database.h>

#include <span>
#include <string_view>

namespace portd::store {

// Number n (counted from 1) takes a database from version n - 1 to n. Append, never edit: people have them.
std::span<const std::string_view> lease_migrations();

// Brings the database to the newest version, a transaction each. The version is SQLite's user_version.
// Throws StoreError when it is newer than we know.
void migrate(SQLite::Database& database, std::span<const std::string_view> migrations);

int schema_version(SQLite::Database& database);

}  // namespace portd::store
