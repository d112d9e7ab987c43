#include <algorithm>
#include <cctype>
#include <memory>

#include "client/commands/commands.hpp"
#include "client/key_options.hpp"

namespace portd::client {
namespace {

bool is_number(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char letter) { return std::isdigit(letter) != 0; });
}

Outcome<ListedLease> lease_of_port(Api& portd, const std::string& text) {
  const auto port = Port::parse(text);
  if (!port) return failure_from(port.error());
  const auto found = portd.find(*port);
  if (!found) return found.error();
  if (!found->report.lease) {
    return Failure{Exit::not_found, "port " + text + " is not leased; see what is on it with: portc who " + text};
  }
  return ListedLease{*found->report.lease, found->json.at("lease")};
}

Outcome<ListedLease> lease_of_key(Api& portd, const KeyOptions& options, const Environment& environment) {
  const auto derived = derive(options, environment);
  if (!derived) return derived.error();
  auto found = portd.find(derived->key);
  if (!found) return found.error();
  if (!*found) {
    return Failure{Exit::not_found, derived->key.text() + " has no lease; see what there is with: portc ls"};
  }
  return std::move(**found);
}

Outcome<Exit> release(Session& session, const KeyOptions& options) {
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto entry = is_number(options.key) ? lease_of_port(**portd, options.key)
                                            : lease_of_key(**portd, options, session.environment());
  if (!entry) return entry.error();
  const auto released = (*portd)->release(entry->lease);
  if (!released) return released.error();
  if (session.json()) {
    session.print(entry->json);
  } else {
    session.print_line("released " + entry->lease.port.text() + " of " + entry->lease.key.text());
  }
  return Exit::yes;
}

Run declare_release(CLI::App& app) {
  const auto options = std::make_shared<KeyOptions>();
  app.add_option("PORT|KEY", options->key, "A port, or [project/]service[@instance][:role]")->required();
  return [options](Session& session) { return release(session, *options); };
}

}  // namespace

Verb release_verb() {
  return {"release", "Give a port back; the key gets it again while it is free",
          "Examples:\n"
          "  portc release 20123\n"
          "  portc release shop\n"
          "  portc release acme/shop@feature-x:debug",
          declare_release};
}

}  // namespace portd::client
