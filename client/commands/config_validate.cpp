#include <algorithm>
#include <memory>
#include <set>

#include "client/config_actions.hpp"
#include "client/config_file.hpp"
#include "common/file.hpp"
#include "config/source_text.hpp"

namespace portd::client {
namespace {

struct ValidateOptions {
  ConfigOptions config;
  std::string file;
  bool fix = false;
  bool remove = false;
};

// A file with any key of a project is a project's; the others are portd's.
config::Scope scope_of(const std::string& name, const std::string& content) {
  const config::Value root = parse({name, config::Scope::project, content}).root;
  const bool project = std::ranges::any_of(
      root.children, [](const config::Value& child) { return config::in_scope(child.name, config::Scope::project); });
  return project ? config::Scope::project : config::Scope::daemon;
}

Outcome<std::vector<config::Mistake>> mistakes_in(const std::filesystem::path& path, const ValidateOptions& options,
                                                  const Environment& environment) {
  auto file = read_config_file(path, config::Scope::daemon);
  if (!file) return file.error();
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return Failure{Exit::configuration, "there is no file " + path.string()};
  }
  file->scope = scope_of(path.string(), file->content);
  return check(*file, file->content, options.config, environment);
}

// Everything that holds here: portd's files and the project's.
Outcome<std::vector<config::Mistake>> mistakes_here(const ValidateOptions& options, const Environment& environment) {
  std::vector<config::Mistake> mistakes = load_daemon(options.config, environment).mistakes;
  const auto sources = sources_here(options.config, environment);
  if (!sources) return sources.error();
  if (!*sources) return mistakes;
  for (config::Mistake& mistake : config::load_project(**sources).mistakes) mistakes.push_back(std::move(mistake));
  return mistakes;
}

Outcome<std::vector<config::Mistake>> all_mistakes(const ValidateOptions& options, const Environment& environment) {
  if (options.file.empty()) return mistakes_here(options, environment);
  return mistakes_in((environment.folder / options.file).lexically_normal(), options, environment);
}

std::string mended(const config::Mistake& mistake) {
  return config::apply(mistake.source->content, mistake.fix->edits);
}

// One mistake of a file that can be mended; a fix may make another one possible, or needless. The edits of some change
// nothing: those are for a person.
const config::Mistake* mendable(const std::vector<config::Mistake>& mistakes, const ValidateOptions& options) {
  const auto found = std::ranges::find_if(mistakes, [&options](const config::Mistake& mistake) {
    return mistake.fix.has_value() && mistake.severity == config::Mistake::Severity::error &&
           (options.remove || !mistake.fix->removes) && mended(mistake) != mistake.source->content;
  });
  return found == mistakes.end() ? nullptr : &*found;
}

// Writes the files that are mended; what each had before the first fix stays beside it.
class Mending {
 public:
  explicit Mending(Session& session) : session_(session) {}

  Outcome<void> mend(const config::Mistake& mistake) {
    const std::filesystem::path path = mistake.source->name;
    const auto now = read_file(path, config::largest_document);
    if (!now || *now != mistake.source->content) {
      return Failure{Exit::conflict, path.string() + " was changed meanwhile; try again"};
    }
    const config::Scope scope = scope_of(path.string(), mistake.source->content);
    const bool first = written_.insert(path).second;
    auto written = write_config_file(path, scope, mended(mistake), first ? Previous::kept : Previous::dropped);
    if (written) session_.note(mistake.where() + ": " + mistake.key + ": " + mistake.fix->title);
    return written;
  }

 private:
  Session& session_;
  std::set<std::filesystem::path> written_;
};

// What `load_project` resolved a link to is not written: the folder's own file has to be the file.
Outcome<void> refuse_links(const ValidateOptions& options, const Environment& environment) {
  const auto sources = sources_here(options.config, environment);
  std::error_code ignored;
  if (!sources || !*sources || !std::filesystem::is_symlink((*sources)->file, ignored)) return {};
  return Failure{Exit::not_allowed,
                 (*sources)->file.string() + " is a symbolic link; mend the file that it leads to by hand"};
}

Outcome<Exit> validate(Session& session, const ValidateOptions& options) {
  constexpr int most_fixes = 1000;
  auto mistakes = all_mistakes(options, session.environment());
  if (options.fix) {
    if (auto allowed = refuse_links(options, session.environment()); !allowed) return allowed.error();
    const FileLock lock = lock_configuration(session.environment());
    Mending mending(session);
    for (int fixes = 0; mistakes && mendable(*mistakes, options) != nullptr && fixes < most_fixes; ++fixes) {
      if (auto done = mending.mend(*mendable(*mistakes, options)); !done) return done.error();
      mistakes = all_mistakes(options, session.environment());
    }
  }
  if (!mistakes) return mistakes.error();
  return print_mistakes(session, *mistakes);
}

Run declare_config_validate(CLI::App& app) {
  const auto options = std::make_shared<ValidateOptions>();
  add_config_options(app, options->config);
  app.add_option("FILE", options->file, "Only this file (default: all that hold here)");
  auto* fix = app.add_flag("--fix", options->fix, "Put right what can be put right, in the files");
  app.add_flag("--remove", options->remove, "With --fix: take out what cannot be put right")->needs(fix);
  return [options](Session& session) { return validate(session, *options); };
}

}  // namespace

Verb config_validate_action() {
  return {"validate", "Check the configuration; every mistake with its place and what would mend it",
          "Exit 78 when there is an error; warnings alone are 0. With --json every mistake has a `fix`: edits by line\n"
          "and column, which may all be made at once; `removes` tells those that take something out. --fix makes the\n"
          "others, and keeps what was there before as FILE~.\n"
          "\n"
          "Examples:\n"
          "  portc config validate\n"
          "  portc config validate portd.yaml --json | jq '.mistakes[].fix'\n"
          "  portc config validate --fix",
          declare_config_validate};
}

}  // namespace portd::client
