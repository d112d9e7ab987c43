#pragma once

#include <filesystem>
#include <string>

#include "common/error.hpp"

namespace portd {

// Where portd keeps things; flags win over the environment, the environment over the defaults.
struct Paths {
  std::filesystem::path state;    // portd.db, history.db, backups/, portd.lock
  std::filesystem::path runtime;  // portd.sock, portserver.sock, endpoint.json, token; 0700

  std::filesystem::path database() const { return state / "portd.db"; }
  std::filesystem::path history() const { return state / "history.db"; }
  std::filesystem::path backups() const { return state / "backups"; }
  std::filesystem::path lock() const { return state / "portd.lock"; }
  std::filesystem::path log() const { return state / "portd.log"; }  // of a portd that portc started
  std::filesystem::path configuration_lock() const { return state / "configuration.lock"; }  // who changes files
  std::filesystem::path trusted() const { return state / "trusted.json"; }  // projects whose commands may run
  std::filesystem::path socket() const { return runtime / "portd.sock"; }
  std::filesystem::path portserver() const { return runtime / "portserver.sock"; }  // portpicker's protocol
  std::filesystem::path token() const { return runtime / "token"; }

  // Empty arguments: PORTD_STATE_DIR / PORTD_RUNTIME_DIR, else $XDG_STATE_HOME/portd
  // (~/.local/state/portd; macOS ~/Library/Application Support/portd) and
  // $XDG_RUNTIME_DIR/portd (else <state>/run).
  static Paths resolve(const std::filesystem::path& state, const std::filesystem::path& runtime);
};

// endpoint.json: where the running portd is to be reached. Lies in the runtime and in the state folder.
struct Endpoint {
  std::string url;     // http://127.0.0.1:7700
  std::string socket;  // path of the unix socket
  int pid = 0;
};

std::filesystem::path endpoint_file(const std::filesystem::path& folder);

// Of the runtime folder, else of the state folder. Error: not_found when neither can be read.
Result<Endpoint> read_endpoint(const Paths& paths);

// Into both folders, 0600, each in one step. One folder suffices (the state may be read-only): an error,
// store_unavailable, only when neither took it. The folders must exist.
Result<void> write_endpoint(const Paths& paths, const Endpoint& endpoint);

// Removes the files that name this process; another portd's are left.
void remove_endpoint(const Paths& paths);

}  // namespace portd
