#include "client/find_or_grant.hpp"

#include <algorithm>

#include "common/wording.hpp"

namespace portd::client {
namespace {

std::optional<Port> declared_port(const config::DerivedKey& derived) {
  const config::ProjectPort* declared = derived.declared_port();
  return declared == nullptr ? std::nullopt : declared->port;
}

// A name that the project file does not have is most likely mistyped.
void tell_undeclared_environment(Session& session, const config::DerivedKey& derived) {
  if (!derived.project || derived.environment.empty() || derived.project->environments.empty()) return;
  const auto& known = derived.project->environments;
  if (std::ranges::find(known, derived.environment) != known.end()) return;
  session.note("environment " + derived.environment + " is not in " + derived.project->file.filename().string() +
               did_you_mean(derived.environment, std::vector<std::string_view>(known.begin(), known.end())) +
               "; it has ports of its own");
}

void tell_undeclared_service(Session& session, const config::DerivedKey& derived) {
  if (!derived.project || derived.project->services.empty() || derived.declared() != nullptr) return;
  std::vector<std::string_view> names;
  for (const auto& service : derived.project->services) names.emplace_back(service.name);
  session.note(derived.key.service + " is not in " + derived.project->file.filename().string() +
               did_you_mean(derived.key.service, names));
}

}  // namespace

void tell_undeclared(Session& session, const config::DerivedKey& derived) {
  tell_undeclared_service(session, derived);
  tell_undeclared_environment(session, derived);
}

void tell_other_port(Session& session, const config::DerivedKey& derived, const Lease& lease) {
  const auto wanted = declared_port(derived);
  if (!wanted || *wanted == lease.port) return;
  session.note("port " + wanted->text() + ", which " + derived.project->file.filename().string() +
               " asks for, is taken (portc who " + wanted->text() + "); " + derived.key.service + " is on " +
               lease.port.text());
}

Json grant_request(const config::DerivedKey& derived) {
  Json request{{"project", derived.key.project},
               {"service", derived.key.service},
               {"instance", derived.key.instance},
               {"role", derived.key.role},
               {"pid", nullptr},
               {"cwd", derived.root.string()}};
  const config::ProjectPort* declared = derived.declared_port();
  if (declared == nullptr) return request;
  if (declared->port) request["port"] = declared->port->number();
  if (declared->range) request["range"] = *declared->range;
  if (declared->protocol) request["protocol"] = to_text(*declared->protocol);
  if (declared->on_conflict) request["on_conflict"] = to_text(*declared->on_conflict);
  return request;
}

Result<Millis> patience_for(const Json& request) {
  constexpr Millis longest_wait = std::chrono::minutes(10);  // without a limit of its own it ends by portd's
  if (request.value("on_conflict", "") != to_text(OnConflict::wait)) return Millis(0);
  if (!request.contains("wait")) return longest_wait;
  return parse_duration(request.at("wait").get<std::string>());
}

Outcome<ListedLease> find_or_grant(Session& session, const config::DerivedKey& derived, bool existing) {
  auto portd = session.portd();
  if (!portd) return portd.error();
  auto found = (*portd)->find(derived.key);
  if (!found) return found.error();
  const auto wanted = declared_port(derived);
  const bool elsewhere = *found && wanted && (*found)->lease.port != *wanted;
  if (*found && (existing || !elsewhere)) return std::move(**found);
  if (existing) {
    const std::string key = derived.key.text();
    return Failure{Exit::not_found, key + " has no port yet; get one with: portc port " + key};
  }
  tell_undeclared(session, derived);
  const Json request = grant_request(derived);
  auto granted = (*portd)->grant(request, patience_for(request).value());
  if (!granted) return granted.error();
  tell_other_port(session, derived, granted->leases.front().lease);
  return std::move(granted->leases.front());
}

Outcome<ListedLease> find_or_grant(Session& session, const KeyOptions& options, bool existing) {
  const auto derived = derive(options, session.environment());
  if (!derived) return derived.error();
  return find_or_grant(session, *derived, existing);
}

}  // namespace portd::client
