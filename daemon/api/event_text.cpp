#include "daemon/api/event_text.hpp"

#include <string_view>

#include "common/alert_json.hpp"
#include "common/lease_json.hpp"

namespace portd::api {
namespace {

Json texts(const std::vector<std::string>& list) {
  Json json = Json::array();
  for (const std::string& each : list) json.push_back(each);
  return json;
}

void put(Json&, std::monostate) {}
void put(Json& json, const Lease& lease) { json["lease"] = portd::to_json(lease); }
void put(Json& json, const Alert& alert) { json["alert"] = portd::to_json(alert); }

void put(Json& json, const core::ServiceNews& news) {
  json["service"] = {{"project", news.key.project},
                     {"service", news.key.service},
                     {"instance", news.key.instance},
                     {"url", news.url},
                     {"port", news.port.number()},
                     {"status", to_text(news.status)},
                     {"previous", news.previous ? Json(to_text(*news.previous)) : Json(nullptr)},
                     {"reason", news.reason.empty() ? Json(nullptr) : Json(news.reason)},
                     {"affected_by", texts(news.affected_by)},
                     {"tags", texts(news.tags)}};
}

void put(Json& json, const core::CheckNews& news) {
  json["check"] = {{"project", news.key.project},        {"service", news.key.service},
                   {"instance", news.key.instance},      {"id", news.id},
                   {"type", to_text(news.type)},         {"status", to_text(news.status)},
                   {"previous", to_text(news.previous)}, {"output", news.output}};
}

std::string message(std::string_view event, const Revision& revision, const Json& data) {
  std::string text = "event: ";
  text.append(event).append("\nid: ").append(revision.text()).append("\ndata: ");
  return text.append(dump_json(data)).append("\n\n");
}

}  // namespace

std::string event_text(const core::Event& event) {
  Json data{{"event", to_text(event.kind)}, {"revision", event.revision.text()}, {"at", to_rfc3339(event.at)}};
  std::visit([&data](const auto& what) { put(data, what); }, event.what);
  return message(to_text(event.kind), event.revision, data);
}

std::string reset_text(const Revision& revision, TimePoint at, const std::string& reason) {
  return message("reset", revision,
                 {{"event", "reset"}, {"revision", revision.text()}, {"at", to_rfc3339(at)}, {"reason", reason}});
}

const std::string& EventTexts::at(const core::EventLog& log, core::EventLog::Position position) {
  Slot& slot = slots_[position % slots];
  if (slot.position != position || slot.text.empty()) slot = {position, event_text(log.at(position))};
  return slot.text;
}

}  // namespace portd::api
