#include "client/untrusted_variables.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "client/trust.hpp"

namespace portd::client {
namespace {

// Variables by which whoever sets them runs programs of his own, or decides which ones run.
bool decides_what_runs(std::string_view name) {
  static constexpr std::array<std::string_view, 13> whole{
      "PATH",   "BASH_ENV", "ENV",     "IFS",          "SHELL",   "PS4",           "EDITOR",
      "VISUAL", "PAGER",    "BROWSER", "NODE_OPTIONS", "RUBYOPT", "PROMPT_COMMAND"};
  static constexpr std::array<std::string_view, 6> families{"LD_", "DYLD_", "PYTHON", "GIT_", "PERL", "PORTD_"};
  return std::ranges::find(whole, name) != whole.end() ||
         std::ranges::any_of(families, [name](std::string_view family) { return name.starts_with(family); });
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
