#include "client/event_text.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <vector>

#include "client/colour.hpp"
#include "client/instance_text.hpp"
#include "client/key_options.hpp"
#include "client/terminal_text.hpp"
#include "common/wording.hpp"

namespace portd::client {
namespace {

// The closed vocabulary of section 5 of the design.
constexpr std::array<std::string_view, 16> known_events{
    "lease.granted",      "lease.moved",     "lease.changed",        "lease.released", "lease.expired", "lease.state",
    "service.registered", "service.updated", "service.deregistered", "service.status", "check.status",  "alert.raised",
    "alert.acknowledged", "alert.resolved",  "config.reloaded",      "reset"};
constexpr std::size_t widest_event = 20;
constexpr std::size_t widest_time = 24;  // as to_rfc3339 writes it

std::string text_of(const Json& json, const char* field) {
  if (!json.is_object()) return "";
  const auto found = json.find(field);
  if (found == json.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : dump_json(*found);
}

const Json& part_of(const Json& data, const char* field) {
  static const Json nothing = Json::object();
  const auto found = data.is_object() ? data.find(field) : data.end();
  return found == data.end() ? nothing : *found;
}

std::string name_of(const Json& part, const std::string& project_here) {
  Key key{text_of(part, "project"), text_of(part, "service"), text_of(part, "instance"), Key{}.role};
  if (part.contains("role")) key.role = text_of(part, "role");
  return name_here(key, project_here);
}

// The facts of one line, separated by commas. Escapes what it is given.
class EventFacts {
 public:
  explicit EventFacts(bool colour) : colour_(colour) {}

  void add(const std::string& fact) {
    if (!fact.empty()) append(escaped(in_short(fact)));
  }
  // "http critical (was passing)"
  void add_status(const std::string& of, const Json& part) {
    std::string fact = of.empty() ? "" : escaped(of) + " ";
    fact += in_colour(escaped(text_of(part, "status")), colour_);
    const std::string previous = text_of(part, "previous");
    if (!previous.empty() && previous != text_of(part, "status")) fact += " (was " + escaped(previous) + ")";
    append(fact);
  }
  void add_state(const std::string& state) { append(in_colour(escaped(state), colour_)); }

  const std::string& text() const { return text_; }

 private:
  void append(const std::string& safe) { text_ += (text_.empty() ? "" : ", ") + safe; }

  bool colour_;
  std::string text_;
};

void add_lease(EventFacts& facts, const Json& lease) {
  facts.add("port " + text_of(lease, "port"));
  facts.add_state(text_of(lease, "state"));
  facts.add(text_of(lease, "kind"));
}

void add_service(EventFacts& facts, const Json& service) {
  facts.add_status("", service);
  facts.add(text_of(service, "reason"));
  for (const Json& root : part_of(service, "affected_by")) {
    if (root.is_string()) facts.add("affected by " + root.get<std::string>());
  }
  facts.add(text_of(service, "url"));
}

void add_check(EventFacts& facts, const Json& check) {
  facts.add_status(text_of(check, "id"), check);
  facts.add(text_of(check, "output"));
}

void add_alert(EventFacts& facts, const Json& alert) {
  facts.add(text_of(alert, "kind"));
  facts.add(text_of(alert, "detail"));
}

}  // namespace

std::string event_line(std::string_view event, const Json& data, const std::string& project_here, bool colour) {
  EventFacts facts(colour);
  std::string subject;
  if (event.starts_with("lease.")) {
    add_lease(facts, part_of(data, "lease"));
    subject = name_of(part_of(data, "lease"), project_here);
  } else if (event.starts_with("service.")) {
    add_service(facts, part_of(data, "service"));
    subject = name_of(part_of(data, "service"), project_here);
  } else if (event.starts_with("check.")) {
    add_check(facts, part_of(data, "check"));
    subject = name_of(part_of(data, "check"), project_here);
  } else if (event.starts_with("alert.")) {
    add_alert(facts, part_of(data, "alert"));
    subject = text_of(part_of(data, "alert"), "subject");
  } else {
    facts.add(text_of(data, "reason"));
  }
  std::string at = escaped(text_of(data, "at"));
  at.resize(std::max(at.size(), widest_time), ' ');
  std::string line = at + "  " + escaped(event);
  line.append(event.size() < widest_event ? widest_event - event.size() : 0, ' ');
  if (!subject.empty()) line += "  " + escaped(subject);
  if (!facts.text().empty()) line += "  " + facts.text();
  return line.substr(0, line.find_last_not_of(' ') + 1);
}

bool matches_event(const std::string& pattern, const std::string& event) {
  return ::fnmatch(pattern.c_str(), event.c_str(), 0) == 0;
}

bool matches_some_event(const std::string& pattern) {
  return std::ranges::any_of(known_events,
                             [&pattern](std::string_view event) { return matches_event(pattern, std::string(event)); });
}

std::string event_hint(const std::string& pattern) {
  if (std::string hint = did_you_mean(pattern, known_events); !hint.empty()) return hint;
  std::string all = "; there are";
  for (const std::string_view event : known_events)
    all += (event == known_events.front() ? " " : ", ") + std::string(event);
  return all;
}

}  // namespace portd::client
