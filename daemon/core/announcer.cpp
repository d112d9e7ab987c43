#include "daemon/core/announcer.hpp"

namespace portd::core {
namespace {

EventKind kind_of(ChangeReason reason) {
  switch (reason) {
    case ChangeReason::granted:
      return EventKind::lease_granted;
    case ChangeReason::moved:
      return EventKind::lease_moved;
    case ChangeReason::changed:
      return EventKind::lease_changed;
    case ChangeReason::released:
      return EventKind::lease_released;
    case ChangeReason::expired:
      return EventKind::lease_expired;
  }
  return EventKind::lease_changed;
}

EventKind kind_of(AlertState state) {
  switch (state) {
    case AlertState::raised:
      return EventKind::alert_raised;
    case AlertState::acknowledged:
      return EventKind::alert_acknowledged;
    case AlertState::resolved:
      return EventKind::alert_resolved;
  }
  return EventKind::alert_raised;
}

}  // namespace

void Announcer::committed(const Changes& changes) {
  for (const Change& change : changes) {
    std::visit([this](const auto& one) { announce(one); }, change);
  }
  events_.flush();
}

void Announcer::announce(const LeaseChange& change) {
  Lease lease = change.after ? *change.after : *change.before;
  if (change.after) lease = leases_.view(lease);
  events_.add({kind_of(change.reason), change.revision, change.at, std::move(lease)});
  if (change.reason != ChangeReason::moved) return;
  // The service that stands on it is elsewhere now.
  const Registration* registration = registry_.standing_on(*change.after);
  if (registration == nullptr) return;
  events_.tell(EventKind::service_updated, change.at, news_of(*registration));
  health_.look_again(*change.after);
}

void Announcer::announce(const ServiceChange& change) {
  const Registration& registration = change.after ? *change.after : *change.before;
  ServiceNews news = news_of(registration);
  if (change.before) news.previous_tags = change.before->declaration.tags;
  const EventKind kind = !change.before  ? EventKind::service_registered
                         : !change.after ? EventKind::service_deregistered
                                         : EventKind::service_updated;
  events_.add({kind, change.revision, change.at, std::move(news)});
}

// As it is by now; what has gone meanwhile, as it was declared.
ServiceNews Announcer::news_of(const Registration& registration) const {
  ServiceNews news{registration.key};
  news.tags = registration.declaration.tags;
  Instance seen;
  if (const Registration* known = registry_.find(registration.key)) {
    seen = health_.view(*known);
  } else {
    seen.host = registration.declaration.host;
    seen.port = registry_.port_of(registration);
  }
  news.url = seen.url();
  news.port = seen.port;
  news.status = seen.status;
  news.reason = seen.reason;
  news.affected_by = seen.affected_by;
  return news;
}

void Announcer::alert_changed(const Alert& alert) { events_.tell(kind_of(alert.state), clock_().wall, alert); }

void Announcer::state_changed(const Lease& lease) {
  events_.tell(EventKind::lease_state, clock_().wall, lease);
  health_.look_again(lease);
}

}  // namespace portd::core
