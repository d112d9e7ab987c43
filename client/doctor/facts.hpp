#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/json.hpp"
#include "common/paths.hpp"
#include "common/port.hpp"
#include "common/time.hpp"

namespace portd::client {

// A file or folder of portd that is there.
struct FileFact {
  std::filesystem::path path;
  mode_t mode = 0;  // type and permissions
  uid_t owner = 0;
  mode_t wanted = 0600;  // permissions
};

// Who listens on a port, as far as the system shows it.
struct PortOwner {
  std::optional<pid_t> pid{};
  std::string command{};
  std::optional<uid_t> uid{};
};

// Where portd's own process may write.
struct DiskFact {
  std::filesystem::path folder;
  std::uint64_t total = 0;  // bytes
  std::uint64_t free = 0;   // for this user
};

enum class Ipv6Loopback { present, disabled, missing, no_kernel_support };

// All that a diagnosis stands on, gathered once by gather(). What is judged of it knows nothing else.
struct Facts {
  std::string version = PORTD_VERSION;  // of portc
  TimePoint now{};
  uid_t uid = 0;
  Paths paths{};
  // The portd that was named with --url, --socket or their variables. It may be on another machine, so that nothing is
  // said of this one.
  std::optional<std::string> named{};

  // the daemon
  enum class Reach { answers, nobody_there, silent };
  Reach reach = Reach::nobody_there;
  std::string trouble{};                        // why not
  std::optional<pid_t> pid{};                   // of its process
  bool over_socket = true;                      // reached by its unix socket
  std::optional<std::string> url{};             // where it says it serves
  Json health = Json::object();                 // GET /health
  std::size_t leases = 0;                       // of it
  std::vector<std::filesystem::path> traces{};  // socket and endpoint files that are there

  // its folders
  std::vector<FileFact> files{};
  std::optional<DiskFact> disk{};
  std::optional<TimePoint> newest_backup{};

  // its settings, of the running one where one runs
  std::uint16_t api_port = 7700;  // 0: any
  std::map<std::string, PortRange> ranges{};
  std::set<std::string> fixed_ranges{};  // stated by a flag or a variable, so that no file changes them
  std::vector<std::string> mistakes{};   // errors of the files, each whole

  // the machine
  std::optional<PortOwner> port_owner{};  // of api_port, when that is not portd
  std::optional<PortRange> ephemeral{};
  std::optional<std::uint64_t> descriptors{};  // that the running portd may open
  std::uint64_t descriptors_here = 0;          // that one may which is started from here
  Ipv6Loopback ipv6 = Ipv6Loopback::present;
};

}  // namespace portd::client
