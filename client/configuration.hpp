#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "client/key_options.hpp"
#include "client/session.hpp"
#include "config/project.hpp"
#include "config/settings.hpp"

namespace portd::client {

// What the verbs of the configuration are told.
struct ConfigOptions {
  std::string file;  // --config: in place of the user's
  KeyOptions key;    // --env, --instance, --set
};

// Adds --config, --env, --instance and --set.
void add_config_options(CLI::App& app, ConfigOptions& options);

// The settings of portd as this user and this machine have them.
config::Sources daemon_sources(const ConfigOptions& options, const Environment& environment);
config::Loaded load_daemon(const ConfigOptions& options, const Environment& environment);

// The user's file. Failure: configuration, where there is neither HOME nor XDG_CONFIG_HOME.
Outcome<std::filesystem::path> user_file(const ConfigOptions& options, const Environment& environment);

// Where the project of this folder is read from; nothing without a file. Failure: configuration.
Outcome<std::optional<config::ProjectSources>> sources_here(const ConfigOptions& options,
                                                            const Environment& environment);

// Every mistake with its place, as the person or, with --json, the program reads it. Says at the end how many there
// are. Exit: configuration where one is an error.
Exit print_mistakes(Session& session, const std::vector<config::Mistake>& mistakes);

}  // namespace portd::client
