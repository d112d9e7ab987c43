#include "daemon/health/command_probe.hpp"

#include <sys/wait.h>

#include <string>

#include "daemon/health/finding.hpp"
#include "daemon/outbound/readable.hpp"
#include "daemon/outbound/run_program.hpp"
#include "daemon/outbound/shortage.hpp"

namespace portd::health {
namespace {

using boost::system::error_code;
using Verdict = core::Finding::Verdict;

core::Finding cannot_run(const core::Probe& probe, const error_code& why) {
  if (outbound::is_shortage(why)) return not_made(why.message());
  return {Verdict::fail,
          "cannot run " + outbound::one_line(probe.check.command.at(0), outbound::output_kept) + ": " + why.message()};
}

core::Finding judge(int status, const std::string& said) {
  const std::string more = said.empty() ? "" : ": " + said;
  if (WIFSIGNALED(status)) return {Verdict::fail, "killed by signal " + std::to_string(WTERMSIG(status)) + more};
  const int code = WEXITSTATUS(status);
  if (code > 1) return {Verdict::fail, "exit " + std::to_string(code) + more};
  return {code == 0 ? Verdict::pass : Verdict::warn, said.empty() ? "exit " + std::to_string(code) : said};
}

}  // namespace

Task<core::Finding> probe_command(Executor executor, const core::Probe& probe, std::optional<rlim_t> descriptors,
                                  outbound::Interruption& interruption) {
  const outbound::ChildProcess::Plan plan{
      probe.check.command, {{"PORT", probe.port.text()}, {"PORTD_CHECK", probe.check.id}}, descriptors};
  const outbound::Ended ended = co_await outbound::run_program(executor, plan, interruption);
  if (ended.error) co_return cannot_run(probe, ended.error);
  const std::string& said = ended.said;
  if (interruption.happened()) co_return timed_out(probe, said.empty() ? "killed" : "killed, after it said: " + said);
  co_return judge(ended.status, said);
}

}  // namespace portd::health
