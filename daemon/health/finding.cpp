#include "daemon/health/finding.hpp"

#include <utility>

namespace portd::health {
namespace {

using Verdict = core::Finding::Verdict;

}  // namespace

core::Finding timed_out(const core::Probe& probe, std::string_view detail, std::string answered_by) {
  std::string output = "timed out after " + to_text(probe.check.schedule.timeout) + ": " + std::string(detail);
  return {Verdict::fail, std::move(output), std::move(answered_by)};
}

core::Finding unconnected(const core::Probe& probe, const outbound::Connected& failed) {
  if (failed.out_of_resources) return not_made(failed.error.message());
  return {Verdict::fail, outbound::connect_failure(failed, probe.host, probe.port)};
}

core::Finding not_made(std::string_view why) {
  return {Verdict::none, "portd could not look (" + std::string(why) + ")"};
}

}  // namespace portd::health
