#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/port.hpp"

namespace portd::client {

// How a server takes a socket that already listens.
enum class SocketWay {
  none,
  werkzeug,    // WERKZEUG_SERVER_FD and WERKZEUG_RUN_MAIN, as its reloader's child does
  gunicorn,    // GUNICORN_CMD_ARGS
  uvicorn,     // UVICORN_FD
  bind_flag,   // --bind fd://3
  listen_fds,  // LISTEN_FDS and LISTEN_PID (sd_listen_fds(3))
};

// Where the words that state the port go.
enum class WordPlace {
  end,             // but before a `--`: what follows that is the application's
  behind_script,   // `npm run dev -- WORDS`: the very end
  behind_program,  // before the application, which is the last word
  behind_anchor,   // `runserver 20100`, unless a port is stated already
};

// A server that portc knows. {port} in its words stands for the number.
struct Framework {
  std::string_view name{};  // of its program, and of its module behind `python -m`
  SocketWay socket = SocketWay::none;
  // Flags with which a command line chooses the address by itself.
  std::array<std::string_view, 3> ports{};       // 20100, or HOST:20100
  std::array<std::string_view, 2> hosts{};       // the host alone
  std::array<std::string_view, 2> others{};      // what is no port, or nobody knows which
  std::array<std::string_view, 3> port_words{};  // what it needs to hear of the port beside the variable PORT
  WordPlace place = WordPlace::end;
  std::string_view anchor{};
  std::array<std::string_view, 2> tls{};  // flags with which it serves HTTPS
};

// What a command line starts.
struct Recognised {
  Framework framework{};       // without a name: not known, it hears of its port by PORT
  std::size_t program = 0;     // the word that names it
  bool behind_dashes = false;  // `npm run dev -- WORDS`
};

// By the program's name, the module behind `python -m`, what a Python script or module of the folder imports, or the
// script of package.json that npm, pnpm or yarn runs. `npx`, `uv run`, `poetry run`, `pipenv run`, `env` and the like
// are looked through.
Recognised recognise(const std::vector<std::string>& command, const std::filesystem::path& folder);

// Whether the command line chooses its address, so that no other can be given to it.
bool states_address(const std::vector<std::string>& command, const Recognised& recognised);

// The port that it chooses: `--port 20100`, `--bind 0.0.0.0:20100`, `runserver 20100`.
std::optional<Port> stated_port(const std::vector<std::string>& command, const Recognised& recognised);

// The host, where that is all it chooses.
std::optional<std::string> stated_host(const std::vector<std::string>& command, const Recognised& recognised);

// Whether the command line has its server speak TLS.
bool speaks_tls(const std::vector<std::string>& command, const Recognised& recognised);

// The command with {port} and {url} filled in.
std::vector<std::string> filled_in(std::vector<std::string> command, const std::string& port, const std::string& url);

// The command with the words that its framework needs: for the socket on descriptor 3, or for the port.
std::vector<std::string> with_socket(std::vector<std::string> command, const Recognised& recognised);
std::vector<std::string> with_port(std::vector<std::string> command, const Recognised& recognised,
                                   const std::string& port);

}  // namespace portd::client
