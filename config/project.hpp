#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/lease.hpp"
#include "common/service.hpp"
#include "config/layers.hpp"
#include "config/mistake.hpp"

namespace portd::config {

// What a project file asks of the port of one role.
struct ProjectPort {
  std::string role;
  std::optional<Port> port{};
  std::optional<std::string> range{};
  std::optional<Protocol> protocol{};
  std::optional<OnConflict> on_conflict{};

  bool operator==(const ProjectPort&) const = default;
};

// How a service is started: argv, or one line for the shell.
struct ProjectCommand {
  std::vector<std::string> argv;
  bool shell = false;

  bool operator==(const ProjectCommand&) const = default;
};

struct ProjectDependency {
  KeyParts on;
  Condition condition = Condition::started;
  bool required = true;
};

// One service of a project. Texts may hold references (interpolation.hpp), which are filled in when they are used.
struct ProjectService {
  std::string name;                  // as keys have it
  std::vector<ProjectPort> ports{};  // http when none is stated; in the order of the file
  std::optional<ProjectCommand> command{};
  std::filesystem::path cwd{};  // absolute
  std::vector<ProjectDependency> depends_on{};
  Json checks = Json::array();                             // as PUT /services takes them
  std::vector<std::pair<std::string, std::string>> env{};  // in the order of the file
  std::vector<std::string> tags{};
  std::map<std::string, std::string> metadata{};
  bool shared = false;

  const ProjectPort* find_port(std::string_view role) const;
  // The role that is meant where none is named: http where it is there, else the first.
  const std::string& main_role() const;
};

// What a project consists of, in one environment and one instance.
struct Project {
  std::filesystem::path file;                          // portd.yaml or portd.json
  std::vector<std::filesystem::path> files;            // it and those it extends, in the order of their layers
  std::vector<std::shared_ptr<const Source>> sources;  // their contents, as they were read
  std::optional<std::string> name;                     // as it stands there
  std::vector<ProjectService> services;
  std::vector<std::string> environments;  // that are declared
  std::vector<std::string> instances;

  const ProjectService* find(std::string_view service) const;
};

struct ProjectSources {
  std::filesystem::path file;
  std::string environment{};  // empty: development
  std::string instance{};     // without the environment
  Variables variables{};      // PORTD_CFG_SERVICES__...
  std::vector<FlagSetting> flags{};
  std::optional<std::string> content{};  // in place of what the file has
};

struct LoadedProject {
  Project project{};                // empty where there is an error
  Value merged{};                   // all layers
  std::vector<Mistake> mistakes{};  // with an error among them the project is not to be used
};

// Reads the file and those it extends, lays the layers upon each other and checks all of it. Reads files only.
LoadedProject load_project(const ProjectSources& sources);

// All mistakes as one error, invalid_value with the fact "file"; a person reads each with its place and line.
Error error_of(const std::vector<Mistake>& mistakes);

}  // namespace portd::config
