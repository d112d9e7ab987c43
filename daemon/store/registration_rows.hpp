#pragma once

#include <SQLiteCpp/Statement.h>

#include <string>

#include "common/service.hpp"

// Registrations as rows. The order of the columns is that of `registration_columns`.
namespace portd::store {

extern const char* const registration_columns;  // "project, service, instance, ..."

// What was declared, as PUT /services/{service} takes it.
std::string declaration_text(const Registration& registration);

// Binds without copying: all arguments must outlive the execution.
void bind_registration(SQLite::Statement& statement, const Registration& registration, const std::string& declaration);

// "project, service, instance". `key` must outlive the execution.
void bind_instance(SQLite::Statement& statement, const InstanceKey& key);

// Throws Damaged when a value is none that we write.
Registration read_registration(SQLite::Statement& row);

}  // namespace portd::store
