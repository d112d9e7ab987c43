// How long an event takes to many readers of GET /events. Prints what it measured as JSON.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tests/bench/fan_out/fan_out.hpp"

int main(int argc, char** argv) {
  portd::load::Target target;
  portd::load::Beats beats;
  std::size_t readers = 100;
  CLI::App app{"Sends heartbeats and reads what portd tells of them.", "portd_fan_out"};
  app.add_option("path", beats.path, "/services/SERVICE/checks/CHECK of a ttl check that is passing")->required();
  app.add_option("--port", target.port, "The server's port on 127.0.0.1")->required();
  app.add_option("--readers", readers, "How many read");
  app.add_option("--steady", beats.steady, "Heartbeats at 50 a second");
  app.add_option("--burst", beats.burst, "Heartbeats at once, afterwards");
  CLI11_PARSE(app, argc, argv);
  try {
    std::printf("%s\n", portd::load::FanOut(target, readers, beats).run().dump().c_str());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "portd_fan_out: %s\n", error.what());
    return 1;
  }
}
