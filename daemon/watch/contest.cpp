#include "daemon/watch/contest.hpp"

#include "common/printable.hpp"
#include "daemon/core/identity.hpp"

namespace portd::watch {
namespace {

std::string who(const Listener& intruder) {
  if (intruder.container || !intruder.process) return core::describe(intruder);
  const Holder& process = *intruder.process;
  return "pid " + std::to_string(process.id.pid) + " (" + process.command + ") in " + escaped(process.cwd) + ", user " +
         intruder.user + ", since " + to_rfc3339(process.started_at);
}

}  // namespace

std::string contest_detail(const Lease& lease, const Listener& intruder) {
  return "port " + lease.port.text() + " is leased to " + lease.key.text() + ", but " + who(intruder) +
         " listens on it; end that, or release the port";
}

std::vector<Fact> contest_facts(const Lease& lease, const Listener& intruder) {
  std::vector<Fact> facts{{"port", std::int64_t{lease.port.number()}},
                          {"key", lease.key.text()},
                          {"lease", lease.id},
                          {"user", intruder.user}};
  if (intruder.container) facts.push_back({"container", intruder.container->name});
  if (!intruder.process) return facts;
  const Holder& process = *intruder.process;
  facts.push_back({"pid", std::int64_t{process.id.pid}});
  facts.push_back({"command", process.command});
  facts.push_back({"cwd", process.cwd});
  facts.push_back({"since", to_rfc3339(process.started_at)});
  return facts;
}

}  // namespace portd::watch
