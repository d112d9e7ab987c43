#include "client/framework.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "common/file.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, Framework>, 12> programs{{{"flask", Framework::werkzeug},
                                                                           {"gunicorn", Framework::gunicorn},
                                                                           {"uvicorn", Framework::uvicorn},
                                                                           {"fastapi", Framework::unknown},
                                                                           {"hypercorn", Framework::hypercorn},
                                                                           {"vite", Framework::vite},
                                                                           {"django-admin", Framework::django},
                                                                           {"streamlit", Framework::streamlit},
                                                                           {"jupyter", Framework::jupyter},
                                                                           {"jupyter-lab", Framework::jupyter},
                                                                           {"waitress-serve", Framework::waitress},
                                                                           {"http.server", Framework::http_server}}};

std::string name_of(const std::string& program) { return fs::path(program).filename().string(); }

bool is_python(const std::string& name) { return name.starts_with("python") || name.starts_with("pypy"); }

Framework by_name(const std::string& name) {
  const auto found = std::ranges::find(programs, name, [](const auto& row) { return std::string(row.first); });
  return found == programs.end() ? Framework::unknown : found->second;
}

// What runs another command: how many words it takes for itself.
std::size_t words_of_wrapper(std::span<const std::string> command) {
  const std::string name = name_of(command[0]);
  if (name == "npx" || name == "exec") return 1;
  if (name == "env") {
    std::size_t words = 1;
    while (words < command.size() && command[words].find('=') != std::string::npos) ++words;
    return words;
  }
  const bool runs = command.size() > 1 && command[1] == "run";
  return runs && (name == "uv" || name == "poetry" || name == "pipenv" || name == "pdm" || name == "hatch") ? 2 : 0;
}

bool mentions(const std::string& text, std::string_view word) { return text.find(word) != std::string::npos; }

// A script says by its imports what serves it.
Framework of_script(const fs::path& script) {
  if (script.filename() == "manage.py") return Framework::django;
  constexpr std::size_t largest = 1'048'576;
  const auto content = read_file(script, largest);
  if (!content) return Framework::unknown;
  const bool other_server = mentions(*content, "waitress") || mentions(*content, "uvicorn") ||
                            mentions(*content, "hypercorn") || mentions(*content, "SocketIO") ||
                            mentions(*content, "gevent") || mentions(*content, "eventlet");
  const bool flask = mentions(*content, "Flask(") || mentions(*content, "from flask") || mentions(*content, "werkzeug");
  return flask && !other_server && mentions(*content, ".run(") ? Framework::werkzeug : Framework::unknown;
}

Framework of_python(std::span<const std::string> arguments, const fs::path& folder) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "-m") return i + 1 < arguments.size() ? by_name(arguments[i + 1]) : Framework::unknown;
    if (word == "-c") return Framework::unknown;
    if (word == "-W" || word == "-X") {
      ++i;
    } else if (!word.starts_with('-')) {
      return of_script(folder / word);
    }
  }
  return Framework::unknown;
}

bool states(const std::vector<std::string>& command, std::initializer_list<std::string_view> flags) {
  return std::ranges::any_of(command, [&flags](const std::string& word) {
    return std::ranges::any_of(
        flags, [&word](std::string_view flag) { return word == flag || word.starts_with(std::string(flag) + "="); });
  });
}

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

void append(std::vector<std::string>& command, std::initializer_list<std::string> words) {
  command.insert(command.end(), words);
}

void insert_behind(std::vector<std::string>& command, std::string_view program, std::string word) {
  const auto found =
      std::ranges::find_if(command, [program](const std::string& each) { return each.ends_with(program); });
  if (found != command.end()) command.insert(std::next(found), std::move(word));
}

}  // namespace

Framework framework_of(const std::vector<std::string>& command, const fs::path& folder) {
  std::span<const std::string> rest(command);
  while (!rest.empty()) {
    const std::size_t wrapper = words_of_wrapper(rest);
    if (wrapper == 0) break;
    rest = rest.subspan(std::min(wrapper, rest.size()));
  }
  if (rest.empty()) return Framework::unknown;
  const std::string name = name_of(rest[0]);
  return is_python(name) ? of_python(rest.subspan(1), folder) : by_name(name);
}

bool takes_socket(Framework framework) {
  return framework == Framework::werkzeug || framework == Framework::gunicorn || framework == Framework::uvicorn ||
         framework == Framework::hypercorn;
}

std::vector<std::string> with_port(std::vector<std::string> command, Framework framework, const std::string& port,
                                   const std::string& url) {
  for (std::string& word : command) {
    replace_all(word, "{port}", port);
    replace_all(word, "{url}", url);
  }
  switch (framework) {
    case Framework::vite:
      if (!states(command, {"--port"})) append(command, {"--port", port, "--strictPort"});
      break;
    case Framework::streamlit:
      if (!states(command, {"--server.port"})) append(command, {"--server.port", port});
      break;
    case Framework::jupyter:
      if (!states(command, {"--port"})) append(command, {"--port", port, "--ServerApp.port_retries=0"});
      break;
    case Framework::waitress:
      if (!states(command, {"--port", "--listen", "--unix-socket"})) {
        insert_behind(command, "waitress-serve", "--listen=127.0.0.1:" + port);
      }
      break;
    case Framework::django:
      // `runserver` takes the port as its last word, unless one is there.
      if (!command.empty() && command.back() == "runserver") append(command, {port});
      break;
    case Framework::http_server:
      if (!command.empty() && command.back() == "http.server") append(command, {port});
      break;
    case Framework::werkzeug:
    case Framework::gunicorn:
    case Framework::uvicorn:
    case Framework::hypercorn:
    case Framework::unknown:
      break;
  }
  return command;
}

std::vector<std::string> with_socket(std::vector<std::string> command, Framework framework) {
  if (framework == Framework::hypercorn && !states(command, {"--bind", "-b"})) append(command, {"--bind", "fd://3"});
  return command;
}

}  // namespace portd::client
