#include "daemon/core/registry.hpp"

#include <algorithm>
#include <utility>

#include "common/http_url.hpp"

namespace portd::core {

Registry::Registry(Rules rules, Leases& leases, Journal& journal)
    : rules_(std::move(rules)), leases_(leases), journal_(journal) {}

void Registry::restore(std::vector<Registration> registrations, Now now) {
  for (Registration& registration : registrations) {
    const bool stands = !registration.leased || lease_of(registration) != nullptr;
    if (stands && !is_orphan(registration)) {
      const InstanceKey key = registration.key;
      set(key, std::move(registration));
    } else if (journal_.writable()) {
      put(std::move(registration), std::nullopt, now);
    }
  }
}

Result<Registry::Declared> Registry::declare(const InstanceKey& key, Declaration declaration, const Caller& caller,
                                             Now now) {
  if (auto writable = journal_.writable(); !writable) return writable.error();
  if (auto checked = check_hosts(declaration); !checked) return checked.error();
  if (auto checked = check_cycle(key, declaration); !checked) return checked.error();
  const Registration* known = find(key);
  Registration after = known != nullptr ? *known : Registration{key, {}, Key{}.role, true, false, false, {}, now.wall};
  after.declaration = std::move(declaration);
  if (auto placed = place(after, caller, now); !placed) return placed.error();
  const Lease* lease = lease_of(after);
  after.ends_with_holder = lease != nullptr && leases_.is_held_by(*lease, caller);

  known = find(key);
  const bool created = known == nullptr;
  if (!created && after == *known) {
    changed_(key);
  } else {
    put(created ? std::nullopt : std::optional(*known), std::move(after), now);
  }
  return Declared{*find(key), created};
}

Result<void> Registry::withdraw(const InstanceKey& key, Now now) {
  auto known = registered(key);
  if (!known) return known.error();
  if (auto writable = journal_.writable(); !writable) return writable.error();
  put(std::move(*known), std::nullopt, now);
  return {};
}

Result<Registration> Registry::maintain(const InstanceKey& key, const MaintenanceOrder& order, Now now) {
  const auto known = registered(key);
  if (!known) return known.error();
  if (auto writable = journal_.writable(); !writable) return writable.error();
  Registration after = *known;
  after.maintenance = order.enabled;
  after.maintenance_reason = order.enabled ? order.reason : "";
  if (after != *known) put(*known, std::move(after), now);
  return *find(key);
}

const Registration* Registry::find(const InstanceKey& key) const {
  const auto found = registered_.find(key);
  return found == registered_.end() ? nullptr : &found->second;
}

Result<Registration> Registry::registered(const InstanceKey& key) const {
  if (const Registration* found = find(key)) return *found;
  return Error{Problem::not_found,
               key.text() + " is not registered; register it (portc register, PUT /services/" + key.service +
                   "), or look at what is (portc discover, GET /services)",
               {{"service", key.service}}};
}

Port Registry::port_of(const Registration& registration) const {
  if (const Lease* lease = lease_of(registration)) return lease->port;
  return registration.declaration.port.value_or(Port(1));
}

const Lease* Registry::lease_of(const Registration& registration) const {
  return registration.leased ? leases_.table().find(registration.lease_key()) : nullptr;
}

const Registration* Registry::standing_on(const Lease& lease) const {
  const Registration* registration = find(instance_of(lease.key));
  const bool stands = registration != nullptr && registration->leased && registration->role == lease.key.role;
  return stands ? registration : nullptr;
}

void Registry::lease_ended(const Lease& lease, Now now) {
  const Registration* registration = standing_on(lease);
  if (registration != nullptr && journal_.writable()) put(*registration, std::nullopt, now);
}

void Registry::lease_vacated(const Lease& lease, Now now) {
  const Registration* registration = standing_on(lease);
  const bool ends = registration != nullptr && registration->ends_with_holder;
  if (ends && journal_.writable()) put(*registration, std::nullopt, now);
}

void Registry::end_orphans(Now now) {
  if (!journal_.writable()) return;
  std::vector<Registration> orphans;
  for (const auto& [key, registration] : registered_) {
    if (is_orphan(registration)) orphans.push_back(registration);
  }
  for (Registration& orphan : orphans) put(std::move(orphan), std::nullopt, now);
}

bool Registry::is_orphan(const Registration& registration) const {
  const Lease* lease = registration.ends_with_holder ? lease_of(registration) : nullptr;
  return lease != nullptr && !lease->holder_alive;
}

// Newest first, so that what was there before all of them is what stays.
void Registry::undo(const Changes& changes) {
  for (const Change& each : changes) {
    const auto* change = std::get_if<ServiceChange>(&each);
    if (change == nullptr) continue;
    set(change->before ? change->before->key : change->after->key, change->before);
  }
}

Result<void> Registry::check_hosts(const Declaration& declaration) const {
  for (const Check& check : declaration.checks) {
    if (check.type == CheckType::ttl) continue;
    const std::string& host = check.http.host.empty() ? declaration.host : check.http.host;
    if (is_loopback(host) || std::ranges::find(rules_.allowed_hosts, host) != rules_.allowed_hosts.end()) continue;
    return Error{Problem::host_not_allowed,
                 "the check " + check.id + " would reach " + host +
                     ", and checks reach this machine only; allow the host under checks.allowed_hosts in your "
                     "portd.yaml",
                 {{"host", host}}};
  }
  return {};
}

Result<void> Registry::check_cycle(const InstanceKey& key, const Declaration& declaration) const {
  if (declaration.depends_on.empty()) return {};
  const auto cycle = cycle_with(dependencies(), key, declaration.depends_on);
  if (cycle.empty()) return {};
  return Error{Problem::dependency_cycle,
               "services that wait for each other never start: " + arrows(cycle) + "; take one of them out",
               {{"cycle", arrows(cycle)}}};
}

// Finds the lease to stand on, or grants it.
Result<void> Registry::place(Registration& registration, const Caller& caller, Now now) {
  if (registration.declaration.port) return place_on_port(registration, *registration.declaration.port);
  const std::vector<Lease> leases = leases_.table().of_instance(registration.key);
  const auto has_role = [&](const std::string& role) {
    return std::ranges::any_of(leases, [&](const Lease& lease) { return lease.key.role == role; });
  };
  if (registration.leased && has_role(registration.role)) return {};
  registration.leased = true;
  registration.role = Key{}.role;
  if (has_role(registration.role)) return {};
  if (leases.size() == 1) {
    registration.role = leases[0].key.role;
    return {};
  }
  GrantRequest request;
  request.project = registration.key.project;
  request.service = registration.key.service;
  request.instance = registration.key.instance;
  request.no_holder = true;  // who registers need not be who serves
  const auto granted = leases_.grant(request, caller, now);
  if (!granted) return granted.error();
  return {};
}

Result<void> Registry::place_on_port(Registration& registration, Port port) const {
  const Lease* lease = leases_.table().find(port);
  registration.leased = lease != nullptr;
  if (lease == nullptr) return {};
  if (instance_of(lease->key) != registration.key) {
    return Error{Problem::port_in_use,
                 "port " + port.text() + " is leased to " + lease->key.text() + ", not to " + registration.key.text() +
                     "; leave \"port\" out, and it gets its own",
                 {{"port", std::int64_t{port.number()}}, {"key", lease->key.text()}}};
  }
  registration.role = lease->key.role;
  return {};
}

void Registry::put(std::optional<Registration> before, std::optional<Registration> after, Now now) {
  ServiceChange change{journal_.next_revision(), now.wall, std::move(before), std::move(after)};
  if (change.after) {
    change.after->revision = change.revision;
    change.after->updated_at = now.wall;
  }
  const InstanceKey key = change.after ? change.after->key : change.before->key;
  const std::optional<Registration> now_is = change.after;
  journal_.append({std::move(change)});
  set(key, now_is);
}

void Registry::set(const InstanceKey& key, const std::optional<Registration>& registration) {
  if (registration) {
    registered_.insert_or_assign(key, *registration);
    dependencies_.insert_or_assign(key, registration->declaration.depends_on);
  } else {
    registered_.erase(key);
    dependencies_.erase(key);
  }
  changed_(key);
}

}  // namespace portd::core
