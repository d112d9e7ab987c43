#include <memory>

#include "client/commands/commands.hpp"
#include "client/find_or_grant.hpp"

namespace portd::client {
namespace {

Outcome<Exit> print_url(Session& session, const KeyOptions& options) {
  const auto entry = find_or_grant(session, options, false);
  if (!entry) return entry.error();
  if (session.json()) {
    session.print(entry->json);
  } else {
    session.print_line(entry->lease.url());
  }
  return Exit::yes;
}

Run declare_url(CLI::App& app) {
  const auto options = std::make_shared<KeyOptions>();
  add_key_options(app, *options);
  add_role_option(app, *options);
  return [options](Session& session) { return print_url(session, *options); };
}

}  // namespace

Verb url_verb() {
  return {"url", "Print the URL of a service, and lease a port if it has none",
          "Examples:\n"
          "  curl \"$(portc url api)/healthz\"\n"
          "  API_URL=$(portc url acme/api) npm start",
          declare_url};
}

}  // namespace portd::client
