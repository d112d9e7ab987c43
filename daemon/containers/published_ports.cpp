#include "daemon/containers/published_ports.hpp"

#include <algorithm>
#include <string>

#include "common/json.hpp"
#include "common/printable.hpp"

namespace portd::containers {
namespace {

constexpr std::size_t most_ports = 4'096;
constexpr std::size_t longest_text = 255;
constexpr const char* label = "portd.service";

std::string plain(std::string text) {
  text.resize(std::min(text.size(), longest_text));
  return without_controls(text);
}

std::string text_in(const Json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string() ? plain(found->get<std::string>()) : "";
}

const Json* list_in(const Json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_array() ? &*found : nullptr;
}

// The engine puts a slash before it.
std::string name_of(const Json& container) {
  const Json* names = list_in(container, "Names");
  if (names == nullptr || names->empty() || !names->front().is_string()) return "";
  std::string name = plain(names->front().get<std::string>());
  if (name.starts_with("/")) name.erase(0, 1);
  return name;
}

Container container_of(const Json& json) {
  Container container;
  container.id = text_in(json, "Id").substr(0, 12);
  container.name = name_of(json);
  container.image = text_in(json, "Image");
  const auto labels = json.find("Labels");
  if (labels != json.end() && labels->is_object()) container.key = text_in(*labels, label);
  return container;
}

std::optional<Port> public_port(const Json& json) {
  const auto found = json.find("PublicPort");
  if (found == json.end() || !found->is_number_integer()) return std::nullopt;  // exposed, and not published
  const auto port = Port::checked(found->get<std::int64_t>());
  return port ? std::optional(*port) : std::nullopt;
}

void add_ports(const Json& container, std::vector<core::PublishedPort>& published) {
  const Json* ports = container.is_object() ? list_in(container, "Ports") : nullptr;
  if (ports == nullptr) return;
  const Container owner = container_of(container);
  for (const Json& each : *ports) {
    if (!each.is_object() || published.size() == most_ports) continue;
    const auto port = public_port(each);
    const std::string type = text_in(each, "Type");
    if (!port || (type != "tcp" && type != "udp")) continue;
    published.push_back({type == "tcp" ? Protocol::tcp : Protocol::udp, *port, text_in(each, "IP"), owner});
  }
}

// What follows the head of a 200.
std::optional<std::string_view> body_of(std::string_view answer) {
  constexpr std::string_view end_of_head = "\r\n\r\n";
  const bool ok = answer.starts_with("HTTP/1.0 200") || answer.starts_with("HTTP/1.1 200");
  const auto end = answer.find(end_of_head);
  if (!ok || end == std::string_view::npos) return std::nullopt;
  return answer.substr(end + end_of_head.size());
}

}  // namespace

std::optional<std::vector<core::PublishedPort>> published_in(std::string_view answer) {
  const auto body = body_of(answer);
  if (!body) return std::nullopt;
  const auto json = parse_json(*body);
  if (!json || !json->is_array()) return std::nullopt;
  std::vector<core::PublishedPort> published;
  for (const Json& container : *json) add_ports(container, published);
  return published;
}

}  // namespace portd::containers
