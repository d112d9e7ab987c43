#pragma once

#include <filesystem>

namespace portd::client {

// Whether a Python script serves with Werkzeug: it calls run() or run_simple(), and it or a module of its folder that
// it imports brings Flask or Werkzeug in, and none brings another server. Reads the text only.
bool serves_with_werkzeug(const std::filesystem::path& script);

}  // namespace portd::client
