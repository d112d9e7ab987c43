#include "client/portc.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <array>
#include <utility>

#include "client/commands/commands.hpp"
#include "client/first_look.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

// The one table of verbs, in the order of --help.
auto all_verbs() {
  return std::to_array<Verb>(
      {run_verb(),  port_verb(),   url_verb(),    env_verb(),     allocate_verb(), release_verb(),  ls_verb(),
       who_verb(),  free_verb(),   adopt_verb(),  prune_verb(),   register_verb(), discover_verb(), health_verb(),
       wait_verb(), graph_verb(),  events_verb(), history_verb(), stats_verb(),    top_verb(),      maintenance_verb(),
       init_verb(), config_verb(), trust_verb(),  untrust_verb(), daemon_verb(),   alerts_verb(),   doctor_verb()});
}

constexpr const char* footer =
    "The daemon is found by --url or PORTD_URL, --socket or PORTD_SOCKET, else by its endpoint.json; when none runs,\n"
    "portd is started (not with PORTD_AUTOSTART=0).\n"
    "\n"
    "Exit codes: 0 yes, 1 no, 2 usage, 3 not found, 4 conflict, 69 no daemon, 77 not allowed, 78 configuration\n"
    "\n"
    "Examples:\n"
    "  portc port                  the port of the service in this folder\n"
    "  portc url api               the URL of another service of this project\n"
    "  portc VERB --help           more about a verb";

void add_common_flags(CLI::App& app, CommonFlags& flags) {
  app.add_flag("--json", flags.json, "Print JSON, as portd sent it")->group("Common");
  auto* url = app.add_option("--url", flags.endpoint.url, "portd to talk to, e.g. http://localhost:7700");
  auto* socket = app.add_option("--socket", flags.endpoint.socket, "Unix socket of the portd to talk to");
  url->group("Common")->excludes(socket);
  socket->group("Common");
}

// A verb whose options are declared.
struct DeclaredVerb {
  CLI::App* parser;
  Run run;
  bool runs_command;
  bool follows;
};

// A command line being read: which verb it names and what that does.
class CommandLine {
 public:
  CommandLine() : app_("portc: one port for each service, the same one next week", "portc") {
    app_.set_version_flag("--version", "portc " PORTD_VERSION);
    app_.footer(footer);
    app_.require_subcommand(0, 1);
    add_common_flags(app_, flags_);
    for (const Verb& verb : all_verbs()) add(verb);
  }

  void parse(std::vector<std::string> arguments) {
    cut_off_command(arguments);
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 takes a vector
    app_.parse(std::move(arguments));
  }

  // Nothing when no verb was given.
  const DeclaredVerb* verb() const { return parsed_verb(); }

  // Help and version go to `out`, mistakes to `err`.
  Exit explain(const CLI::ParseError& error, std::ostream& out, std::ostream& err) const {
    if (error.get_exit_code() == 0) {
      app_.exit(error, out, err);
      return Exit::yes;
    }
    err << "portc: " << (named_verb().empty() ? unknown_verb(error) : std::string(error.what())) << "\n"
        << "see: portc" << named_verb() << " --help\n";
    const auto* verb = parsed_verb();
    return verb != nullptr && verb->runs_command ? Exit::own_failure : Exit::usage;
  }

  std::string help() const { return app_.help(); }
  const CommonFlags& flags() const { return flags_; }

 private:
  void add(const Verb& verb) {
    CLI::App* parser = app_.add_subcommand(std::string(verb.name), std::string(verb.summary));
    parser->footer(std::string(verb.examples));
    add_common_flags(*parser, flags_);
    verbs_.push_back({parser, verb.declare(*parser), verb.runs_command, verb.follows});
  }

  const DeclaredVerb* find(const std::string& name) const {
    const auto found =
        std::ranges::find_if(verbs_, [&name](const DeclaredVerb& verb) { return verb.parser->get_name() == name; });
    return found == verbs_.end() ? nullptr : &*found;
  }

  const DeclaredVerb* parsed_verb() const {
    const auto found = std::ranges::find_if(verbs_, [](const DeclaredVerb& verb) { return verb.parser->parsed(); });
    return found == verbs_.end() ? nullptr : &*found;
  }

  std::string named_verb() const {
    const auto* verb = parsed_verb();
    return verb == nullptr ? "" : " " + verb->parser->get_name();
  }

  // CLI11 would read on behind `--`.
  void cut_off_command(std::vector<std::string>& arguments) {
    const auto dashes = std::ranges::find(arguments, "--");
    const auto verb = std::find_if(arguments.begin(), dashes, [this](const std::string& word) { return find(word); });
    if (dashes == arguments.end() || verb == dashes || !find(*verb)->runs_command) return;
    flags_.command.assign(std::next(dashes), arguments.end());
    arguments.erase(dashes, arguments.end());
  }

  std::string unknown_verb(const CLI::ParseError& error) const {
    const auto rest = app_.remaining();
    if (rest.empty() || rest.front().starts_with('-')) return error.what();
    std::vector<std::string_view> names;
    for (const Verb& verb : all_verbs()) names.push_back(verb.name);
    return "there is no verb " + in_quotes(rest.front()) + did_you_mean(rest.front(), names);
  }

  CLI::App app_;
  CommonFlags flags_;
  std::vector<DeclaredVerb> verbs_;
};

Exit run_verb(const DeclaredVerb& verb, const CommonFlags& flags, std::ostream& out, std::ostream& err,
              const Environment& environment) {
  Session session(environment, flags, out, err);
  const auto outcome = verb.run(session);
  if (outcome && !verb.runs_command && !verb.follows) take_first_look(session);
  if (outcome) return *outcome;
  session.fail(outcome.error());
  return outcome.error().exit;
}

Exit run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
         const Environment& environment) {
  CommandLine line;
  try {
    line.parse(arguments);
  } catch (const CLI::ParseError& error) {
    return line.explain(error, out, err);
  }
  if (const DeclaredVerb* verb = line.verb()) return run_verb(*verb, line.flags(), out, err, environment);
  out << line.help();
  return Exit::yes;
}

}  // namespace

int run_portc(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err,
              const Environment& environment) {
  try {
    return static_cast<int>(run(arguments, out, err, environment));
  } catch (const std::exception& error) {
    err << "portc: " << error.what() << "; this is a bug of portc\n";
    return static_cast<int>(Exit::no);
  }
}

}  // namespace portd::client
