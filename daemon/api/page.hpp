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

// A way to go on, on a page that cannot decide.
struct Choice {
  std::string name;
  std::string url;
};
std::string choices_html(const std::string& title, const std::vector<Choice>& choices);

// The Content-Security-Policy of both pages: nothing but its own style, by hash.
std::string page_policy();

}  // namespace portd::api
