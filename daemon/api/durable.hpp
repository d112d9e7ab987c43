#pragma once

#include <optional>

#include "daemon/core/journal.hpp"
#include "daemon/task.hpp"

namespace portd::api {

// Waits until every change up to `revision` is durable; the error for which they were undone otherwise.
Task<std::optional<Error>> durable(core::Journal& journal, Revision revision);

// Whether a refusal names a lease: promise P1 covers what it tells, so it waits like an answer does.
bool tells_of_a_lease(const Error& error);

}  // namespace portd::api
