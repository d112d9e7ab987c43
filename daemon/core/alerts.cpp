#include "daemon/core/alerts.hpp"

#include <utility>

namespace portd::core {

void Alerts::mute(std::set<AlertKind> kinds) {
  mute_ = std::move(kinds);
  for (const auto& [key, alert] : std::exchange(muted_, {})) {
    raise(alert.kind, alert.subject, alert.detail, alert.since);
  }
  for (const Alert& alert : raised()) {
    if (!mute_.contains(alert.kind)) continue;
    resolve(alert.kind, alert.subject);
    raise(alert.kind, alert.subject, alert.detail, alert.since);  // to be remembered
  }
}

bool Alerts::raise(AlertKind kind, const std::string& subject, std::string detail, TimePoint now) {
  const bool muted = mute_.contains(kind);
  auto [it, is_new] = (muted ? muted_ : raised_).try_emplace({kind, subject});
  if (is_new) it->second = {kind, subject, {}, now};
  it->second.detail = std::move(detail);
  const bool news = is_new && !muted;
  if (news) told_raised_(Alert(it->second));
  return news;
}

bool Alerts::resolve(AlertKind kind, const std::string& subject) {
  muted_.erase({kind, subject});
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
