#include "client/framework.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <sstream>

#include "client/python_script.hpp"
#include "common/file.hpp"
#include "common/json.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

// The one table of servers that portc knows; tests/e2e/test_run_frameworks.py starts each of them but Streamlit.
constexpr std::array<Framework, 13> frameworks{{
    {.name = "flask",
     .socket = SocketWay::werkzeug,
     .ports = {"-p", "--port"},
     .hosts = {"-h", "--host"},
     .tls = {"--cert", "--key"}},
    {.name = "gunicorn", .socket = SocketWay::gunicorn, .ports = {"--bind", "-b"}, .tls = {"--certfile", "--keyfile"}},
    {.name = "uvicorn",
     .socket = SocketWay::uvicorn,
     .ports = {"--port"},
     .hosts = {"--host"},
     .others = {"--fd", "--uds"},
     .tls = {"--ssl-certfile", "--ssl-keyfile"}},
    {.name = "hypercorn",
     .socket = SocketWay::bind_flag,
     .ports = {"--bind", "-b"},
     .port_words = {"--bind", "127.0.0.1:{port}"},
     .tls = {"--certfile", "--keyfile"}},
    {.name = "fastapi", .ports = {"--port"}, .port_words = {"--port", "{port}"}},
    {.name = "waitress-serve",
     .ports = {"--listen", "--port"},
     .others = {"--unix-socket"},
     .port_words = {"--listen=127.0.0.1:{port}"},
     .place = WordPlace::behind_program},
    {.name = "waitress",
     .ports = {"--listen", "--port"},
     .others = {"--unix-socket"},
     .port_words = {"--listen=127.0.0.1:{port}"},
     .place = WordPlace::behind_program},
    {.name = "django", .port_words = {"{port}"}, .place = WordPlace::behind_anchor, .anchor = "runserver"},
    {.name = "streamlit", .ports = {"--server.port"}, .port_words = {"--server.port", "{port}"}},
    {.name = "jupyter", .ports = {"--port"}, .port_words = {"--port={port}", "--ServerApp.port_retries=0"}},
    {.name = "jupyter-lab", .ports = {"--port"}, .port_words = {"--port={port}", "--ServerApp.port_retries=0"}},
    {.name = "http.server", .port_words = {"{port}"}, .place = WordPlace::behind_anchor, .anchor = "http.server"},
    {.name = "vite", .ports = {"--port"}, .port_words = {"--port", "{port}", "--strictPort"}},
}};

using CommandWords = std::span<const std::string>;

std::string name_of(const std::string& program) { return fs::path(program).filename().string(); }

std::optional<Framework> by_name(const std::string& name) {
  const auto* found = std::ranges::find(frameworks, name, &Framework::name);
  if (found == frameworks.end()) return std::nullopt;
  return *found;
}

bool is_one_of(const std::string& name, std::initializer_list<std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

// What runs another command: how many words it takes for itself; 0: it is no such program.
std::size_t words_of_wrapper(CommandWords command) {
  const std::string name = name_of(command[0]);
  if (is_one_of(name, {"npx", "exec", "nohup"})) return 1;
  if (name == "env") {
    std::size_t words = 1;
    while (words < command.size() && command[words].find('=') != std::string::npos) ++words;
    return words;
  }
  if (command.size() < 2) return 0;
  const bool runs = is_one_of(name, {"uv", "poetry", "pipenv", "pdm", "hatch"}) && command[1] == "run";
  const bool executes = is_one_of(name, {"npm", "pnpm", "yarn", "bun"}) && is_one_of(command[1], {"exec", "x", "dlx"});
  if (!runs && !executes) return 0;
  return command.size() > 2 && command[2] == "--" ? 3 : 2;
}

bool is_python(const std::string& name) { return name.starts_with("python") || name.starts_with("pypy"); }

Framework of_script(const fs::path& script) {
  if (script.filename() == "manage.py") return by_name("django").value();
  return serves_with_werkzeug(script) ? Framework{.name = "flask", .socket = SocketWay::werkzeug} : Framework{};
}

// `python -m MODULE`: a server's own, or one that lies in the folder.
Framework of_module(const std::string& module, const fs::path& folder) {
  if (const auto server = by_name(module)) return *server;
  if (module.find('/') != std::string::npos) return {};
  std::string path = module;
  std::ranges::replace(path, '.', '/');
  std::error_code error;
  const fs::path file = folder / (path + ".py");
  return of_script(fs::exists(file, error) ? file : folder / path / "__main__.py");
}

// `python WORDS`.
Recognised of_python(CommandWords words, const fs::path& folder) {
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "-m" && i + 1 < words.size()) return {of_module(words[i + 1], folder), i + 1};
    if (word == "-m" || word == "-c") break;
    if (word == "-W" || word == "-X") {
      ++i;
    } else if (!word.starts_with('-')) {
      return {of_script(folder / word), i};
    }
  }
  return {};
}

std::vector<std::string> split(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// The script of package.json that `npm run NAME` and the like mean.
std::optional<std::string> package_script(CommandWords command, const fs::path& folder) {
  if (command.size() < 2 || !is_one_of(name_of(command[0]), {"npm", "pnpm", "yarn", "bun"})) return std::nullopt;
  const bool elsewhere = std::ranges::any_of(command, [](const std::string& word) {
    return is_one_of(word.substr(0, word.find('=')),
                     {"-w", "--workspace", "--prefix", "--filter", "-F", "-C", "--cwd"});
  });
  if (elsewhere) return std::nullopt;
  const bool named = is_one_of(command[1], {"run", "run-script"});
  if (named && command.size() < 3) return std::nullopt;
  constexpr std::size_t largest_package = 1'048'576;
  const auto content = read_file(folder / "package.json", largest_package);
  const auto package = content ? parse_json(*content) : content.error();
  if (!package || !package->is_object() || !package->contains("scripts")) return std::nullopt;
  const Json& scripts = package->at("scripts");
  const auto script = scripts.is_object() ? scripts.find(named ? command[2] : command[1]) : scripts.end();
  if (script == scripts.end() || !script->is_string()) return std::nullopt;
  return script->get<std::string>();
}

// A server behind a package script hears of its port by words at the end; node hands no descriptor on.
Recognised of_package_script(const std::string& script, CommandWords command, const fs::path& folder) {
  std::vector<std::string> words = split(script);
  std::erase_if(words,
                [](const std::string& word) { return word == "cross-env" || word.find('=') != std::string::npos; });
  // One script that calls another is as far as this goes: two may call each other.
  const bool calls_another = !words.empty() && package_script(words, folder);
  Recognised recognised = words.empty() || calls_another ? Recognised{} : recognise(words, folder);
  if (states_address(words, recognised) || recognised.framework.place != WordPlace::end) recognised = {};
  recognised.framework.socket = SocketWay::none;
  recognised.framework.place = WordPlace::behind_script;
  recognised.program = 0;
  recognised.behind_dashes = name_of(command[0]) == "npm" && std::ranges::find(command, "--") == command.end();
  return recognised;
}

Recognised of_words(CommandWords words, const fs::path& folder) {
  if (const auto script = package_script(words, folder)) return of_package_script(*script, words, folder);
  const std::string name = name_of(words[0]);
  if (is_python(name)) return of_python(words, folder);
  if (name.ends_with(".py")) return {of_script(folder / words[0]), 0};
  return {by_name(name == "django-admin" ? "django" : name).value_or(Framework{}), 0};
}

// What the program itself is told.
CommandWords words_behind_program(const std::vector<std::string>& command, const Recognised& recognised) {
  return CommandWords(command).subspan(std::min(recognised.program + 1, command.size()));
}

bool states(CommandWords words, std::string_view flag) {
  return std::ranges::any_of(words, [flag](const std::string& word) {
    return word == flag || word.starts_with(std::string(flag) + "=") || (flag.size() == 2 && word.starts_with(flag));
  });
}

template <std::size_t N>
bool states_any(CommandWords words, const std::array<std::string_view, N>& flags) {
  return std::ranges::any_of(flags, [words](std::string_view flag) { return !flag.empty() && states(words, flag); });
}

// What the last of these flags is given.
template <std::size_t N>
std::optional<std::string> value_of(CommandWords words, const std::array<std::string_view, N>& flags) {
  std::optional<std::string> value;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    for (const std::string_view flag : flags) {
      if (flag.empty() || !word.starts_with(flag)) continue;
      const std::string rest = word.substr(flag.size());
      if (rest.empty() && i + 1 < words.size()) value = words[i + 1];
      if (rest.starts_with('=')) value = rest.substr(1);
      if (flag.size() == 2 && !rest.empty() && !rest.starts_with('=')) value = rest;
    }
  }
  return value;
}

std::string port_part(const std::string& address) { return address.substr(address.rfind(':') + 1); }

// `20100`, `0.0.0.0:20100` or `[::1]:20100`; `::1` has no port.
bool is_address(const std::string& word) {
  const std::string port = port_part(word);
  if (port.empty() || !std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; })) return false;
  const std::string host = word.substr(0, word.size() - port.size());
  return host.empty() || host.find(':') == host.size() - 1 || host.ends_with("]:");
}

// Of Django's runserver and of http.server: what follows is no address.
bool takes_value(std::string_view word) {
  constexpr std::array<std::string_view, 10> flags{"-v", "--verbosity", "--settings", "--pythonpath", "-b", "--bind",
                                                   "-d", "--directory", "-p",         "--protocol"};
  return std::ranges::find(flags, word) != flags.end();
}

// The address among the words behind the anchor.
std::optional<std::string> address_behind(std::string_view anchor, CommandWords command) {
  const auto found = std::ranges::find(command, anchor);
  bool is_value = true;  // of the anchor, or of an option: no address
  for (const std::string& word : std::ranges::subrange(found, command.end())) {
    if (!is_value && is_address(word)) return word;
    is_value = !is_value && takes_value(word);
  }
  return std::nullopt;
}

void replace_all(std::string& text, std::string_view what, const std::string& with) {
  std::size_t from = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, from)) {
    const bool of_a_shell = at > 0 && text[at - 1] == '$';  // ${port}
    if (!of_a_shell) text.replace(at, what.size(), with);
    from = at + (of_a_shell ? what.size() : with.size());
  }
}

// Where the program's own words end: before a `--`.
std::size_t own_end(const std::vector<std::string>& command, const Recognised& recognised) {
  const CommandWords words = words_behind_program(command, recognised);
  const auto behind = std::distance(std::ranges::find(words, "--"), words.end());
  return command.size() - static_cast<std::size_t>(behind);
}

// Where the words of a framework belong; nothing where they cannot be put.
std::optional<std::size_t> place_of(const std::vector<std::string>& command, const Recognised& recognised) {
  switch (recognised.framework.place) {
    case WordPlace::end:
      return own_end(command, recognised);
    case WordPlace::behind_script:
      return command.size();
    case WordPlace::behind_program:
      return recognised.program + 1;
    case WordPlace::behind_anchor:
      break;
  }
  const auto anchor = std::ranges::find(command, recognised.framework.anchor);
  if (anchor == command.end() || address_behind(recognised.framework.anchor, command)) return std::nullopt;
  return static_cast<std::size_t>(std::distance(command.begin(), anchor)) + 1;
}

}  // namespace

Recognised recognise(const std::vector<std::string>& command, const fs::path& folder) {
  std::size_t at = 0;
  while (at < command.size()) {
    const std::size_t wrapper = words_of_wrapper(CommandWords(command).subspan(at));
    if (wrapper == 0) break;
    at += wrapper;
  }
  if (at >= command.size()) return {};
  Recognised recognised = of_words(CommandWords(command).subspan(at), folder);
  recognised.program += at;
  return recognised;
}

bool states_address(const std::vector<std::string>& command, const Recognised& recognised) {
  const CommandWords words = words_behind_program(command, recognised);
  const Framework& framework = recognised.framework;
  return states_any(words, framework.ports) || states_any(words, framework.hosts) ||
         states_any(words, framework.others);
}

std::optional<Port> stated_port(const std::vector<std::string>& command, const Recognised& recognised) {
  const CommandWords words = words_behind_program(command, recognised);
  std::optional<std::string> address = value_of(words, recognised.framework.ports);
  if (recognised.framework.place == WordPlace::behind_anchor) {
    address = address_behind(recognised.framework.anchor, command);
  }
  const auto port = Port::parse(address ? port_part(*address) : "");
  return port ? std::optional(*port) : std::nullopt;
}

std::optional<std::string> stated_host(const std::vector<std::string>& command, const Recognised& recognised) {
  const CommandWords words = words_behind_program(command, recognised);
  const Framework& framework = recognised.framework;
  if (states_any(words, framework.ports) || states_any(words, framework.others)) return std::nullopt;
  return value_of(words, framework.hosts);
}

bool speaks_tls(const std::vector<std::string>& command, const Recognised& recognised) {
  return states_any(words_behind_program(command, recognised), recognised.framework.tls);
}

std::vector<std::string> filled_in(std::vector<std::string> command, const std::string& port, const std::string& url) {
  for (std::string& word : command) {
    replace_all(word, "{port}", port);
    replace_all(word, "{url}", url);
  }
  return command;
}

std::vector<std::string> with_socket(std::vector<std::string> command, const Recognised& recognised) {
  if (recognised.framework.socket != SocketWay::bind_flag) return command;
  const auto end = static_cast<std::ptrdiff_t>(own_end(command, recognised));
  command.insert(command.begin() + end, {"--bind", "fd://3"});
  return command;
}

std::vector<std::string> with_port(std::vector<std::string> command, const Recognised& recognised,
                                   const std::string& port) {
  if (states_address(command, recognised)) return command;
  std::vector<std::string> words;
  if (recognised.behind_dashes) words.emplace_back("--");
  for (const std::string_view word : recognised.framework.port_words) {
    if (word.empty()) continue;
    replace_all(words.emplace_back(word), "{port}", port);
  }
  const auto place = place_of(command, recognised);
  if (!place || recognised.framework.port_words[0].empty()) return command;
  command.insert(command.begin() + static_cast<std::ptrdiff_t>(*place), words.begin(), words.end());
  return command;
}

}  // namespace portd::client
