#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "client/environment.hpp"
#include "client/outcome.hpp"
#include "common/service.hpp"
#include "config/key_derivation.hpp"

namespace portd::client {

// What the command line says of a key; empty: not stated, so that it comes from the folder.
struct KeyOptions {
  std::string key;
  std::string project;
  std::string service;
  std::string instance;
  std::string role;
  std::string environment;
  std::vector<std::string> sets;
};

// Adds KEY, --project, --service, --instance and --env.
void add_key_options(CLI::App& app, KeyOptions& options);
void add_role_option(CLI::App& app, KeyOptions& options);

// Adds SERVICE in place of KEY, for a service has no role: of one instance, or of all of them unless one is stated.
CLI::Option* add_instance_options(CLI::App& app, KeyOptions& options);
CLI::Option* add_instances_options(CLI::App& app, KeyOptions& options);

config::KeyHints hints_of(const KeyOptions& options);

// The variables by which the folder says what is meant: where nothing is stated, by the command line or by a name of
// this process's own, portc run's instance and environment are those of what it has started here.
config::Variables variables_meant(const KeyOptions& options, const Environment& environment);

// The key, and the folder it belongs to. Where nothing is stated, within portc run: the key of what that has started.
// Failure: usage, or configuration.
Outcome<config::DerivedKey> derive(const KeyOptions& options, const Environment& environment);

// The one instance that is meant: where none is stated, that of the folder. Failure: usage, or configuration.
Outcome<InstanceKey> derive_instance(const KeyOptions& options, const Environment& environment);

// The instances that are meant: where none is stated, all of the service. Failure: usage, or configuration.
Outcome<InstanceFilter> derive_instances(const KeyOptions& options, const Environment& environment);

// The project of the folder; empty where none can be derived (a broken portd.yaml must not hide the list).
std::string project_of_folder(const Environment& environment);

// What a person types to mean this key here: its own project is left out.
std::string name_here(const Key& key, const std::string& project_here);
std::string name_here(const InstanceKey& key, const std::string& project_here);

}  // namespace portd::client
