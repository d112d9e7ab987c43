#include "common/paths.hpp"

#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace portd {
namespace {

namespace fs = std::filesystem;

fs::path variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread that could set it
  return value == nullptr ? fs::path() : fs::path(value);
}

// The XDG base directory specification: a relative path in its variables is to be ignored.
fs::path xdg_variable(const char* name) {
  fs::path path = variable(name);
  return path.is_absolute() ? path : fs::path();
}

fs::path home() {
  if (fs::path path = variable("HOME"); path.is_absolute()) return path;
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_dir;
  }
  return "/";
}

fs::path default_state() {
#ifdef __APPLE__
  return home() / "Library" / "Application Support" / "portd";
#else
  const fs::path base = xdg_variable("XDG_STATE_HOME");
  return (base.empty() ? home() / ".local" / "state" : base) / "portd";
#endif
}

fs::path default_runtime(const fs::path& state) {
  const fs::path base = xdg_variable("XDG_RUNTIME_DIR");
  return base.empty() ? state / "run" : base / "portd";
}

// portd and portc may be started in different folders, and each stores what it is told.
fs::path whole(const fs::path& path) {
  std::error_code ignored;
  fs::path full = fs::absolute(path, ignored).lexically_normal();
  return full.has_filename() ? full : full.parent_path();
}

}  // namespace

Paths Paths::resolve(const fs::path& state, const fs::path& runtime) {
  Paths paths;
  paths.state = !state.empty() ? state : variable("PORTD_STATE_DIR");
  if (paths.state.empty()) paths.state = default_state();
  paths.state = whole(paths.state);
  paths.runtime = !runtime.empty() ? runtime : variable("PORTD_RUNTIME_DIR");
  if (paths.runtime.empty()) paths.runtime = default_runtime(paths.state);
  paths.runtime = whole(paths.runtime);
  return paths;
}

}  // namespace portd
