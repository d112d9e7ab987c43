#pragma once

#include <span>
#include <string_view>

namespace portd::store {

// Of the history's database, as lease_migrations().
std::span<const std::string_view> history_migrations();

}  // namespace portd::store
