#include "config/project_check.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "common/service_json.hpp"
#include "common/sha256.hpp"
#include "common/wording.hpp"
#include "config/fixes.hpp"
#include "config/interpolation.hpp"
#include "config/key_path.hpp"
#include "config/validation.hpp"

namespace portd::config {
namespace {

// An edge of the graph of dependencies, with the value that states it.
struct Edge {
  std::string to;
  const Value* value;
  std::string key;
};

constexpr std::size_t most_services = 200;  // as the schema has it of one file

class ProjectCheck {
 public:
  ProjectCheck(const Value& services, const Originals& originals, std::vector<Mistake>& mistakes)
      : services_(services), originals_(originals), mistakes_(mistakes) {}

  void run() {
    if (services_.children.size() > most_services && !has_errors(mistakes_)) {
      tell(services_, "services", "has more than " + std::to_string(most_services) + " services in all its files", {});
    }
    collect_names();
    for (const Value& service : services_.children) check_service(service, below("services", service.name));
    check_cycles();
  }

 private:
  static constexpr std::size_t most_compared = 20'000;

  void collect_names() {
    for (const Value& service : services_.children) {
      const std::string name = project_name(service.name);
      if (!by_name_.emplace(name, &service).second) {
        tell_name(service, below("services", service.name),
                  "has the same name as " + in_quotes(by_name_[name]->name) + ": both are " + name + "; rename one");
      }
    }
    for (const auto& [name, service] : by_name_) names_.push_back(name);
  }

  void check_service(const Value& service, const std::string& key) {
    if (const Value* ports = service.find("ports")) check_ports(*ports, below(key, "ports"));
    if (const Value* needs = service.find("depends_on")) {
      collect_edges(project_name(service.name), *needs, below(key, "depends_on"));
    }
    if (const Value* checks = service.find("checks")) check_checks(*checks, below(key, "checks"));
    for (const char* section : {"env", "command", "checks", "metadata"}) {
      if (const Value* value = service.find(section)) check_references(*value, below(key, section));
    }
  }

  void check_ports(const Value& ports, const std::string& key) {
    std::set<std::string> roles;
    for (const Value& each : ports.children) {
      if (ports.type == Value::Type::list && !roles.insert(each.text).second) {
        tell(each, key, in_quotes(each.text) + " is stated twice; keep one", removal_of_merged(each));
      }
      const Value* number = each.find("port");
      if (number == nullptr || number->text.empty()) continue;
      const std::string own = below(key, each.name);
      const auto [taken, fresh] = ports_.emplace(number->text, own);
      if (fresh || taken->second == own) continue;
      tell(*number, below(own, "port"), number->text + " is asked for by " + taken->second + " too; choose another",
           removal_of_merged(*number));
    }
  }

  void collect_edges(const std::string& from, const Value& needs, const std::string& key) {
    for (const Value& each : needs.children) {
      const bool map = needs.type == Value::Type::map;
      const std::string& text = map ? each.name : each.text;
      const auto on = KeyParts::parse(text);
      if (!on) {
        tell(each, key, "must name services as [project/]service[@instance]: " + on.error().detail,
             removal_of_merged(each));
        continue;
      }
      if (on->project || on->instance) continue;
      if (!by_name_.contains(on->service)) {
        const std::string_view near = near_name(on->service);
        tell_name(each, below(key, text),
                  "is no service of this project" +
                      (near.empty() ? "; it will be shown as missing" : "; did you mean " + in_quotes(near) + "?"),
                  Mistake::Severity::warning);
      }
      edges_[from].push_back({on->service, &each, below(key, text)});
    }
  }

  // Each cycle once, at the dependency that closes it.
  void check_cycles() {
    for (const auto& [name, edges] : edges_) visit(name);
  }

  void visit(const std::string& name) {
    if (done_.contains(name)) return;
    path_.push_back(name);
    open_.insert(name);
    for (const Edge& edge : edges_[name]) {
      if (open_.contains(edge.to)) {
        tell_cycle(edge);
      } else if (edges_.contains(edge.to)) {
        visit(edge.to);
      }
    }
    path_.pop_back();
    open_.erase(name);
    done_.insert(name);
  }

  void tell_cycle(const Edge& edge) {
    constexpr std::ptrdiff_t most_shown = 8;
    const auto begin = std::ranges::find(path_, edge.to);
    std::string cycle;
    for (auto each = begin; each != path_.end(); ++each) {
      const bool shown = each - begin < most_shown || each + 1 == path_.end();
      if (shown) cycle += *each + " -> ";
      if (each - begin == most_shown && !shown) cycle += "... -> ";
    }
    tell_name(*edge.value, edge.key, "closes a cycle: " + cycle + edge.to + "; take one of them out");
    mistakes_.back().fix = removal_of_merged(*edge.value);
  }

  // By the same rules as PUT /services: what does not go together there does not go together here.
  void check_checks(const Value& checks, const std::string& key) {
    std::set<std::string> ids;
    for (std::size_t i = 0; i < checks.children.size(); ++i) {
      const Value& each = checks.children[i];
      const std::string own = key + "[" + std::to_string(i) + "]";
      if (const Value* id = each.find("id"); id != nullptr && !ids.insert(id->text).second) {
        tell(*id, below(own, "id"), in_quotes(id->text) + " is there twice; name the checks apart",
             removal_of_merged(*id));
      }
      if (has_errors(mistakes_) || has_reference(each)) continue;
      const Json declaration{{"checks", Json::array({Json(as_json(each))})}};
      if (const auto read = declaration_from_json(declaration, {}); !read) {
        tell(each, own, read.error().detail, removal_of_merged(each));
      }
    }
  }

  static bool has_reference(const Value& value) {
    return value.text.find("${") != std::string::npos || std::ranges::any_of(value.children, has_reference);
  }

  void check_references(const Value& value, const std::string& key) {
    if (value.type == Value::Type::scalar) return check_text(value, key);
    for (std::size_t i = 0; i < value.children.size(); ++i) {
      const Value& child = value.children[i];
      const bool list = value.type == Value::Type::list;
      check_references(child, list ? key + "[" + std::to_string(i) + "]" : below(key, child.name));
    }
  }

  void check_text(const Value& value, const std::string& key) {
    const auto pieces = pieces_of(value.text);
    if (!pieces) return tell(value, key, pieces.error().detail, removal_of_merged(value));
    for (const TextPiece& piece : *pieces) {
      if (piece.kind == TextPiece::Kind::service) check_reference(value, key, piece.service);
    }
  }

  void check_reference(const Value& value, const std::string& key, const ServiceReference& reference) {
    const auto service = by_name_.find(reference.service);
    if (service == by_name_.end()) {
      const std::string_view near = near_name(reference.service);
      std::optional<Fix> fix = removal_of_merged(value);
      if (!near.empty() && fix) fix = replacement(value, with_service(value, reference.service, std::string(near)));
      return tell(value, key,
                  "refers to " + in_quotes(reference.service) + ", which is no service of this project" +
                      (near.empty() ? "" : "; did you mean " + in_quotes(near) + "?"),
                  fix);
    }
    if (reference.role.empty() || has_role(*service->second, reference.role)) return;
    tell(value, key,
         "refers to the port " + in_quotes(reference.role) + " of " + reference.service +
             ", which has none of that name",
         removal_of_merged(value));
  }

  static std::string with_service(const Value& value, const std::string& service, const std::string& other) {
    std::string text = value.text;
    const std::string wrong = "${services." + service + ".", right = "${services." + other + ".";
    for (std::size_t at = text.find(wrong); at != std::string::npos; at = text.find(wrong, at + right.size())) {
      text.replace(at, wrong.size(), right);
    }
    return Json(text).dump();
  }

  static bool has_role(const Value& service, const std::string& role) {
    const Value* ports = service.find("ports");
    if (ports == nullptr || ports->children.empty()) return role == Key{}.role;
    const bool map = ports->type == Value::Type::map;
    return std::ranges::any_of(ports->children,
                               [&](const Value& each) { return (map ? each.name : each.text) == role; });
  }

  // The service of nearly that name, or nothing, also once the search was long enough.
  std::string_view near_name(const std::string& name) {
    if (mistakes_.size() >= most_told || compared_ > most_compared) return "";
    compared_ += names_.size();
    return nearest(name, views());
  }

  std::optional<Fix> removal_of_merged(const Value& merged) const {
    if (is_crowded(mistakes_, merged.source.get())) return std::nullopt;
    const auto own = originals_.of(merged);
    if (own.value == nullptr) return std::nullopt;
    return removal(*own.root, *own.value);
  }

  Mistake at(const Value& value, Place place, std::string key, std::string message) const {
    if (is_crowded(mistakes_, value.source.get()))
      return {.source = value.source, .place = place, .key = std::move(key), .message = std::move(message)};
    return place == value.place ? mistake_at(value, std::move(key), std::move(message))
                                : mistake_at_name(value, std::move(key), std::move(message));
  }

  void tell(const Value& value, std::string key, std::string message, std::optional<Fix> fix) {
    mistakes_.push_back(at(value, value.place, std::move(key), std::move(message)));
    mistakes_.back().fix = std::move(fix);
  }

  void tell_name(const Value& value, std::string key, std::string message,
                 Mistake::Severity severity = Mistake::Severity::error) {
    Mistake mistake =
        at(value, value.name.empty() ? value.place : value.name_place, std::move(key), std::move(message));
    mistake.severity = severity;
    if (severity == Mistake::Severity::error) mistake.fix = removal_of_merged(value);
    mistakes_.push_back(std::move(mistake));
  }

  std::vector<std::string_view> views() const { return {names_.begin(), names_.end()}; }

  const Value& services_;
  const Originals& originals_;
  std::vector<Mistake>& mistakes_;
  std::map<std::string, const Value*> by_name_;
  std::vector<std::string> names_;
  std::map<std::string, std::string> ports_;  // a number that is asked for, and by which key
  std::map<std::string, std::vector<Edge>> edges_;
  std::set<std::string> open_;     // those of path_
  std::size_t compared_ = 0;       // names, in search of a near one
  std::vector<std::string> path_;  // from the service that the search began with
  std::set<std::string> done_;
};

}  // namespace

std::string project_name(const std::string& original) {
  std::string name = to_name(original);
  return name.empty() && !original.empty() ? sha256_hex(original, 8) : name;
}

void check_project(const Value& merged, const Originals& originals, std::vector<Mistake>& mistakes) {
  const Value* services = merged.find("services");
  if (services != nullptr && services->type == Value::Type::map) ProjectCheck(*services, originals, mistakes).run();
}

}  // namespace portd::config
