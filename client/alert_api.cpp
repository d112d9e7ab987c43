// The calls of api.hpp that are about alerts.
#include "client/api.hpp"
#include "client/query.hpp"
#include "common/alert_json.hpp"

namespace portd::client {

Outcome<AlertList> Api::alerts() {
  auto answer = call("GET", "/alerts");
  if (!answer) return answer.error();
  auto alerts = alerts_from_json(answer->json);
  if (!alerts) return not_portd(alerts.error().detail);
  return AlertList{std::move(*alerts), std::move(answer->json)};
}

Outcome<AlertList> Api::acknowledge(const std::string& id) {
  auto answer = call("POST", "/alerts/" + id + "/ack", "{}");
  if (!answer) return answer.error();
  auto alert = alert_from_json(answer->json);
  if (!alert) return not_portd(alert.error().detail);
  return AlertList{{std::move(*alert)}, std::move(answer->json)};
}

}  // namespace portd::client
