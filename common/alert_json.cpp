#include "common/alert_json.hpp"

#include <limits>

#include "common/field_reader.hpp"
#include "common/wire_fields.hpp"

namespace portd {
namespace {

Json facts_json(const std::vector<Fact>& facts) {
  Json json = Json::object();
  for (const Fact& fact : facts) {
    json[fact.name] = std::visit([](const auto& value) { return Json(value); }, fact.value);
  }
  return json;
}

// What is neither a text nor a whole number is of a newer portd.
std::vector<Fact> read_facts(FieldReader& reader) {
  std::vector<Fact> facts;
  const Json* json = reader.find("facts");
  if (json == nullptr || json->is_null()) return facts;
  if (!json->is_object()) {
    reader.refuse("facts", "must be an object");
    return facts;
  }
  for (const auto& [name, value] : json->items()) {
    if (value.is_string()) facts.push_back({name, value.get<std::string>()});
    if (value.is_number_integer()) facts.push_back({name, value.get<std::int64_t>()});
  }
  return facts;
}

}  // namespace

Json to_json(const Alert& alert) {
  return {{"id", alert.id},
          {"kind", to_text(alert.kind)},
          {"subject", alert.subject},
          {"detail", alert.detail},
          {"state", to_text(alert.state)},
          {"count", alert.count},
          {"since", to_rfc3339(alert.since)},
          {"last_at", to_rfc3339(alert.last_at)},
          {"acknowledged_at", text_or_null(alert.acknowledged_at)},
          {"resolved_at", text_or_null(alert.resolved_at)},
          {"facts", facts_json(alert.facts)}};
}

Json to_json(const std::vector<Alert>& alerts) {
  Json list = Json::array();
  for (const Alert& alert : alerts) list.push_back(to_json(alert));
  return {{"alerts", std::move(list)}};
}

Result<Alert> alert_from_json(const Json& json) {
  FieldReader reader("an alert", json);
  Alert alert;
  alert.id = reader.required<std::string>("id", reader.text("id"), "");
  alert.kind = reader.required("kind", reader.word<AlertKind>("kind"), alert.kind);
  alert.subject = reader.required<std::string>("subject", reader.text("subject"), "");
  alert.detail = reader.required<std::string>("detail", reader.text("detail"), "");
  alert.state = reader.required("state", reader.word<AlertState>("state"), alert.state);
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  alert.count = reader.required("count", reader.integer("count", 1, most), alert.count);
  alert.since = reader.required("since", reader.time("since"), TimePoint{});
  alert.last_at = reader.required("last_at", reader.time("last_at"), TimePoint{});
  alert.acknowledged_at = optional_time(reader, "acknowledged_at");
  alert.resolved_at = optional_time(reader, "resolved_at");
  alert.facts = read_facts(reader);
  if (reader.error()) return *reader.error();
  return alert;
}

Result<std::vector<Alert>> alerts_from_json(const Json& json) {
  FieldReader reader("a list of alerts", json);
  const Json* list = reader.find("alerts");
  if (list == nullptr || !list->is_array()) reader.refuse("alerts", "must be an array");
  if (reader.error()) return *reader.error();
  std::vector<Alert> alerts;
  for (const Json& each : *list) {
    auto alert = alert_from_json(each);
    if (!alert) return alert.error();
    alerts.push_back(std::move(*alert));
  }
  return alerts;
}

}  // namespace portd
