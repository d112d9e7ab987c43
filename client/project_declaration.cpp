#include "client/project_declaration.hpp"

namespace portd::client {
namespace {

Json dependency_json(const config::ProjectDependency& dependency, const config::Project& project) {
  Json json{{"service", dependency.on.service}};
  if (dependency.on.project) json["project"] = *dependency.on.project;
  const config::ProjectService* sibling = dependency.on.project ? nullptr : project.find(dependency.on.service);
  if (dependency.on.instance) {
    json["instance"] = *dependency.on.instance;
  } else if (sibling != nullptr && sibling->shared) {
    json["instance"] = Key{}.instance;
  }
  json["condition"] = to_text(dependency.condition);
  if (!dependency.required) json["required"] = false;
  return json;
}

}  // namespace

Outcome<Json> declaration_of(const config::ProjectService& service, const config::Project& project,
                             ProjectPorts& ports) {
  Json declaration = Json::object();
  if (!service.tags.empty()) declaration["tags"] = service.tags;
  if (!service.metadata.empty()) {
    auto metadata = ports.fill_in(Json(service.metadata));
    if (!metadata) return metadata.error();
    declaration["metadata"] = std::move(*metadata);
  }
  for (const auto& dependency : service.depends_on) {
    declaration["depends_on"].push_back(dependency_json(dependency, project));
  }
  if (!service.checks.empty()) {
    auto checks = ports.fill_in(service.checks);
    if (!checks) return checks.error();
    declaration["checks"] = std::move(*checks);
  }
  return declaration;
}

}  // namespace portd::client
