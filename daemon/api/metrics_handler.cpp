// GET /metrics: https://prometheus.io/docs/instrumenting/exposition_formats/
#include "daemon/api/handlers.hpp"
#include "daemon/api/query.hpp"

namespace portd::api {

Response show_metrics(Call& call) {
  if (auto query = Query::parse(call.request.query, {}); !query) return problem_response(query.error());
  const Context& context = call.context;
  return metrics_response(context.metrics.text({context.leases, context.registry, context.health, context.alerts}));
}

}  // namespace portd::api
