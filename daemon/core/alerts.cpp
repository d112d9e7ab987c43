#include "daemon/core/alerts.hpp"

namespace portd::core {

bool Alerts::raise(AlertKind kind, const std::string& subject, std::string detail, TimePoint now) {
  auto [it, is_new] = raised_.try_emplace({kind, subject});
  if (is_new) it->second = {kind, subject, {}, now};
  it->second.detail = std::move(detail);
  if (is_new) told_raised_(Alert(it->second));
  return is_new;
}

bool Alerts::resolve(AlertKind kind, const std::string& subject) {
  const auto found = raised_.extract({kind, subject});
  if (found.empty()) return false;
  told_resolved_(found.mapped());
  return true;
}

std::vector<Alert> Alerts::raised() const {
  std::vector<Alert> list;
  for (const auto& [key, alert] : raised_) list.push_back(alert);
  return list;
}

}  // namespace portd::core
