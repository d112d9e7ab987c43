#include <CLI/App.hpp>
#include <memory>

#include "client/commands/commands.hpp"
#include "client/instance_text.hpp"
#include "client/key_options.hpp"

namespace portd::client {
namespace {

struct DiscoverOptions {
  KeyOptions key;
  std::string status;
  std::string tag;
  bool all_projects = false;
};

bool narrows(const InstanceFilter& filter) { return filter.status || filter.tag; }

Outcome<InstanceFilter> filter_for(const DiscoverOptions& options, const Environment& environment) {
  InstanceFilter filter;
  filter.status = from_text<Status>(options.status);
  if (!options.tag.empty()) {
    auto tag = checked_name("tag", options.tag);
    if (!tag) return failure_from(tag.error());
    filter.tag = std::move(*tag);
  }
  if (options.all_projects) return filter;
  const auto meant = derive_instances(options.key, environment);
  if (!meant) return meant.error();
  filter.project = meant->project;
  if (options.key.key.empty()) return filter;
  filter.service = meant->service;
  filter.instance = meant->instance;
  return filter;
}

Failure not_registered(const std::string& service) {
  return {Exit::not_found, service + " is not registered; see what is with: portc discover --all-projects"};
}

// Why nothing was found: the service is not registered, or none of its instances is like that.
Outcome<Exit> explain_nothing(Session& session, Api& portd, const DiscoverOptions& options, InstanceFilter filter) {
  if (!narrows(filter)) return not_registered(options.key.key);
  filter.status.reset();
  filter.tag.reset();
  const auto all = portd.instances(filter);
  if (!all) return all.error();
  if (all->instances.empty()) return not_registered(options.key.key);
  session.note(options.key.key + " is registered, but no instance of it has that status and tag");
  return Exit::no;
}

Outcome<Exit> discover(Session& session, const DiscoverOptions& options) {
  const auto filter = filter_for(options, session.environment());
  if (!filter) return filter.error();
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto found = (*portd)->instances(*filter);
  if (!found) return found.error();
  if (!found->instances.empty() || session.json()) print_instances(session, found->instances, found->json);
  if (!found->instances.empty()) return Exit::yes;
  if (filter->service) return explain_nothing(session, **portd, options, *filter);
  session.note(narrows(*filter) ? "no service has that status and tag"
                                : "no services yet; register one with: portc register");
  return Exit::yes;
}

Run declare_discover(CLI::App& app) {
  const auto options = std::make_shared<DiscoverOptions>();
  auto* service = add_instances_options(app, options->key);
  std::vector<std::string> statuses;
  for (const auto& [value, word] : Words<Status>::table) statuses.emplace_back(word);
  app.add_option("--status", options->status, "Only instances with this status")->check(CLI::IsMember(statuses));
  app.add_option("--tag", options->tag, "Only instances with this tag");
  app.add_flag("--all-projects", options->all_projects, "Of every project, not only of this folder's")
      ->excludes(service)
      ->excludes("--project");
  return [options](Session& session) { return discover(session, *options); };
}

}  // namespace

Verb discover_verb() {
  return {
      "discover", "List the registered services: where they are and how they are",
      "Without SERVICE all of the project. Exit 3 when SERVICE is not registered, 1 when none of its instances has\n"
      "the status and tag.\n"
      "\n"
      "Examples:\n"
      "  portc discover\n"
      "  portc discover api --status passing\n"
      "  portc discover acme/api@feature-x\n"
      "  portc discover --all-projects --json | jq -r '.services[].url'",
      declare_discover};
}

}  // namespace portd::client
