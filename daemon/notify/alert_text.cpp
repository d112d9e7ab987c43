#include "daemon/notify/alert_text.hpp"

#include "common/alert_json.hpp"
#include "common/printable.hpp"

namespace portd::notify {
namespace {

std::string value_text(const std::string& text) { return log_value(text); }
std::string value_text(std::int64_t number) { return std::to_string(number); }

}  // namespace

std::string log_line(const Alert& alert) {
  std::string line = "alert ";
  line.append(to_text(alert.state)).append(" id=").append(alert.id).append(" kind=").append(to_text(alert.kind));
  line += " subject=" + log_value(alert.subject) + " detail=" + log_value(alert.detail);
  for (const Fact& fact : alert.facts) {
    line += " " + fact.name + "=" + std::visit([](const auto& value) { return value_text(value); }, fact.value);
  }
  return line;
}

std::string delivery_id(const Alert& alert) { return alert.id + "-" + std::string(to_text(alert.state)); }

std::string webhook_body(const Alert& alert, const std::string& host) {
  return dump_json(
      {{"event", "alert." + std::string(to_text(alert.state))}, {"host", host}, {"alert", to_json(alert)}});
}

}  // namespace portd::notify
