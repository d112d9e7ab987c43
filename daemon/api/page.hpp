#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/lease.hpp"

namespace portd::api {

// dashboard/index.html, built in; `<!--leases-->` marks where the leases go.
std::string_view page_template();

// The page with one table row a lease. Everything that came from outside is escaped.
std::string page_html(const std::vector<Lease>& leases);

// Its Content-Security-Policy: nothing but its own style, by hash.
std::string page_policy();

}  // namespace portd::api
