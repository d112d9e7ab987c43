#include "client/find_or_grant.hpp"

namespace portd::client {
namespace {

Json request_for(const config::DerivedKey& derived) {
  return {{"project", derived.key.project},
          {"service", derived.key.service},
          {"instance", derived.key.instance},
          {"role", derived.key.role},
          {"pid", nullptr},
          {"cwd", derived.root.string()}};
}

}  // namespace

Outcome<ListedLease> find_or_grant(Session& session, const KeyOptions& options, bool existing) {
  auto derived = derive(options, session.environment());
  if (!derived) return derived.error();
  auto portd = session.portd();
  if (!portd) return portd.error();
  auto found = (*portd)->find(derived->key);
  if (!found) return found.error();
  if (*found) return std::move(**found);
  if (existing) {
    const std::string key = derived->key.text();
    return Failure{Exit::not_found, key + " has no port yet; get one with: portc port " + key};
  }
  auto granted = (*portd)->grant(request_for(*derived));
  if (!granted) return granted.error();
  return std::move(granted->leases.front());
}

}  // namespace portd::client
