#include <memory>

#include "client/commands/commands.hpp"
#include "client/find_or_grant.hpp"

namespace portd::client {
namespace {

struct PortOptions {
  KeyOptions key;
  bool existing = false;
};

Outcome<Exit> print_port(Session& session, const PortOptions& options) {
  const auto entry = find_or_grant(session, options.key, options.existing);
  if (!entry) return entry.error();
  if (session.json()) {
    session.print(entry->json);
  } else {
    session.print_line(entry->lease.port.text());
  }
  return Exit::yes;
}

Run declare_port(CLI::App& app) {
  const auto options = std::make_shared<PortOptions>();
  add_key_options(app, options->key);
  add_role_option(app, options->key);
  app.add_flag("--existing", options->existing, "Grant nothing: exit 3 when the key has no port");
  return [options](Session& session) { return print_port(session, *options); };
}

}  // namespace

Verb port_verb() {
  return {"port", "Print the port of a service, and lease one if it has none",
          "Examples:\n"
          "  flask run --port \"$(portc port)\"       the port of the service in this folder\n"
          "  portc port shop@feature-x:debug        another instance and role\n"
          "  portc port api --existing || echo none",
          declare_port};
}

}  // namespace portd::client
