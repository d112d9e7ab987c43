#pragma once

#include <map>
#include <optional>
#include <string>

#include "client/find_or_grant.hpp"
#include "client/session.hpp"
#include "config/interpolation.hpp"
#include "config/key_derivation.hpp"

namespace portd::client {

// The ports of a project's services as one of its instances sees them: siblings in the same instance, never silently
// in `main`; shared ones in `main`. Each is leased when it is first asked for. All references must outlive this.
class ProjectPorts {
 public:
  // `here`: any key of the project, in the instance that looks.
  ProjectPorts(Session& session, const config::DerivedKey& here, std::string instance);

  Outcome<Lease> lease(const config::ProjectService& service, const std::string& role);

  // Fills in the references and variables of a text. Failure: usage, configuration, and those of a grant.
  Outcome<std::string> fill_in(const std::string& text);
  // The same for every text in the JSON.
  Outcome<Json> fill_in(const Json& json);

  // The instance that a service of this project is in.
  const std::string& instance_of(const config::ProjectService& service) const;

 private:
  Result<std::string> answer(const config::ServiceReference& reference);

  Session& session_;
  const config::DerivedKey& here_;
  std::string instance_;
  std::string shared_instance_ = Key{}.instance;
  std::map<Key, Lease> leases_;
  std::optional<Failure> failure_;  // of the last answer()
};

}  // namespace portd::client
