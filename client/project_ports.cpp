#include "client/project_ports.hpp"

namespace portd::client {

ProjectPorts::ProjectPorts(Session& session, const config::DerivedKey& here, std::string instance)
    : session_(session), here_(here), instance_(std::move(instance)) {}

const std::string& ProjectPorts::instance_of(const config::ProjectService& service) const {
  return service.shared ? shared_instance_ : instance_;
}

Outcome<Lease> ProjectPorts::lease(const config::ProjectService& service, const std::string& role) {
  config::DerivedKey derived = here_;
  derived.key = {here_.key.project, service.name, instance_of(service), role};
  if (const auto known = leases_.find(derived.key); known != leases_.end()) return known->second;
  auto found = find_or_grant(session_, derived, false);
  if (!found) return found.error();
  return leases_.emplace(derived.key, std::move(found->lease)).first->second;
}

Result<std::string> ProjectPorts::answer(const config::ServiceReference& reference) {
  const config::ProjectService* service = here_.project ? here_.project->find(reference.service) : nullptr;
  if (service == nullptr) {
    return Error{
        Problem::invalid_value, reference.service + " is no service of this project", {{"file", std::string()}}};
  }
  if (reference.field == config::ServiceReference::Field::host) return std::string("localhost");
  auto leased = lease(*service, reference.role.empty() ? service->main_role() : reference.role);
  if (!leased) {
    failure_ = leased.error();
    return Error{Problem::invalid_value, failure_->detail};
  }
  return reference.field == config::ServiceReference::Field::port ? leased->port.text() : leased->url();
}

Outcome<std::string> ProjectPorts::fill_in(const std::string& text) {
  failure_.reset();
  auto filled = config::fill_in(text, session_.environment().variables,
                                [this](const config::ServiceReference& reference) { return answer(reference); });
  if (filled) return std::move(*filled);
  if (failure_) return *failure_;
  return Failure{Exit::configuration, here_.project->file.string() + ": " + filled.error().detail};
}

Outcome<Json> ProjectPorts::fill_in(const Json& json) {
  if (json.is_string()) {
    auto text = fill_in(json.get<std::string>());
    if (!text) return text.error();
    return Json(std::move(*text));
  }
  Json filled = json;
  for (Json& child : filled) {
    if (!json.is_structured()) break;
    auto done = fill_in(child);
    if (!done) return done.error();
    child = std::move(*done);
  }
  return filled;
}

}  // namespace portd::client
