#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "client/environment.hpp"

namespace portd::client {

// How a server gets its port.
enum class Framework {
  werkzeug,  // flask run, python app.py with Flask in it
  gunicorn,
  uvicorn,
  hypercorn,
  vite,
  django,
  streamlit,
  jupyter,
  waitress,
  http_server,  // python -m http.server
  unknown,      // by PORT
};

// What a command line starts, by the program's name, the module behind `python -m`, or what a Python script imports.
// `npx`, `uv run`, `poetry run`, `pipenv run` and `env` are looked through.
Framework framework_of(const std::vector<std::string>& command, const std::filesystem::path& folder);

// Whether it can take a socket that already listens.
bool takes_socket(Framework framework);

// The command with {port} and {url} filled in, and with the flag that the framework needs to hear of the port, unless
// the command line states one.
std::vector<std::string> with_port(std::vector<std::string> command, Framework framework, const std::string& port,
                                   const std::string& url);

// The command with the flag that the framework needs to serve on descriptor 3.
std::vector<std::string> with_socket(std::vector<std::string> command, Framework framework);

}  // namespace portd::client
