#pragma once

#include <SQLiteCpp/Statement.h>

#include <string>

#include "daemon/core/change.hpp"

// Leases as rows. The order of the columns is that of `lease_columns`.
namespace portd::store {

extern const char* const lease_columns;  // "port, id, epoch, ..."
inline constexpr int lease_column_count = 23;

// Binds without copying: the lease must outlive the execution.
void bind_lease(SQLite::Statement& statement, const Lease& lease);

// Throws Damaged when a value is none that we write.
Lease read_lease(SQLite::Statement& row);

// "key, port, released_at". `key` is the text of remembered.key and must outlive the execution.
void bind_remembered(SQLite::Statement& statement, const std::string& key, const core::RememberedPort& remembered);
core::RememberedPort read_remembered(SQLite::Statement& row);

}  // namespace portd::store
