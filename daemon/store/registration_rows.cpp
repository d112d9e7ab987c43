#include "daemon/store/registration_rows.hpp"

#include "common/service_json.hpp"
#include "daemon/store/failure.hpp"
#include "daemon/store/row_io.hpp"

namespace portd::store {

const char* const registration_columns =
    "project, service, instance, role, leased, declaration, maintenance, maintenance_reason, registered_at, "
    "updated_at, epoch, revision, ends_with_holder";

namespace {

Declaration read_declaration(const std::string& text, const InstanceKey& key) {
  const auto json = parse_json(text);
  if (!json) throw Damaged("the service " + key.text() + ": " + json.error().detail);
  auto declaration = declaration_from_json(*json, key);
  if (!declaration) throw Damaged("the service " + key.text() + ": " + declaration.error().detail);
  return std::move(*declaration);
}

}  // namespace

std::string declaration_text(const Registration& registration) { return dump_json(to_json(registration.declaration)); }

void bind_registration(SQLite::Statement& statement, const Registration& registration, const std::string& declaration) {
  Binder bind(statement);
  bind(registration.key.project);
  bind(registration.key.service);
  bind(registration.key.instance);
  bind(registration.role);
  bind(std::int64_t{registration.leased});
  bind(declaration);
  bind(std::int64_t{registration.maintenance});
  bind(registration.maintenance_reason);
  bind(registration.registered_at);
  bind(registration.updated_at);
  bind(std::int64_t{registration.revision.epoch});
  bind(registration.revision.number);
  bind(std::int64_t{registration.ends_with_holder});
}

void bind_instance(SQLite::Statement& statement, const InstanceKey& key) {
  Binder bind(statement);
  bind(key.project);
  bind(key.service);
  bind(key.instance);
}

Registration read_registration(SQLite::Statement& row) {
  Reader read(row);
  Registration registration;
  registration.key.project = read.text();
  registration.key.service = read.text();
  registration.key.instance = read.text();
  registration.role = read.text();
  registration.leased = read.number() != 0;
  registration.declaration = read_declaration(read.text(), registration.key);
  registration.maintenance = read.number() != 0;
  registration.maintenance_reason = read.text();
  registration.registered_at = read.time();
  registration.updated_at = read.time();
  registration.revision.epoch = static_cast<std::uint32_t>(read.number());
  registration.revision.number = read.natural();
  registration.ends_with_holder = read.number() != 0;
  return registration;
}

}  // namespace portd::store
