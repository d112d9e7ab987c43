#include "daemon/api/service_query.hpp"

#include "common/wording.hpp"
#include "daemon/api/query.hpp"

namespace portd::api {
namespace {

constexpr Millis longest_wait = std::chrono::minutes(10);

Result<std::optional<Millis>> wait_from(const Query& query) {
  const auto text = query.find("wait");
  if (!text) return std::optional<Millis>();
  const auto wait = parse_duration(*text);
  if (wait && *wait <= longest_wait) return std::optional(*wait);
  return Error{Problem::invalid_value,
               "\"wait\" is a duration of at most 10m, such as 30s, not " + in_quotes(*text),
               {{"field", "wait"}}};
}

// One of another shape is as unknown as one of another epoch.
std::optional<Revision> revision_from(const Query& query) {
  const auto text = query.find("revision");
  if (!text || text->empty()) return std::nullopt;
  return Revision::parse(*text).value_or(Revision{});
}

Result<DiscoveryQuery> read(const Query& query) {
  DiscoveryQuery asked;
  if (auto read = assign(asked.filter.project, name_from(query, "project")); !read) return read.error();
  if (auto read = assign(asked.filter.service, name_from(query, "service")); !read) return read.error();
  if (auto read = assign(asked.filter.instance, name_from(query, "instance")); !read) return read.error();
  if (auto read = assign(asked.filter.status, word_from<Status>(query, "status")); !read) return read.error();
  if (auto read = assign(asked.filter.tag, name_from(query, "tag")); !read) return read.error();
  if (auto read = assign(asked.wait, wait_from(query)); !read) return read.error();
  asked.revision = revision_from(query);
  return asked;
}

}  // namespace

Result<DiscoveryQuery> discovery_query_from(std::string_view text) {
  auto query = Query::parse(text, {"project", "service", "instance", "status", "tag", "wait", "revision"});
  if (!query) return query.error();
  return read(*query);
}

Result<InstanceFilter> instance_filter_from(std::string_view text) {
  auto query = Query::parse(text, {"project", "service", "instance", "status", "tag"});
  if (!query) return query.error();
  const auto asked = read(*query);
  if (!asked) return asked.error();
  return asked->filter;
}

Result<DiscoveryQuery> service_discovery_query_from(std::string_view service, std::string_view text) {
  const auto name = checked_name("service", service);
  if (!name) return name.error();
  auto query = Query::parse(text, {"project", "instance", "status", "tag", "wait", "revision"});
  if (!query) return query.error();
  auto asked = read(*query);
  if (!asked) return asked.error();
  asked->filter.service = *name;
  if (!asked->filter.project) asked->filter.project = InstanceKey{}.project;
  return asked;
}

Result<InstanceKey> instance_from(std::string_view service, std::string_view text) {
  const auto name = checked_name("service", service);
  if (!name) return name.error();
  auto query = Query::parse(text, {"project", "instance"});
  if (!query) return query.error();
  const auto project = name_from(*query, "project");
  if (!project) return project.error();
  const auto instance = name_from(*query, "instance");
  if (!instance) return instance.error();
  const InstanceKey defaults;
  return InstanceKey{project->value_or(defaults.project), *name, instance->value_or(defaults.instance)};
}

}  // namespace portd::api
