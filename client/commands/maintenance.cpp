#include <CLI/App.hpp>
#include <memory>

#include "client/commands/commands.hpp"
#include "client/key_options.hpp"

namespace portd::client {
namespace {

struct MaintenanceOptions {
  KeyOptions key;
  std::string state;
  std::string reason;
};

Outcome<Exit> maintain(Session& session, const MaintenanceOptions& options) {
  const auto key = derive_instance(options.key, session.environment());
  if (!key) return key.error();
  const MaintenanceOrder order{options.state == "on", options.reason};
  if (!order.enabled && !order.reason.empty()) {
    return Failure{Exit::usage, "--reason is of on; leave it out"};
  }
  auto portd = session.portd();
  if (!portd) return portd.error();
  const auto answer = (*portd)->maintain(*key, order);
  if (!answer) return answer.error();
  if (session.json()) {
    session.print(*answer);
  } else {
    session.print_line("maintenance of " + key->text() + " is " + options.state);
  }
  return Exit::yes;
}

Run declare_maintenance(CLI::App& app) {
  const auto options = std::make_shared<MaintenanceOptions>();
  add_instance_options(app, options->key)->required();
  app.add_option("STATE", options->state, "on or off")->required()->check(CLI::IsMember({"on", "off"}));
  app.add_option("--reason", options->reason, "What is being done, for whoever asks");
  return [options](Session& session) { return maintain(session, *options); };
}

}  // namespace

Verb maintenance_verb() {
  return {"maintenance", "Take a service out of use for a while, or back into it",
          "Its status is maintenance until then, whatever its checks say, and it raises no alert.\n"
          "\n"
          "Examples:\n"
          "  portc maintenance db on --reason 'restoring a dump'\n"
          "  portc maintenance db off",
          declare_maintenance};
}

}  // namespace portd::client
