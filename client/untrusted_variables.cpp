#include "client/untrusted_variables.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "client/trust.hpp"

namespace portd::client {
namespace {

// Variables by which whoever sets them runs programs of his own, decides which ones run or whom they talk to, or opens
// a port that portc has closed. Windows and some tools do not tell capitals apart.
bool decides_what_runs(std::string_view as_written) {
  static constexpr std::array<std::string_view, 14> whole{"PATH",    "BASH_ENV",       "ENV",    "IFS",      "SHELL",
                                                          "PS4",     "EDITOR",         "VISUAL", "PAGER",    "BROWSER",
                                                          "RUBYOPT", "PROMPT_COMMAND", "HOME",   "CLASSPATH"};
  static constexpr std::array<std::string_view, 27> families{
      "LD_",       "DYLD_", "PYTHON", "GIT_", "PERL",    "PORTD_",   "GUNICORN_",  "UVICORN_",    "WERKZEUG_",
      "FLASK_APP", "JAVA_", "_JAVA",  "JDK_", "DOTNET_", "NODE_",    "RUBYLIB",    "GEM_",        "BUNDLE_",
      "NPM_",      "XDG_",  "SSL_",   "UV_",  "PIP_",    "CORECLR_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"};
  std::string name(as_written);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return std::ranges::find(whole, name) != whole.end() ||
         std::ranges::any_of(families, [&name](std::string_view family) { return name.starts_with(family); });
}

}  // namespace

Outcome<void> refuse_untrusted(const config::ProjectService& service, const config::Project& project,
                               const Environment& environment) {
  const auto found =
      std::ranges::find_if(service.env, [](const auto& variable) { return decides_what_runs(variable.first); });
  if (found == service.env.end()) return {};
  const auto trusted = Trust(environment.paths()).covers(project);
  if (!trusted) return trusted.error();
  if (*trusted) return {};
  return Failure{Exit::not_allowed, project.file.string() + " sets " + found->first +
                                        ", which decides what programs run, and is not trusted; read it, then: portc "
                                        "trust"};
}

}  // namespace portd::client
