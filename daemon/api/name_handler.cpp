// http://SERVICE.localhost:PORT/path: the way to a service by its name.
#include <algorithm>
#include <map>

#include "daemon/api/durable.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/page.hpp"

namespace portd::api {
namespace {

using Places = std::map<InstanceKey, std::string>;  // where each instance is

// What is registered, and what only has a lease.
Places all_places(const Context& context) {
  Places places;
  context.leases.table().for_each([&](const Lease& lease) {
    if (lease.key.role == Key{}.role) places.emplace(instance_of(lease.key), lease.url());
  });
  for (const Instance& instance : context.discovery.list({})) places.insert_or_assign(instance.key, instance.url());
  return places;
}

// Those that "SERVICE" or "INSTANCE.SERVICE" may mean; a name may itself have dots. Without an instance, `main`
// of every project that has one.
Places meant_by(const std::string& name, const Places& all) {
  Places mains;
  Places others;
  for (const auto& [key, url] : all) {
    if (name == key.instance + "." + key.service) mains.emplace(key, url);
    if (name != key.service) continue;
    (key.instance == InstanceKey{}.instance ? mains : others).emplace(key, url);
  }
  return mains.empty() ? others : mains;
}

std::vector<Choice> choices_of(const Places& places) {
  std::vector<Choice> choices;
  for (const auto& [key, url] : places) choices.push_back({key.text(), url});
  return choices;
}

Response redirect(const std::string& url, const Request& request) {
  Response response = no_content();
  response.status = 307;
  response.extra = "Location: " + url + std::string(request.path);
  if (!request.query.empty()) response.extra += "?" + std::string(request.query);
  response.extra += "\r\n";
  return response;
}

Response answer(const std::string& name, const Context& context, const Request& request) {
  const Places all = all_places(context);
  const Places meant = meant_by(name, all);
  if (meant.size() == 1) return redirect(meant.begin()->second, request);
  const bool unknown = meant.empty();
  const std::string title = unknown ? "There is no service " + name : "Several services are called " + name;
  Response page = page_response(choices_html(title, choices_of(unknown ? all : meant)), page_policy());
  page.status = unknown ? 404 : 300;
  return page;
}

}  // namespace

Task<Response> follow_name(Call& call) {
  std::string name(call.path_values[0]);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  while (true) {
    Response response = answer(name, call.context, call.request);
    const auto lost = co_await durable(call.context.journal, call.context.journal.newest());
    if (!lost) co_return response;
    // What was read has been undone meanwhile: read again.
  }
}

}  // namespace portd::api
