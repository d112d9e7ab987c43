// GET /health.
#include <algorithm>

#include "common/alert_json.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/query.hpp"

namespace portd::api {
namespace {

// "3h", "12m": the largest unit of which there are two, the rest cut off.
std::string uptime_text(Millis uptime) {
  using namespace std::chrono;
  const auto cut = [uptime](auto unit) {
    return to_text(duration_cast<Millis>(duration_cast<decltype(unit)>(uptime)));
  };
  if (uptime >= days(2)) return cut(days());
  if (uptime >= hours(2)) return cut(hours());
  if (uptime >= minutes(2)) return cut(minutes());
  return cut(seconds());
}

std::string health_body(const Context& context, const Now& now, const std::vector<Alert>& raised) {
  Json alerts = Json::array();
  for (const Alert& alert : raised) alerts.push_back(to_json(alert));
  const Millis uptime = std::max(now.wall - context.started_at, Millis(0));
  return dump_json({{"status", raised.empty() ? "ok" : "degraded"},
                    {"version", PORTD_VERSION},
                    {"uptime", uptime_text(uptime)},
                    {"leases", context.leases.table().size()},
                    {"services", context.registry.all().size()},
                    {"store", context.store_status()},
                    {"alerts", std::move(alerts)},
                    {"platform", context.platform}});
}

// What has no revision, such as the store's counters, may be this old; alerts are never.
constexpr Millis longest_kept{100};

}  // namespace

Response show_health(Call& call) {
  if (auto query = Query::parse(call.request.query, {}); !query) return problem_response(query.error());
  const Context& context = call.context;
  const Now now = context.now();
  const std::vector<Alert> raised = context.alerts.raised();
  const Revision newest = context.journal.newest();
  HealthCache& last = call.health;
  const bool holds = newest == last.newest && now.steady - last.made_at < longest_kept && !last.body.empty();
  if (holds && raised.empty()) return json_response(last.body);
  std::string body = health_body(context, now, raised);
  last = raised.empty() ? HealthCache{body, newest, now.steady} : HealthCache{};
  return json_response(std::move(body));
}

}  // namespace portd::api
