#include "daemon/command_line.hpp"

#include <CLI/CLI.hpp>

namespace portd {

Parsed parse_command_line(int argc, const char* const* argv) {
  Parsed parsed;
  CommandLine& line = parsed.command_line;
  CLI::App app{"portd owns the ports of a developer's machine: it grants, holds and watches them.", "portd"};
  app.set_version_flag("--version", "portd " PORTD_VERSION);
  app.add_option("--config", line.config, "Settings file, in place of the user's")->type_name("FILE");
  app.add_option("--state-dir", line.state_dir, "Where the database lies")->type_name("DIR");
  app.add_option("--runtime-dir", line.runtime_dir, "Where the socket and endpoint.json lie")->type_name("DIR");
  app.add_option("--port", line.port, "TCP port of the API; 0 picks one (default 7700)")->type_name("N");
  app.add_option("--set", line.sets, "One setting, e.g. ports.strategy=next; may be repeated")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--log-level", line.log_level, "trace, debug, info, warn, error or off")->type_name("LEVEL");
  app.footer(
      "Examples:\n"
      "  portd                                 serve on http://localhost:7700 until SIGTERM\n"
      "  portd --port 0 --state-dir /tmp/try   try it beside the one that runs\n"
      "  portd --set ports.strategy=next       with another strategy\n"
      "Then: curl localhost:7700/ports, or portc ls");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& mistake) {
    parsed.exit_code = app.exit(mistake) == 0 ? 0 : exit_usage;
  }
  return parsed;
}

}  // namespace portd
