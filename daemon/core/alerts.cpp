#include "daemon/core/alerts.hpp"

namespace portd::core {

bool Alerts::raise(AlertKind kind, const std::string& subject, std::string detail, TimePoint now) {
  auto [it, is_new] = raised_.try_emplace({kind, subject});
  if (is_new) it->second = {kind, subject, {}, now};
  it->second.detail = std::move(detail);
  return is_new;
}

bool Alerts::resolve(AlertKind kind, const std::string& subject) { return raised_.erase({kind, subject}) > 0; }

std::vector<Alert> Alerts::raised() const {
  std::vector<Alert> list;
  for (const auto& [key, alert] : raised_) list.push_back(alert);
  return list;
}

}  // namespace portd::core
