#include "config/project.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "config/fixes.hpp"
#include "config/git_checkout.hpp"
#include "config/originals.hpp"
#include "config/project_check.hpp"
#include "config/validation.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_files = 32;
constexpr std::size_t most_values_in_all = 2 * most_values;

std::size_t count_of(const Value& value) {
  std::size_t count = 1;
  for (const Value& child : value.children) count += count_of(child);
  return count;
}

fs::path resolved_file(const fs::path& path) {
  std::error_code failed;
  fs::path canonical = fs::weakly_canonical(path, failed);
  return failed ? path.lexically_normal() : canonical;
}

// A link to what is no file is named as it lies in the project: what it leads to says nothing of that.
fs::path named_file(const fs::path& path) {
  std::error_code failed;
  const bool leads_nowhere = fs::is_symlink(path, failed) && !fs::is_regular_file(path, failed);
  return leads_nowhere ? resolved_file(path.parent_path()) / path.filename() : resolved_file(path);
}

// The folder that a project may not reach out of: its git checkout, else the folder above its file.
fs::path boundary_of(const fs::path& file) {
  for (fs::path folder = file.parent_path();; folder = folder.parent_path()) {
    if (git_checkout_at(folder)) return folder;
    if (folder == folder.parent_path()) break;
  }
  return file.parent_path().parent_path();
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  const fs::path relative = file.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != "..";
}

// Reads a project file after those that it extends, depth first. Each file is read once and laid once, however often it
// is named: before the first that names it.
class Chain {
 public:
  Chain(LoadedProject& loaded, Originals& originals, const fs::path& file)
      : loaded_(loaded), originals_(originals), boundary_(boundary_of(file)) {
    whole_.type = Value::Type::map;
  }

  // `content`: in place of what the file has.
  Value read(const fs::path& file, const std::optional<std::string>& content) {
    add(take(content ? read_text(file, *content) : read_document(file, Layer::project, true)), file);
    return std::move(whole_);
  }

 private:
  Value take(Document document) {
    loaded_.project.sources.push_back(document.source);
    loaded_.mistakes.insert(loaded_.mistakes.end(), document.mistakes.begin(), document.mistakes.end());
    originals_.add(document.root);
    validate(document.root, Scope::project, loaded_.mistakes);
    return std::move(document.root);
  }

  void add(Value own, const fs::path& file) {
    open_.push_back(file);
    if (const Value* extends = own.find("extends")) {
      if (extends->type == Value::Type::scalar) add_base(*extends, file);
      if (extends->type == Value::Type::list) {
        for (const Value& each : extends->children) add_base(each, file);
      }
    }
    open_.pop_back();
    loaded_.project.files.push_back(file);
    declare_empty_services(own, whole_);
    if (own.type == Value::Type::map) merge(whole_, std::move(own));
  }

  void add_base(const Value& stated, const fs::path& file) {
    if (stated.type != Value::Type::scalar) return;
    if (fs::path(stated.text).is_absolute()) {
      return refuse(stated, "must be a path from here, such as ../portd.base.yaml: others have no " + stated.text);
    }
    const fs::path base = resolved_file(file.parent_path() / stated.text);
    if (const auto begin = std::ranges::find(open_, base); begin != open_.end()) return refuse_loop(stated, begin);
    if (seen_.contains(base)) return;
    if (auto wrong = why_not(base)) return refuse(stated, *wrong);
    if (seen_.size() + 1 >= most_files) {
      return refuse(stated, "extends more than " + std::to_string(most_files) + " files");
    }
    if (values_ > most_values_in_all) return;  // told
    seen_.insert(base);
    Value own = take(read_document(base, Layer::project, true));
    values_ += count_of(own);
    if (values_ > most_values_in_all) {
      return refuse(stated,
                    "leads to more than " + std::to_string(most_values_in_all) + " values in all; make them fewer");
    }
    add(std::move(own), base);
  }

  // A cloned repository may name any file; what is none of its own is not looked at, let alone shown.
  std::optional<std::string> why_not(const fs::path& base) const {
    const fs::path ending = base.extension();
    if (ending != ".yaml" && ending != ".yml" && ending != ".json") return "must be a file that ends in .yaml or .json";
    if (!lies_in(base, boundary_)) return "lies outside of " + boundary_.string() + "; a project's files are in it";
    std::error_code ignored;
    if (!fs::exists(base, ignored)) return "cannot be read: there is no " + base.string();
    return std::nullopt;
  }

  void refuse_loop(const Value& stated, std::vector<fs::path>::const_iterator begin) {
    std::string loop;
    for (auto each = begin; each != open_.end(); ++each) loop += each->filename().string() + " -> ";
    refuse(stated, "is a loop: " + loop + begin->filename().string() + "; take one of them out");
  }

  void refuse(const Value& stated, std::string message) {
    Mistake mistake = mistake_at(stated, "extends", std::move(message));
    if (const auto own = originals_.of(stated); own.value != nullptr) mistake.fix = removal(*own.root, *own.value);
    loaded_.mistakes.push_back(std::move(mistake));
  }

  // `services: {api: }` declares a service of which there is nothing more to say, unless a weaker layer has one that
  // it takes back.
  static void declare_empty_services(Value& own, const Value& weaker) {
    Value* services = own.find("services");
    if (services == nullptr) return;
    const Value* lower = weaker.find("services");
    for (Value& service : services->children) {
      const Value* there = lower == nullptr ? nullptr : lower->find(service.name);
      const bool takes_back = there != nullptr && there->type != Value::Type::null;
      if (service.type == Value::Type::null && !takes_back) service.type = Value::Type::map;
    }
  }

  LoadedProject& loaded_;
  Originals& originals_;
  fs::path boundary_;
  Value whole_;                 // what was read until now
  std::size_t values_ = 0;      // of those that others extend
  std::vector<fs::path> open_;  // being read, outermost first
  std::set<fs::path> seen_;     // that others extend
};

void label(Value& value, Layer layer) {
  value.layer = layer;
  for (Value& child : value.children) label(child, layer);
}

std::vector<std::string> names_under(const Value& merged, const char* section) {
  std::vector<std::string> names;
  const Value* found = merged.find(section);
  if (found == nullptr) return names;
  for (const Value& child : found->children) names.push_back(child.name);
  return names;
}

// Takes the section out of the tree and lays what it has under that name upon it.
void overlay(Value& merged, const char* section, const std::string& name, Layer layer) {
  Value chosen;
  if (Value* found = merged.find(section)) {
    if (Value* named = found->find(name)) chosen = std::move(*named);
    std::erase_if(merged.children, [section](const Value& child) { return child.name == section; });
  }
  if (chosen.type != Value::Type::map) return;
  chosen.name = "";
  label(chosen, layer);
  merge(merged, std::move(chosen));
}

std::string text_of(const Value& map, const char* name) {
  const Value* found = map.find(name);
  return found == nullptr ? "" : found->text;
}

bool is_true(const Value& map, const char* name, bool otherwise) {
  const Value* found = map.find(name);
  return found == nullptr ? otherwise : found->text == "true";
}

std::vector<std::string> texts(const Value* list) {
  std::vector<std::string> texts;
  if (list == nullptr) return texts;
  for (const Value& item : list->children) texts.push_back(item.text);
  return texts;
}

ProjectPort port_from(const Value& value) {
  ProjectPort port{.role = value.name};
  if (const auto number = Port::parse(text_of(value, "port"))) port.port = *number;
  if (const Value* range = value.find("range")) port.range = range->text;
  port.protocol = from_text<Protocol>(text_of(value, "protocol"));
  port.on_conflict = from_text<OnConflict>(text_of(value, "on_conflict"));
  return port;
}

std::vector<ProjectPort> ports_from(const Value* value) {
  std::vector<ProjectPort> ports;
  if (value != nullptr) {
    for (const Value& child : value->children) {
      ports.push_back(value->type == Value::Type::map ? port_from(child) : ProjectPort{.role = child.text});
    }
  }
  if (ports.empty()) ports.push_back({.role = Key{}.role});
  return ports;
}

std::optional<ProjectCommand> command_from(const Value* value) {
  if (value == nullptr) return std::nullopt;
  if (value->type == Value::Type::scalar) return ProjectCommand{{value->text}, true};
  return ProjectCommand{texts(value), false};
}

std::vector<ProjectDependency> dependencies_from(const Value* value) {
  std::vector<ProjectDependency> dependencies;
  if (value == nullptr) return dependencies;
  for (const Value& child : value->children) {
    const auto on = KeyParts::parse(value->type == Value::Type::map ? child.name : child.text);
    if (!on) continue;
    ProjectDependency dependency{.on = *on};
    if (value->type == Value::Type::map) {
      const bool plain = child.type == Value::Type::scalar;
      const auto condition = from_text<Condition>(plain ? child.text : text_of(child, "condition"));
      dependency.condition = condition.value_or(dependency.condition);
      dependency.required = is_true(child, "required", true);
    }
    dependencies.push_back(std::move(dependency));
  }
  return dependencies;
}

ProjectService service_from(const Value& value, const fs::path& root) {
  ProjectService service{.name = project_name(value.name)};
  service.ports = ports_from(value.find("ports"));
  service.command = command_from(value.find("command"));
  service.cwd = (root / text_of(value, "cwd")).lexically_normal();
  if (!service.cwd.has_filename()) service.cwd = service.cwd.parent_path();
  service.depends_on = dependencies_from(value.find("depends_on"));
  if (const Value* checks = value.find("checks")) service.checks = Json(as_json(*checks));
  if (const Value* env = value.find("env")) {
    for (const Value& each : env->children) service.env.emplace_back(each.name, each.text);
  }
  service.tags = texts(value.find("tags"));
  if (const Value* metadata = value.find("metadata")) {
    for (const Value& each : metadata->children) service.metadata.emplace(each.name, each.text);
  }
  service.shared = is_true(value, "shared", false);
  return service;
}

void read_project(Project& project, const Value& merged) {
  if (const Value* name = merged.find("project")) project.name = name->text;
  if (const Value* services = merged.find("services")) {
    for (const Value& each : services->children) {
      project.services.push_back(service_from(each, project.file.parent_path()));
    }
  }
}

}  // namespace

const ProjectPort* ProjectService::find_port(std::string_view role) const {
  const auto found = std::ranges::find(ports, role, &ProjectPort::role);
  return found == ports.end() ? nullptr : &*found;
}

const std::string& ProjectService::main_role() const {
  const ProjectPort* http = find_port(Key{}.role);
  return http != nullptr ? http->role : ports.front().role;
}

const ProjectService* Project::find(std::string_view service) const {
  const auto found = std::ranges::find(services, service, &ProjectService::name);
  return found == services.end() ? nullptr : &*found;
}

LoadedProject load_project(const ProjectSources& sources) {
  LoadedProject loaded;
  Originals originals;
  const fs::path file = named_file(sources.file);
  loaded.project.file = file;
  Value merged = Chain(loaded, originals, file).read(file, sources.content);
  loaded.project.environments = names_under(merged, "environments");
  loaded.project.instances = names_under(merged, "instances");
  std::erase_if(merged.children, [](const Value& child) { return child.name == "extends"; });

  overlay(merged, "environments", sources.environment.empty() ? "development" : sources.environment,
          Layer::environment);
  overlay(merged, "instances", sources.instance, Layer::instance);
  Value variables = variable_layer(sources.variables, Scope::project);
  validate(variables, Scope::project, loaded.mistakes);
  merge(merged, std::move(variables));
  Value flags = flag_layer(sources.flags, Scope::project, loaded.mistakes);
  validate(flags, Scope::project, loaded.mistakes);
  merge(merged, std::move(flags));
  drop_nulls(merged);

  if (!has_errors(loaded.mistakes)) require(merged, loaded.mistakes);
  check_project(merged, originals, loaded.mistakes);
  if (!has_errors(loaded.mistakes)) read_project(loaded.project, merged);
  sort_by_place(loaded.mistakes);
  keep_most_told(loaded.mistakes);
  loaded.merged = std::move(merged);
  return loaded;
}

Error error_of(const std::vector<Mistake>& mistakes) {
  std::string text;
  std::string file;
  for (const Mistake& mistake : mistakes) {
    if (mistake.severity != Mistake::Severity::error) continue;
    text += (text.empty() ? "" : "\n") + describe(mistake);
    if (file.empty() && mistake.source != nullptr) file = mistake.source->name;
  }
  return Error{Problem::invalid_value, std::move(text), {{"file", std::move(file)}}};
}

}  // namespace portd::config
