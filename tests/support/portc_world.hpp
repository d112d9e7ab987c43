#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "client/environment.hpp"
#include "client/portc.hpp"
#include "common/json.hpp"
#include "common/lease_json.hpp"
#include "common/paths.hpp"
#include "common/service_json.hpp"
#include "tests/support/fake_portd.hpp"

namespace portd::test {

// One run of portc.
struct Ran {
  int exit = -1;
  std::string out;
  std::string err;
};

// A folder "shop" in a home of its own, where portc is called, and a fake portd that answers what the test puts
// into `answers`, by request line.
class PortcWorld {
 public:
  PortcWorld() {
    std::string pattern = (std::filesystem::temp_directory_path() / "portc-XXXXXX").string();
    home = ::mkdtemp(pattern.data());
    std::filesystem::create_directories(home / "shop");
    std::filesystem::create_directories(home / "state");
    std::filesystem::create_directories(home / "run");
    environment.folder = home / "shop";
    environment.program = home / "bin" / "portc";
    environment.parent = 4711;
    environment.variables = {{"HOME", home.string()},
                             {"PATH", "/usr/bin:/bin"},
                             {"PORTD_STATE_DIR", (home / "state").string()},
                             {"PORTD_RUNTIME_DIR", (home / "run").string()},
                             {"PORTD_AUTOSTART", "0"}};
  }
  PortcWorld(const PortcWorld&) = delete;
  PortcWorld& operator=(const PortcWorld&) = delete;
  ~PortcWorld() {
    portd.reset();
    std::error_code error;
    std::filesystem::remove_all(home, error);
  }

  std::filesystem::path socket() const { return home / "run" / "portd.sock"; }

  // A portd whose endpoint.json names this socket and this process.
  void start_portd() {
    serve();
    const auto written = write_endpoint(environment.paths(), {"http://127.0.0.1:1", socket().string(), ::getpid()});
    if (!written) throw std::runtime_error(written.error().detail);
  }

  // Only the socket.
  void serve() {
    portd = std::make_unique<FakePortd>(socket(), [this](const FakeRequest& request) { return answer_to(request); });
  }

  Ran run(const std::vector<std::string>& arguments) const {
    std::ostringstream out;
    std::ostringstream err;
    const int exit = client::run_portc(arguments, out, err, environment);
    return {exit, out.str(), err.str()};
  }

  // A file of this world.
  std::filesystem::path write(const std::filesystem::path& name, const std::string& text) const {
    std::filesystem::create_directories((home / name).parent_path());
    std::ofstream(home / name) << text;
    return home / name;
  }

  std::filesystem::path home;
  client::Environment environment;
  // Filled before start_portd().
  std::map<std::string, FakeAnswer> answers;
  // By request line without its `wait` and `revision`: one after the other, the last again and again.
  std::map<std::string, std::deque<FakeAnswer>> sequences;
  std::unique_ptr<FakePortd> portd;

 private:
  // Runs on the thread of the fake.
  FakeAnswer answer_to(const FakeRequest& request) {
    const auto found = answers.find(request.line);
    if (found != answers.end()) return found->second;
    const std::size_t wait = request.line.find("&wait=");
    const auto sequence = sequences.find(request.line.substr(0, wait));
    if (sequence == sequences.end()) {
      return FakeAnswer{500, R"({"title": "the test has no answer for )" + request.line + "\"}"};
    }
    FakeAnswer next = sequence->second.front();
    if (sequence->second.size() > 1) sequence->second.pop_front();
    return next;
  }
};

inline Lease lease_of(const std::string& key, std::uint16_t port) {
  Lease lease;
  lease.key = *Key::parse(key);
  lease.port = Port(port);
  lease.revision = {1, port};
  lease.id = lease.revision.text();
  return lease;
}

// What portd answers when it grants it.
inline std::string granted(const std::string& key, std::uint16_t port) {
  return dump_json(to_json(lease_of(key, port)));
}

inline constexpr const char* lookup_of_shop = "GET /ports?project=default&service=shop&instance=main";

inline Instance instance_of(const std::string& key, Status status, std::uint16_t port = 20123) {
  Instance instance;
  instance.key = portd::instance_of(*Key::parse(key));
  instance.port = Port(port);
  instance.status = status;
  instance.revision = {1, port};
  return instance;
}

// GET /services/{service}
inline std::string instances_of(const std::vector<Instance>& instances, std::uint64_t revision = 9) {
  return dump_json(service_json({"default", "web", "main"}, instances, {1, revision}));
}

inline std::string list_of(const std::vector<Lease>& leases) { return dump_json(to_json(leases, {1, 9})); }

inline std::string problem(Problem kind, const std::string& detail) {
  return dump_json(to_json(Error{kind, detail, {}}));
}

}  // namespace portd::test
