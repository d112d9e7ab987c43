#include <memory>

#include "client/commands/commands.hpp"
#include "client/declaration_options.hpp"
#include "client/find_or_grant.hpp"
#include "client/instance_text.hpp"
#include "client/project_declaration.hpp"

namespace portd::client {
namespace {

struct RegisterOptions {
  KeyOptions key;
  DeclarationOptions declaration;
  bool remove = false;
};

Outcome<Exit> deregister(Session& session, const InstanceKey& key, const RegisterOptions& options) {
  if (!options.declaration.empty()) {
    return Failure{Exit::usage, "--remove takes no options of a registration; leave them out"};
  }
  auto portd = session.portd();
  if (!portd) return portd.error();
  if (const auto gone = (*portd)->deregister(key); !gone) return gone.error();
  if (session.json()) {
    session.print(Json{{"project", key.project}, {"service", key.service}, {"instance", key.instance}});
  } else {
    session.print_line("removed " + key.text() + "; its port stays leased");
  }
  return Exit::yes;
}

// What the project file declares, and over it what the options state.
Outcome<Json> whole_declaration(Session& session, const RegisterOptions& options) {
  auto stated = declaration_from(options.declaration);
  if (!stated) return stated.error();
  const auto derived = derive(options.key, session.environment());
  if (!derived) return derived.error();
  const config::ProjectService* service = derived->declared();
  if (service == nullptr) return std::move(*stated);
  ProjectPorts ports(session, *derived, derived->key.instance);
  auto declared = declaration_of(*service, *derived->project, ports);
  if (!declared) return declared.error();
  declared->update(*stated);
  return std::move(*declared);
}

Outcome<Exit> register_service(Session& session, const RegisterOptions& options) {
  const auto key = derive_instance(options.key, session.environment());
  if (!key) return key.error();
  if (options.remove) return deregister(session, *key, options);
  auto declaration = whole_declaration(session, options);
  if (!declaration) return declaration.error();
  // Before portd grants one itself: this lease knows the folder, so that the service is recognised when it listens.
  if (options.declaration.port == 0) {
    const auto entry = find_or_grant(session, options.key, false);
    if (!entry) return entry.error();
    // portd would take the role http, or lease it.
    if (entry->lease.key.role != Key{}.role) (*declaration)["port"] = entry->lease.port.number();
  }
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto registered = (*portd)->register_instance(*key, *declaration);
  if (!registered) return registered.error();
  print_instances(session, {registered->entry}, registered->entry.json);
  if (registered->created) session.note("newly registered");
  return Exit::yes;
}

Run declare_register(CLI::App& app) {
  const auto options = std::make_shared<RegisterOptions>();
  add_key_options(app, options->key);
  add_declaration_options(app, options->declaration);
  app.add_flag("--remove", options->remove, "Deregister it; its port stays leased");
  return [options](Session& session) { return register_service(session, *options); };
}

}  // namespace

Verb register_verb() {
  return {"register", "Register a service, so that others find it and portd checks it",
          "It replaces what was registered before; without --check the service is passing as long as it listens. What\n"
          "portd.yaml declares of the service is registered with it; options win over it.\n"
          "A dependency is :started unless it says :healthy; without :optional it is required.\n"
          "\n"
          "Examples:\n"
          "  portc register                                    the service in this folder\n"
          "  portc register web --check http:/healthz --interval 5s --tag beta\n"
          "  portc register web --depends-on api:healthy --depends-on cache:optional\n"
          "  portc register db --port 5432 --check tcp --start-period 1m\n"
          "  portc register worker --check ttl:30s --meta team=checkout\n"
          "  portc register web --remove",
          declare_register};
}

}  // namespace portd::client
