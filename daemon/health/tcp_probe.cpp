#include "daemon/health/tcp_probe.hpp"

#include "daemon/health/connect.hpp"
#include "daemon/health/finding.hpp"

namespace portd::health {

Task<core::Finding> probe_tcp(Executor executor, const core::Probe& probe, Interruption& interruption) {
  Socket socket(executor);
  const Connected connected = co_await connect(socket, probe.host, probe.port, interruption);
  if (interruption.happened()) co_return timed_out(probe, "no connection");
  if (connected.error) co_return unconnected(probe, connected);
  co_return core::Finding{core::Finding::Verdict::pass, "takes connections", connected.address};
}

}  // namespace portd::health
