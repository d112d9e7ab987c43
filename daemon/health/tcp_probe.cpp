#include "daemon/health/tcp_probe.hpp"

#include "daemon/health/finding.hpp"
#include "daemon/outbound/connect.hpp"

namespace portd::health {

Task<core::Finding> probe_tcp(Executor executor, const core::Probe& probe, outbound::Interruption& interruption) {
  outbound::Socket socket(executor);
  const outbound::Connected connected = co_await outbound::connect(socket, probe.host, probe.port, interruption);
  if (interruption.happened()) co_return timed_out(probe, "no connection");
  if (connected.error) co_return unconnected(probe, connected);
  co_return core::Finding{core::Finding::Verdict::pass, "takes connections", connected.address};
}

}  // namespace portd::health
