#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "daemon/core/containers.hpp"

namespace portd::containers {

// Reads the whole answer to `GET /containers/json` over HTTP/1.0, as Docker's Engine API and Podman give it. Nothing
// unless it is a 200 with a list of containers. Of hostile answers: what is no port is passed over, texts are cut and
// freed of control characters, and a list that is too long ends.
std::optional<std::vector<core::PublishedPort>> published_in(std::string_view answer);

}  // namespace portd::containers
