#include "daemon/api/history_json.hpp"

#include <cmath>
#include <string>

#include "common/wire_fields.hpp"

namespace portd::api {
namespace {

Json millis(const std::optional<std::chrono::microseconds>& latency) {
  return latency ? Json(static_cast<double>(latency->count()) / 1000) : Json(nullptr);
}

// To four decimals: 0.9993.
double share(Millis part, Millis whole) {
  return std::round(10'000 * static_cast<double>(part.count()) / static_cast<double>(whole.count())) / 10'000;
}

Json entry_json(const core::HistoryEntry& entry) {
  Json json{
      {"port", entry.port.number()},    {"protocol", to_text(entry.protocol)},
      {"from", to_rfc3339(entry.from)}, {"until", text_or_null(entry.until)},
      {"what", to_text(entry.what)},    {"verdict", entry.verdict ? Json(to_text(*entry.verdict)) : Json(nullptr)}};
  json["project"] = entry.key ? Json(entry.key->project) : Json(nullptr);
  json["service"] = entry.key ? Json(entry.key->service) : Json(nullptr);
  json["instance"] = entry.key ? Json(entry.key->instance) : Json(nullptr);
  json["role"] = entry.key ? Json(entry.key->role) : Json(nullptr);
  json["lease"] = text_or_null(entry.lease);
  json["pid"] = entry.pid ? Json(*entry.pid) : Json(nullptr);
  json["command"] = text_or_null(entry.command);
  json["cwd"] = text_or_null(entry.cwd);
  json["user"] = text_or_null(entry.user);
  json["reason"] = entry.reason;
  return json;
}

}  // namespace

Json to_json(const core::HistoryPage& page) {
  Json entries = Json::array();
  for (const core::HistoryEntry& entry : page.entries) entries.push_back(entry_json(entry));
  return {{"entries", std::move(entries)}, {"truncated", page.truncated}};
}

Json to_json(const core::ServiceSample& sample) {
  Json latency(nullptr);
  if (sample.latencies.count() > 0) {
    latency = {{"avg", millis(sample.latencies.average())},
               {"max", millis(sample.latencies.max())},
               {"p50", millis(sample.latencies.percentile(0.5))},
               {"p95", millis(sample.latencies.percentile(0.95))}};
  }
  return {{"project", sample.key.project},
          {"service", sample.key.service},
          {"instance", sample.key.instance},
          {"uptime", sample.watched > Millis(0) ? Json(share(sample.up, sample.watched)) : Json(nullptr)},
          {"checks", sample.checks},
          {"failures", sample.failures},
          {"latency_ms", std::move(latency)}};
}

Json to_json(const core::PortCounts& ports) {
  return {{"leased", ports.leased}, {"listening", ports.listening}, {"foreign", ports.foreign}};
}

Json to_json(const core::OccupancyPoint& point) {
  Json json{{"at", to_rfc3339(point.at)}};
  json.update(to_json(point.ports));
  return json;
}

}  // namespace portd::api
