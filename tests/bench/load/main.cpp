// A load generator for one HTTP server on this machine. Prints what it measured as JSON.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/bench/load/closed_loop.hpp"

namespace {

using namespace portd::load;

struct Options {
  std::string what;
  std::string path = "/health";
  std::string prefix = "bench";
  Target target;
  std::size_t connections = 64;
  double seconds = 3;
  std::size_t count = SIZE_MAX;
};

std::unique_ptr<Script> script_of(const Options& options, std::size_t connection) {
  const std::string prefix = options.prefix + "-" + std::to_string(connection);
  const std::string host = options.target.host();
  if (options.what == "get") return get_script(host, options.path);
  if (options.what == "grant") return grant_script(host, prefix);
  if (options.what == "register") return register_script(host, prefix);
  return cycle_script(host, prefix);
}

nlohmann::json run(const Options& options) {
  std::vector<std::unique_ptr<Script>> scripts;
  for (std::size_t number = 0; number < options.connections; ++number) scripts.push_back(script_of(options, number));
  ClosedLoop loop(options.target, std::move(scripts));
  const std::chrono::duration<double> time(options.seconds);
  return loop.run({std::chrono::duration_cast<Clock::duration>(time), options.count});
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"Asks as fast as the answers come.", "portd_load"};
  app.add_option("what", options.what,
                 "get, grant (a new key each time), cycle (grant and release), register (and withdraw)")
      ->required()
      ->check(CLI::IsMember({"get", "grant", "cycle", "register"}));
  app.add_option("--path", options.path, "What to get");
  app.add_option("--prefix", options.prefix, "How the new keys' services begin; not yet used at this server");
  app.add_option("--port", options.target.port, "The server's port on 127.0.0.1");
  app.add_option("--socket", options.target.socket, "The server's unix socket, instead");
  app.add_option("--connections", options.connections, "Keep-alive connections");
  app.add_option("--seconds", options.seconds, "At most so long");
  app.add_option("--count", options.count, "At most so many requests");
  CLI11_PARSE(app, argc, argv);
  try {
    std::printf("%s\n", run(options).dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "portd_load: %s\n", error.what());
    return 1;
  }
}
