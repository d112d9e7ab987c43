#include "daemon/core/event.hpp"

#include <algorithm>

namespace portd::core {
namespace {

bool matches(const InstanceKey& key, const InstanceFilter& filter) {
  return (!filter.project || *filter.project == key.project) && (!filter.service || *filter.service == key.service) &&
         (!filter.instance || *filter.instance == key.instance);
}

bool has(const std::vector<std::string>& tags, const std::optional<std::string>& tag) {
  return !tag || std::ranges::find(tags, *tag) != tags.end();
}

// Only service.status knows which status it was before.
bool has_or_had(const ServiceNews& news, const InstanceFilter& filter) {
  return (has(news.tags, filter.tag) || has(news.previous_tags, filter.tag)) &&
         (!filter.status || !news.previous || *filter.status == news.status || filter.status == news.previous);
}

bool has_now(const CheckNews& news, const InstanceFilter& filter) {
  return has(news.tags, filter.tag) && (!filter.status || *filter.status == news.service_status);
}

}  // namespace

bool concerns(const Event& event, const InstanceFilter& filter) {
  if (const auto* news = std::get_if<ServiceNews>(&event.what)) {
    return matches(news->key, filter) && has_or_had(*news, filter);
  }
  if (const auto* news = std::get_if<CheckNews>(&event.what)) {
    return matches(news->key, filter) && has_now(*news, filter);
  }
  return false;
}

}  // namespace portd::core
