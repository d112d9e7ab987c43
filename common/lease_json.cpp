#include "common/lease_json.hpp"

#include <algorithm>

#include "common/field_reader.hpp"
#include "common/wire_fields.hpp"

namespace portd {
namespace {

Json to_json(const Holder& holder) {
  return {{"pid", holder.id.pid},
          {"command", holder.command},
          {"cwd", holder.cwd},
          {"started_at", to_rfc3339(holder.started_at)}};
}

Json to_json(const Container& container) {
  return {{"id", container.id},
          {"name", text_or_null(container.name)},
          {"image", text_or_null(container.image)},
          {"key", text_or_null(container.key)}};
}

Result<Holder> holder_from_json(const Json& json) {
  FieldReader reader("a holder", json);
  Holder holder;
  holder.id.pid = static_cast<pid_t>(reader.required<std::int64_t>("pid", reader.integer("pid", 1, INT32_MAX), 0));
  holder.command = optional_text(reader, "command");
  holder.cwd = optional_text(reader, "cwd");
  holder.started_at = optional_time(reader, "started_at").value_or(TimePoint{});
  if (reader.error()) return *reader.error();
  return holder;
}

void read_started_by(FieldReader& reader, Origin& origin) {
  const Json* list = reader.find("started_by");
  if (list == nullptr) return;
  if (!list->is_array()) return reader.refuse("started_by", "must be an array");
  for (const Json& each : *list) {
    FieldReader one("a parent", each);
    const auto pid = one.required<std::int64_t>("pid", one.integer("pid", 0, INT32_MAX), 0);
    origin.started_by.push_back({static_cast<pid_t>(pid), optional_text(one, "command")});
    if (one.error()) return reader.refuse("started_by", *one.error());
  }
}

void read_container(FieldReader& reader, Listener& listener) {
  const Json* json = reader.find("container");
  if (json == nullptr || json->is_null()) return;
  FieldReader one("a container", *json);
  listener.container = Container{one.required<std::string>("id", one.text("id"), ""), optional_text(one, "name"),
                                 optional_text(one, "image"), optional_text(one, "key")};
  if (one.error()) reader.refuse("container", *one.error());
}

Result<Listener> listener_from_json(const Json& json, Port port) {
  FieldReader reader("a listener", json);
  Listener listener;
  listener.port = port;
  listener.protocol = reader.required("protocol", reader.word<Protocol>("protocol"), Protocol::tcp);
  listener.address = reader.required<std::string>("address", reader.text("address"), "");
  listener.v6_only = reader.boolean("v6_only").value_or(false);
  listener.user = optional_text(reader, "user");
  if (reader.find("pid") != nullptr && !reader.is_null("pid")) {
    Holder process;
    process.id.pid = static_cast<pid_t>(reader.integer("pid", 1, INT32_MAX).value_or(0));
    process.command = optional_text(reader, "command");
    process.cwd = optional_text(reader, "cwd");
    process.started_at = optional_time(reader, "since").value_or(TimePoint{});
    listener.process = std::move(process);
  }
  listener.origin.branch = optional_text(reader, "branch");
  listener.origin.unit = optional_text(reader, "unit");
  listener.origin.user_unit = reader.boolean("user_unit").value_or(false);
  listener.origin.terminal = optional_text(reader, "terminal");
  listener.note = optional_text(reader, "note");
  read_started_by(reader, listener.origin);
  read_container(reader, listener);
  if (reader.error()) return *reader.error();
  return listener;
}

void read_warnings(FieldReader& reader, PortReport& report) {
  const Json* list = reader.find("warnings");
  if (list == nullptr) return;
  if (!list->is_array()) return reader.refuse("warnings", "must be an array");
  for (const Json& each : *list) {
    if (!each.is_string()) return reader.refuse("warnings", "must be strings");
    report.warnings.push_back(each.get<std::string>());
  }
}

void read_key(FieldReader& reader, Key& key) {
  key.project = reader.required<std::string>("project", reader.name("project"), "");
  key.service = reader.required<std::string>("service", reader.name("service"), "");
  key.instance = reader.required<std::string>("instance", reader.name("instance"), "");
  key.role = reader.required<std::string>("role", reader.name("role"), "");
}

void read_holder(FieldReader& reader, Lease& lease) {
  const Json* json = reader.find("holder");
  if (json == nullptr || json->is_null()) return;
  auto holder = holder_from_json(*json);
  if (!holder) return reader.refuse("holder", holder.error());
  lease.holder = std::move(*holder);
  lease.holder_alive = true;
}

}  // namespace

Json to_json(const Lease& lease) {
  return {{"id", lease.id},
          {"port", lease.port.number()},
          {"protocol", to_text(lease.protocol)},
          {"project", lease.key.project},
          {"service", lease.key.service},
          {"instance", lease.key.instance},
          {"role", lease.key.role},
          {"kind", to_text(lease.kind)},
          {"state", to_text(lease.state)},
          {"hold", to_text(lease.hold)},
          {"held", lease.held},
          {"url", lease.url()},
          {"cwd", text_or_null(lease.cwd)},
          {"expires_at", text_or_null(lease.expires_at)},
          {"holder", lease.holder && lease.holder_alive ? to_json(*lease.holder) : Json(nullptr)},
          {"created_at", to_rfc3339(lease.created_at)},
          {"updated_at", to_rfc3339(lease.updated_at)},
          {"last_used_at", to_rfc3339(lease.last_used_at)},
          {"revision", lease.revision.text()}};
}

Json to_json(const Listener& listener) {
  Json json{{"protocol", to_text(listener.protocol)},
            {"address", listener.address},
            {"v6_only", listener.v6_only},
            {"pid", nullptr},
            {"command", nullptr},
            {"cwd", nullptr},
            {"user", listener.user},
            {"since", nullptr},
            {"branch", text_or_null(listener.origin.branch)},
            {"started_by", Json::array()},
            {"unit", text_or_null(listener.origin.unit)},
            {"user_unit", listener.origin.user_unit},
            {"terminal", text_or_null(listener.origin.terminal)},
            {"container", listener.container ? to_json(*listener.container) : Json(nullptr)},
            {"note", text_or_null(listener.note)}};
  for (const Ancestor& each : listener.origin.started_by) {
    json["started_by"].push_back({{"pid", each.pid}, {"command", each.command}});
  }
  if (!listener.process) return json;
  json["pid"] = listener.process->id.pid;
  json["command"] = listener.process->command;
  json["cwd"] = text_or_null(listener.process->cwd);
  json["since"] = to_rfc3339(listener.process->started_at);
  return json;
}

Json to_json(const PortReport& report) {
  Json listeners = Json::array();
  for (const Listener& listener : report.listeners) listeners.push_back(to_json(listener));
  return {{"port", report.port.number()},
          {"verdict", to_text(report.verdict)},
          {"lease", report.lease ? to_json(*report.lease) : Json(nullptr)},
          {"listeners", std::move(listeners)},
          {"barred", report.barred ? Json(to_text(*report.barred)) : Json(nullptr)},
          {"ephemeral", report.ephemeral},
          {"warnings", report.warnings}};
}

Json to_json(const std::vector<Lease>& leases, const Revision& revision) {
  Json list = Json::array();
  for (const Lease& lease : leases) list.push_back(to_json(lease));
  return {{"leases", std::move(list)}, {"revision", revision.text()}};
}

Json to_json(const PortsReport& report) {
  Json json = to_json(report.leases, report.revision);
  json["foreign"] = Json::array();
  for (const PortReport& each : report.foreign) json["foreign"].push_back(to_json(each));
  return json;
}

Result<Lease> lease_from_json(const Json& json) {
  FieldReader reader("a lease", json);
  Lease lease;
  lease.id = reader.required<std::string>("id", reader.text("id"), "");
  lease.port = reader.required("port", reader.port("port"), Port(1));
  lease.protocol = reader.required("protocol", reader.word<Protocol>("protocol"), Protocol::tcp);
  read_key(reader, lease.key);
  lease.kind = reader.required("kind", reader.word<LeaseKind>("kind"), LeaseKind::sticky);
  lease.state = reader.required("state", reader.word<LeaseState>("state"), LeaseState::reserved);
  lease.hold = reader.required("hold", reader.word<HoldMode>("hold"), HoldMode::open);
  lease.held = reader.required("held", reader.boolean("held"), false);
  lease.cwd = optional_text(reader, "cwd");
  lease.expires_at = optional_time(reader, "expires_at");
  read_holder(reader, lease);
  lease.created_at = reader.required("created_at", reader.time("created_at"), TimePoint{});
  lease.updated_at = reader.required("updated_at", reader.time("updated_at"), TimePoint{});
  lease.last_used_at = reader.required("last_used_at", reader.time("last_used_at"), TimePoint{});
  read_revision(reader, lease.revision);
  if (reader.error()) return *reader.error();
  return lease;
}

Result<PortReport> port_report_from_json(const Json& json) {
  FieldReader reader("a port's report", json);
  PortReport report;
  report.port = reader.required("port", reader.port("port"), Port(1));
  report.verdict = reader.required("verdict", reader.word<Verdict>("verdict"), Verdict::free);
  if (const Json* lease = reader.find("lease"); lease != nullptr && !lease->is_null()) {
    auto read = lease_from_json(*lease);
    if (!read) return read.error();
    report.lease = std::move(*read);
  }
  if (!reader.is_null("barred")) report.barred = reader.word<Verdict>("barred");
  report.ephemeral = reader.boolean("ephemeral").value_or(false);
  read_warnings(reader, report);
  const Json* listeners = reader.find("listeners");
  if (listeners != nullptr && !listeners->is_array()) reader.refuse("listeners", "must be an array");
  if (reader.error()) return *reader.error();
  if (listeners == nullptr) return report;
  for (const Json& each : *listeners) {
    auto listener = listener_from_json(each, report.port);
    if (!listener) return listener.error();
    report.listeners.push_back(std::move(*listener));
  }
  return report;
}

Result<PortsReport> ports_report_from_json(const Json& json) {
  FieldReader reader("a list of ports", json);
  PortsReport list;
  read_revision(reader, list.revision);
  for (const char* field : {"leases", "foreign"}) {
    const Json* entries = reader.find(field);
    if (entries == nullptr || !entries->is_array()) reader.refuse(field, "must be an array");
  }
  if (reader.error()) return *reader.error();
  for (const Json& each : json["leases"]) {
    auto lease = lease_from_json(each);
    if (!lease) return lease.error();
    list.leases.push_back(std::move(*lease));
  }
  for (const Json& each : json["foreign"]) {
    auto report = port_report_from_json(each);
    if (!report) return report.error();
    list.foreign.push_back(std::move(*report));
  }
  return list;
}

}  // namespace portd
