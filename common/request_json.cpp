// The requests of lease_json.hpp: what a caller states, and how it is checked.
#include <algorithm>
#include <array>
#include <set>

#include "common/field_reader.hpp"
#include "common/lease_json.hpp"

namespace portd {
namespace {

constexpr std::array<std::string_view, 19> grant_fields{
    "service", "project",  "instance", "role", "roles", "count", "port", "range",    "strategy", "on_conflict",
    "wait",    "protocol", "kind",     "ttl",  "pid",   "cwd",   "hold", "handover", "adopt"};
constexpr std::array<std::string_view, 5> patch_fields{"ttl", "kind", "hold", "pid", "cwd"};

constexpr std::int64_t most_roles = 1000;
constexpr Millis longest_wait = std::chrono::minutes(10);
constexpr Millis shortest_ttl{1};
constexpr Millis longest_ttl = std::chrono::hours(24 * 3650);

std::optional<pid_t> read_pid(FieldReader& reader) {
  const auto pid = reader.integer("pid", 1, INT32_MAX);
  return pid ? std::optional(static_cast<pid_t>(*pid)) : std::nullopt;
}

void check_ttl(FieldReader& reader, const std::optional<LeaseKind>& kind, const std::optional<Millis>& ttl) {
  if (!ttl || !kind || *kind == LeaseKind::ttl) return;
  reader.refuse("ttl", "belongs to kind \"ttl\" only; leave it out or ask for \"kind\": \"ttl\"");
}

std::vector<std::string> read_roles(FieldReader& reader, const Json& list) {
  if (!list.is_array() || list.empty() || list.size() > most_roles) {
    reader.refuse("roles", "must be an array of 1 to " + std::to_string(most_roles) + " names");
    return {};
  }
  std::vector<std::string> roles;
  std::set<std::string_view> seen;
  for (const Json& each : list) {
    if (!each.is_string()) {
      reader.refuse("roles", std::string("must hold strings only, not ") + each.type_name());
      return {};
    }
    const auto& role = each.get_ref<const std::string&>();
    if (!seen.insert(role).second) reader.refuse("roles", "names a role twice; state each once");
    if (auto checked = checked_name("role", role); !checked) reader.refuse("roles", checked.error());
    roles.push_back(role);
  }
  return roles;
}

// R, R-2, R-3, ...: as many as `count` says.
std::vector<std::string> counted_roles(FieldReader& reader, const std::string& role, std::int64_t count) {
  std::vector<std::string> roles{role};
  for (std::int64_t i = 2; i <= count; ++i) roles.push_back(role + "-" + std::to_string(i));
  if (!is_valid_name(roles.back())) reader.refuse("role", "is too long for \"count\"; shorten it");
  return roles;
}

void read_roles_of(FieldReader& reader, GrantRequest& request) {
  const Json* listed = reader.find("roles");
  const auto role = reader.name("role");
  const auto count = reader.integer("count", 1, most_roles);
  if (listed && role) return reader.refuse("role", "and \"roles\" contradict each other; state one of them");
  if (listed && count) return reader.refuse("count", "and \"roles\" contradict each other; state one of them");
  request.bundle = listed != nullptr || count.has_value();
  if (role) request.roles = {*role};
  if (listed) request.roles = read_roles(reader, *listed);
  if (count) request.roles = counted_roles(reader, request.roles.front(), *count);
}

// Adopting is about a server that runs: there is nothing to choose.
void check_adoption(FieldReader& reader, const GrantRequest& request) {
  if (!request.port) return reader.refuse("port", "is missing; say which port is to be adopted");
  constexpr std::string_view why = "and \"adopt\" contradict each other; leave it out";
  for (const char* field :
       {"on_conflict", "strategy", "range", "wait", "ttl", "protocol", "pid", "roles", "count", "handover"}) {
    if (reader.find(field) != nullptr) reader.refuse(field, std::string(why));
  }
  if (request.kind.value_or(LeaseKind::sticky) != LeaseKind::sticky) {
    reader.refuse("kind", "must be sticky with \"adopt\"; leave it out");
  }
}

void check_together(FieldReader& reader, const GrantRequest& request) {
  if (request.adopt) return check_adoption(reader, request);
  check_ttl(reader, request.kind, request.ttl);
  if (!request.service && request.kind != LeaseKind::process) {
    reader.refuse("service", "is missing; say who the port is for, such as \"service\": \"shop\"");
  }
  if (request.wait && request.on_conflict != OnConflict::wait) {
    reader.refuse("wait", "needs \"on_conflict\": \"wait\"; add that or leave it out");
  }
  if (request.port && request.roles.size() > 1) {
    reader.refuse("port", "is for one role, and this asks for " + std::to_string(request.roles.size()) +
                              "; leave it out or ask for each role by itself");
  }
}

template <class T>
void put(Json& json, const char* field, const std::optional<T>& value) {
  if (value) json[field] = *value;
}

template <class E>
void put_word(Json& json, const char* field, const std::optional<E>& value) {
  if (value) json[field] = to_text(*value);
}

void put_duration(Json& json, const char* field, const std::optional<Millis>& value) {
  if (value) json[field] = to_text(*value);
}

}  // namespace

Result<GrantRequest> grant_request_from_json(const Json& json) {
  FieldReader reader("a grant", json);
  reader.only(grant_fields);
  GrantRequest request;
  request.service = reader.name("service");
  request.project = reader.name("project").value_or(request.project);
  request.instance = reader.name("instance").value_or(request.instance);
  read_roles_of(reader, request);
  request.port = reader.port("port");
  request.range = reader.name("range");
  request.strategy = reader.word<Strategy>("strategy");
  request.on_conflict = reader.word<OnConflict>("on_conflict");
  request.wait = reader.duration("wait", Millis::zero(), longest_wait);
  request.protocol = reader.word<Protocol>("protocol");
  request.kind = reader.word<LeaseKind>("kind");
  request.ttl = reader.duration("ttl", shortest_ttl, longest_ttl);
  request.no_holder = reader.is_null("pid");
  if (!request.no_holder) request.pid = read_pid(reader);
  request.cwd = reader.folder("cwd");
  request.hold = reader.word<HoldMode>("hold");
  request.handover = reader.boolean("handover").value_or(false);
  request.adopt = reader.boolean("adopt").value_or(false);
  if (!reader.error()) check_together(reader, request);
  if (reader.error()) return *reader.error();
  return request;
}

Result<LeasePatch> lease_patch_from_json(const Json& json) {
  FieldReader reader("a change of a lease", json);
  reader.only(patch_fields);
  LeasePatch patch;
  patch.ttl = reader.duration("ttl", shortest_ttl, longest_ttl);
  patch.kind = reader.word<LeaseKind>("kind");
  patch.hold = reader.word<HoldMode>("hold");
  patch.pid = read_pid(reader);
  patch.cwd = reader.folder("cwd");
  check_ttl(reader, patch.kind, patch.ttl);
  if (reader.error()) return *reader.error();
  return patch;
}

Json to_json(const GrantRequest& request) {
  const GrantRequest defaults;
  Json json = Json::object();
  put(json, "service", request.service);
  if (request.project != defaults.project) json["project"] = request.project;
  if (request.instance != defaults.instance) json["instance"] = request.instance;
  if (request.bundle) {
    json["roles"] = request.roles;
  } else if (request.roles != defaults.roles) {
    json["role"] = request.roles.front();
  }
  if (request.port) json["port"] = request.port->number();
  put(json, "range", request.range);
  put_word(json, "strategy", request.strategy);
  put_word(json, "on_conflict", request.on_conflict);
  put_duration(json, "wait", request.wait);
  put_word(json, "protocol", request.protocol);
  put_word(json, "kind", request.kind);
  put_duration(json, "ttl", request.ttl);
  if (request.no_holder) json["pid"] = nullptr;
  put(json, "pid", request.pid);
  put(json, "cwd", request.cwd);
  put_word(json, "hold", request.hold);
  if (request.handover) json["handover"] = true;
  if (request.adopt) json["adopt"] = true;
  return json;
}

Json to_json(const LeasePatch& patch) {
  Json json = Json::object();
  put_duration(json, "ttl", patch.ttl);
  put_word(json, "kind", patch.kind);
  put_word(json, "hold", patch.hold);
  put(json, "pid", patch.pid);
  put(json, "cwd", patch.cwd);
  return json;
}

}  // namespace portd
