#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "common/json.hpp"
#include "daemon/api/server.hpp"
#include "tests/api/fake_configuration_desk.hpp"
#include "tests/api/raw_client.hpp"
#include "tests/support/fake_history.hpp"
#include "tests/support/fake_peers.hpp"
#include "tests/support/service_world.hpp"

namespace portd::test {

// A real server on loopback and on a unix socket; what it serves is faked. One thread: whoever waits for an answer
// runs the server meanwhile.
class ApiWorld {
 public:
  ServiceWorld leases;
  FakePeers peers;
  FakeHistory history;
  core::Recorder recorder{history, leases.leases, leases.processes, 1000, [this] { return leases.clock.now(); }};
  FakeConfigurationDesk configuration;
  metrics::Metrics metrics{TimePoint(Millis(1'700'000'000'000))};
  int refreshed = 0;
  boost::asio::io_context loop{1};
  std::filesystem::path folder;
  std::unique_ptr<api::Server> server;
  std::uint16_t port = 0;

  explicit ApiWorld(api::Limits limits = {}, core::Leases::Rules rules = {}) : leases(std::move(rules)) {
    std::string name = (std::filesystem::temp_directory_path() / "portd-api-XXXXXX").string();
    folder = ::mkdtemp(name.data());
    server = api::create_server(loop, context(), {1000, "secret-token", {}}, limits);
    auto bound = server->bind_tcp(0);
    if (!bound) throw std::runtime_error(bound.error().detail);
    port = bound->number();
    if (auto local = server->bind_unix(socket()); !local) throw std::runtime_error(local.error().detail);
    server->start();
  }
  ApiWorld(const ApiWorld&) = delete;
  ~ApiWorld() {
    server.reset();
    std::filesystem::remove_all(folder);
  }

  api::Context context() {
    return {leases.leases,
            leases.journal,
            leases.processes,
            leases.machine,
            peers,
            leases.alerts,
            leases.registry,
            leases.health,
            leases.discovery,
            leases.events,
            history,
            recorder,
            configuration,
            metrics,
            [this] { return leases.clock.now(); },
            [this] { ++refreshed; },
            [] { return Json{{"condition", "good"}}; },
            leases.clock.now().wall,
            "fake",
            PortRange{Port(32768), Port(60999)}};
  }

  std::filesystem::path socket() const { return folder / "portd.sock"; }
  std::string host() const { return "localhost:" + std::to_string(port); }

  RawClient client() { return RawClient(loop, tcp_address(port)); }
  RawClient local_client() { return RawClient(loop, unix_address(socket())); }

  // A whole request with the headers that belong to it.
  std::string request(const std::string& method, const std::string& target, const std::string& body = "",
                      const std::string& headers = "") const {
    std::string text = method + " " + target + " HTTP/1.1\r\nHost: " + host() + "\r\n" + headers;
    if (!body.empty() || method == "POST" || method == "PUT" || method == "PATCH") {
      text += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    }
    return text + "\r\n" + body;
  }

  // One request on a connection of its own.
  Answer ask(const std::string& method, const std::string& target, const std::string& body = "",
             const std::string& headers = "") {
    RawClient one = client();
    one.send(request(method, target, body, headers));
    return one.receive(method == "HEAD");
  }
  Answer ask_raw(const std::string& bytes) {
    RawClient one = client();
    one.send(bytes);
    return one.receive();
  }

  // Runs the server until something is so.
  template <class F>
  void run_until(F&& so) {
    test::run_until(loop, std::forward<F>(so));
  }
};

}  // namespace portd::test
