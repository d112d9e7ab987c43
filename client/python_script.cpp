#include "client/python_script.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "common/file.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_script = 1'048'576;
constexpr std::array<std::string_view, 2> werkzeug_modules{"flask", "werkzeug"};
constexpr std::array<std::string_view, 9> other_servers{"waitress", "uvicorn", "hypercorn", "gevent", "eventlet",
                                                        "tornado",  "cheroot", "bjoern",    "wsgiref"};

// What its lines say, comments left out.
struct Script {
  std::vector<std::string> modules;  // imported, without their submodules
  bool runs = false;
};

std::string first_part(const std::string& module) { return module.substr(0, module.find_first_of(".,;")); }

// app.run(...), but not subprocess.run(...).
bool calls_run(std::string_view line) {
  const std::size_t call = line.find(".run(");
  if (call == std::string_view::npos) return false;
  const std::string_view object = line.substr(0, call);
  return !object.ends_with("subprocess") && !object.ends_with("asyncio");
}

// `a.b as c, d`: what an import names.
void read_names(std::istream& names, Script& script) {
  for (std::string name; std::getline(names, name, ',');) {
    std::istringstream words(name);
    std::string module;
    if (words >> module) script.modules.push_back(first_part(module));
  }
}

void read_statement(const std::string& statement, Script& script) {
  std::istringstream words(statement);
  std::string keyword, module, import;
  words >> keyword;
  if (keyword == "import") return read_names(words, script);
  if (keyword != "from") return;
  words >> module;
  if (module == ".") {
    words >> import;
    return read_names(words, script);
  }
  // `from .app import app`: of the package that the script is in.
  script.modules.push_back(first_part(module.starts_with('.') ? module.substr(1) : module));
}

void read_line(const std::string& line, Script& script) {
  std::istringstream statements(line.substr(0, line.find('#')));
  for (std::string statement; std::getline(statements, statement, ';');) read_statement(statement, script);
  script.runs |= calls_run(line) || line.find("run_simple(") != std::string::npos;
}

std::optional<Script> read_script(const fs::path& path) {
  const auto content = read_file(path, largest_script);
  if (!content) return std::nullopt;
  Script script;
  std::istringstream lines(*content);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('#')) read_line(line, script);
  }
  return script;
}

template <std::size_t N>
bool imports(const Script& script, const std::array<std::string_view, N>& modules) {
  return std::ranges::any_of(
      script.modules, [&](const std::string& each) { return std::ranges::find(modules, each) != modules.end(); });
}

// The module of that name beside the script.
std::optional<Script> beside(const fs::path& script, const std::string& module) {
  if (module.empty() || module.find('/') != std::string::npos) return std::nullopt;
  const fs::path folder = script.parent_path();
  if (auto found = read_script(folder / (module + ".py"))) return found;
  return read_script(folder / module / "__init__.py");
}

}  // namespace

bool serves_with_werkzeug(const fs::path& path) {
  const auto script = read_script(path);
  if (!script || !script->runs || imports(*script, other_servers)) return false;
  bool found = imports(*script, werkzeug_modules);
  for (const std::string& module : script->modules) {
    const auto imported = beside(path, module);
    if (!imported) continue;
    if (imports(*imported, other_servers)) return false;
    found |= imports(*imported, werkzeug_modules);
  }
  return found;
}

}  // namespace portd::client
