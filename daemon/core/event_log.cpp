#include "daemon/core/event_log.hpp"

#include <algorithm>
#include <utility>

namespace portd::core {

void EventLog::add(Event event) {
  const Revision revision = event.revision;
  newest_added_ = std::max(newest_added_, revision);
  held_back_.emplace(revision, std::move(event));
}

void EventLog::flush() {
  while (!held_back_.empty()) {
    const auto pending = journal_.oldest_pending();
    if (pending && *pending < held_back_.begin()->first) return;
    publish(std::move(held_back_.extract(held_back_.begin()).mapped()));
  }
}

void EventLog::publish(Event event) {
  events_.push_back(std::move(event));
  if (events_.size() > kept) {
    floor_ = events_.front().revision;
    events_.pop_front();
    ++first_;
  }
  const Position position = end() - 1;
  for (const auto& callback : published_) callback(at(position));
}

std::optional<EventLog::Position> EventLog::after(const Revision& revision) const {
  if (revision.epoch != newest().epoch || revision < floor_ || revision > newest()) return std::nullopt;
  const auto next = std::ranges::upper_bound(events_, revision, {}, &Event::revision);
  return first_ + static_cast<Position>(next - events_.begin());
}

bool EventLog::changed_since(const Revision& revision, const InstanceFilter& filter) const {
  const auto position = after(revision);
  if (!position) return true;
  return std::any_of(events_.begin() + static_cast<std::ptrdiff_t>(*position - first_), events_.end(),
                     [&](const Event& event) { return concerns(event, filter); });
}

}  // namespace portd::core
