#include <stdlib.h>
#include <unistd.h>

#include <iostream>
#include <memory>

#include "client/config_actions.hpp"
#include "client/config_file.hpp"
#include "client/editor.hpp"
#include "common/file.hpp"

namespace portd::client {
namespace {

namespace fs = std::filesystem;

struct EditOptions {
  ConfigOptions config;
  std::string file;
  bool project = false;
};

Outcome<ConfigFile> file_to_edit(const EditOptions& options, const Environment& environment) {
  return file_for({options.project ? "services" : "ports"}, options.file, options.config, environment);
}

// What a first look at an empty file shows.
std::string start_of(const ConfigFile& file) {
  if (!file.content.empty() || file.scope == config::Scope::project) return file.content;
  return "# Settings of portd. Every key with its default: portc config show; the reference: docs/configuration.md.\n"
         "# yaml-language-server: $schema=http://localhost:7700/config/schema\n";
}

// In a private folder of its own: a project's folder may hold a link of that name. It ends as the file does, for the
// editor. Kept where something is in it that a person would miss.
class EditDraft {
 public:
  EditDraft(const fs::path& file, const Environment& environment) {
    const std::string stated = environment.variable("TMPDIR");
    std::string pattern = (fs::path(stated.empty() ? "/tmp" : stated) / "portc-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return;
    folder_ = pattern;
    path_ = folder_ / file.filename();
  }
  EditDraft(const EditDraft&) = delete;
  EditDraft& operator=(const EditDraft&) = delete;
  ~EditDraft() {
    std::error_code ignored;
    if (!folder_.empty() && !kept_) fs::remove_all(folder_, ignored);
  }

  const fs::path& path() const { return path_; }
  void keep() { kept_ = true; }

 private:
  fs::path folder_;
  fs::path path_;  // empty: there is no place for it
  bool kept_ = false;
};

// Only a person can be asked.
bool wants_another_try(Session& session) {
  if (::isatty(STDIN_FILENO) == 0) return false;
  session.note("edit it again? [Y/n]");
  std::string answer;
  return std::getline(std::cin, answer) && !answer.starts_with('n') && !answer.starts_with('N');
}

Outcome<std::string> edited(const fs::path& draft, const Environment& environment) {
  if (auto done = edit_file(draft, environment); !done) return done.error();
  auto content = read_file(draft, config::largest_document);
  if (!content) return Failure{Exit::configuration, content.error().detail};
  return std::move(*content);
}

Outcome<Exit> replace_locked(Session& session, const ConfigFile& file, const std::string& content,
                             const EditOptions& options) {
  const FileLock lock = lock_configuration(session.environment());
  return replace_content(session, file, content, options.config);
}

Outcome<Exit> edit_draft(Session& session, const ConfigFile& file, const fs::path& draft, const EditOptions& options) {
  while (true) {
    const auto content = edited(draft, session.environment());
    if (!content) return content.error();
    if (*content == file.content || *content == start_of(file)) {
      session.note("nothing was changed");
      return Exit::yes;
    }
    auto replaced = replace_locked(session, file, *content, options);
    if (replaced || replaced.error().exit != Exit::configuration || !wants_another_try(session)) return replaced;
  }
}

Outcome<Exit> edit(Session& session, const EditOptions& options) {
  const auto file = file_to_edit(options, session.environment());
  if (!file) return file.error();
  EditDraft draft(file->path, session.environment());
  if (draft.path().empty()) return Failure{Exit::no, "there is no place for a draft; set TMPDIR"};
  const std::string start = start_of(*file);
  if (auto written = replace_durably(draft.path(), start); !written) return Failure{Exit::no, written.error().detail};
  const auto done = edit_draft(session, *file, draft.path(), options);
  const auto content = read_file(draft.path(), config::largest_document);
  if (!done && content && *content != start) {
    draft.keep();
    session.note("what you wrote is in " + draft.path().string());
  }
  return done;
}

Run declare_config_edit(CLI::App& app) {
  const auto options = std::make_shared<EditOptions>();
  add_config_options(app, options->config);
  app.add_flag("--project", options->project, "The project's file in place of the user's");
  app.add_option("--file", options->file, "This file");
  return [options](Session& session) { return edit(session, *options); };
}

}  // namespace

Verb config_edit_action() {
  return {"edit", "Edit the user's file with $EDITOR; it is checked before it replaces the old one",
          "With mistakes the file stays as it was: they are shown, and on a terminal the editor opens again.\n"
          "\n"
          "Examples:\n"
          "  portc config edit\n"
          "  EDITOR='code --wait' portc config edit --project",
          declare_config_edit};
}

}  // namespace portd::client
