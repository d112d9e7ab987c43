#include "config/settings.hpp"

#include <algorithm>
#include <charconv>

#include "common/http_url.hpp"
#include "common/size.hpp"
#include "common/wording.hpp"
#include "config/fixes.hpp"
#include "config/originals.hpp"
#include "config/validation.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;

// Reads the merged tree, which the schema has passed, into the typed settings.
class Reading {
 public:
  Reading(const Value& merged, const Variables& variables) : merged_(merged), variables_(variables) {}

  Settings settings() const {
    Settings settings;
    read_api(settings.api);
    read_ports(settings.ports);
    take_duration({"leases", "ttl"}, settings.leases.ttl);
    take_duration({"leases", "memory"}, settings.leases.memory);
    take_texts({"checks", "allowed_hosts"}, settings.checks.allowed_hosts);
    read_commands(settings.checks);
    take_duration({"watch", "interval"}, settings.watch.interval);
    take_text({"watch", "docker_socket"}, settings.watch.docker_socket);
    read_history(settings.history);
    read_log(settings.log);
    read_alerts(settings.alerts);
    return settings;
  }

 private:
  const Value* find(const KeyPath& path) const { return config::find(merged_, path); }

  void read_api(Settings::Api& api) const {
    if (const Value* port = find({"api", "port"})) {
      std::from_chars(port->text.data(), port->text.data() + port->text.size(), api.port);
    }
    take_texts({"api", "allowed_hosts"}, api.allowed_hosts);
    take_text({"api", "listen"}, api.listen);
  }

  void read_ports(Settings::Ports& ports) const {
    if (const Value* ranges = find({"ports", "ranges"})) {
      for (const Value& each : ranges->children) {
        if (const auto range = PortRange::parse(each.text)) ports.ranges.insert_or_assign(each.name, *range);
      }
    }
    if (const Value* exclude = find({"ports", "exclude"})) {
      for (const Value& each : exclude->children) {
        if (const auto range = PortRange::parse(each.text)) ports.exclude.push_back(*range);
      }
    }
    take_word({"ports", "strategy"}, ports.strategy);
    take_word({"ports", "on_conflict"}, ports.on_conflict);
    take_word({"ports", "hold"}, ports.hold);
  }

  void read_history(Settings::History& history) const {
    if (const Value* enabled = find({"history", "enabled"})) history.enabled = enabled->text == "true";
    take_duration({"history", "max_age"}, history.max_age);
    if (const Value* size = find({"history", "max_size"})) {
      if (const auto bytes = parse_size(size->text)) history.max_size = *bytes;
    }
  }

  void read_log(Settings::Log& log) const {
    take_text({"log", "level"}, log.level);
    take_text({"log", "format"}, log.format);
    take_text({"log", "file"}, log.file);
    const auto home = variables_.find("HOME");
    if (log.file.starts_with("~/") && home != variables_.end()) log.file.replace(0, 1, home->second);
  }

  void read_alerts(Settings::Alerts& alerts) const {
    std::vector<std::string> muted;
    take_texts({"alerts", "mute"}, muted);
    alerts.mute = {muted.begin(), muted.end()};
    if (const Value* desktop = find({"alerts", "desktop"})) alerts.desktop = desktop->text == "true";
    take_text({"alerts", "webhook"}, alerts.webhook);
    take_texts({"alerts", "allowed_hosts"}, alerts.allowed_hosts);
  }

  void read_commands(Settings::Checks& checks) const {
    const Value* services = find({"checks", "commands"});
    if (services == nullptr) return;
    for (const Value& service : services->children) {
      const auto key = Key::parse(service.name);
      if (!key) continue;
      for (const Value& each : service.children) {
        Check check;
        check.id = each.name;
        check.type = CheckType::command;
        take_texts(each.find("command"), check.command);
        take_duration(each.find("interval"), check.schedule.interval);
        take_duration(each.find("timeout"), check.schedule.timeout);
        checks.commands[instance_of(*key)].insert_or_assign(each.name, std::move(check));
      }
    }
  }

  static void take_duration(const Value* value, Millis& target) {
    if (value == nullptr) return;
    if (const auto duration = parse_duration(value->text)) target = *duration;
  }
  void take_duration(const KeyPath& path, Millis& target) const { take_duration(find(path), target); }

  static void take_texts(const Value* list, std::vector<std::string>& target) {
    if (list == nullptr) return;
    target.clear();
    for (const Value& item : list->children) target.push_back(item.text);
  }
  void take_texts(const KeyPath& path, std::vector<std::string>& target) const { take_texts(find(path), target); }

  void take_text(const KeyPath& path, std::string& target) const {
    if (const Value* value = find(path)) target = value->text;
  }

  template <class E>
  void take_word(const KeyPath& path, E& target) const {
    const Value* value = find(path);
    if (value == nullptr) return;
    if (const auto word = from_text<E>(value->text)) target = *word;
  }

  const Value& merged_;
  const Variables& variables_;
};

// What only shows once all layers are laid upon each other.
class Agreement {
 public:
  Agreement(const Value& merged, const Originals& originals, const Machine& machine, std::vector<Mistake>& mistakes)
      : merged_(merged), originals_(originals), machine_(machine), mistakes_(mistakes) {}

  void check() {
    const Value* ports = merged_.find("ports");
    if (ports != nullptr) check_ranges(ports->find("ranges"));
    const Value* checks = merged_.find("checks");
    if (checks != nullptr) check_services(checks->find("commands"));
    const Value* alerts = merged_.find("alerts");
    if (alerts != nullptr) check_webhook(alerts->find("webhook"), alerts->find("allowed_hosts"));
  }

 private:
  struct Range {
    std::string name;
    PortRange range;
    const Value* value;  // nullptr: built-in
  };

  void check_ranges(const Value* stated) {
    std::vector<Range> ranges;
    for (const auto& [name, range] : Settings().ports.ranges) {
      if (stated == nullptr || stated->find(name) == nullptr) ranges.push_back({name, range, nullptr});
    }
    if (stated != nullptr) {
      for (const Value& each : stated->children) {
        if (const auto range = PortRange::parse(each.text)) ranges.push_back({each.name, *range, &each});
      }
    }
    // Each with the first before it that it overlaps with: the built-in range comes first and is never told of.
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto before = std::ranges::subrange(ranges.begin(), ranges.begin() + static_cast<std::ptrdiff_t>(i));
      const auto other = std::ranges::find_if(before, [&](const Range& each) {
        return each.range.first <= ranges[i].range.last && ranges[i].range.first <= each.range.last;
      });
      if (other != before.end()) tell_overlap(ranges[i], *other);
      if (ranges[i].value != nullptr) check_ephemeral(ranges[i]);
    }
  }

  void tell_overlap(const Range& range, const Range& other) {
    tell(range,
         range.range.text() + " overlaps with ports.ranges." + other.name + ", " + other.range.text() +
             "; a port belongs to one range",
         Mistake::Severity::error);
  }

  void check_ephemeral(const Range& range) {
    if (!machine_.ephemeral) return;
    const PortRange& ephemeral = *machine_.ephemeral;
    if (range.range.last < ephemeral.first || ephemeral.last < range.range.first) return;
    tell(range,
         range.range.text() + " lies in the ephemeral range " + ephemeral.text() +
             ", from which the kernel takes ports for outgoing connections: a port may be gone the moment before its "
             "service opens it; stay below " +
             ephemeral.first.text(),
         Mistake::Severity::warning);
  }

  void tell(const Range& range, std::string message, Mistake::Severity severity) {
    const Value& value = *range.value;
    const bool told = !is_crowded(mistakes_, value.source.get());
    Mistake mistake = told ? mistake_at(value, "ports.ranges." + range.name, std::move(message))
                           : Mistake{.source = value.source, .place = value.place, .message = std::move(message)};
    mistake.severity = severity;
    if (const auto own = told ? originals_.of(value) : Originals::Place{}; own.value != nullptr)
      mistake.fix = removal(*own.root, *own.value);
    mistakes_.push_back(std::move(mistake));
  }

  void check_services(const Value* commands) {
    if (commands == nullptr) return;
    for (const Value& service : commands->children) {
      const auto key = Key::parse(service.name);
      if (key) continue;
      const std::string message = "must be under a service such as shop/db: " + key.error().detail;
      if (is_crowded(mistakes_, service.source.get())) {
        mistakes_.push_back({.source = service.source, .place = service.name_place, .message = message});
      } else {
        mistakes_.push_back(mistake_at_name(service, "checks.commands." + service.name, message));
      }
    }
  }

  void check_webhook(const Value* webhook, const Value* allowed) {
    if (webhook == nullptr) return;
    const auto url = parse_http_url(webhook->text);
    const auto is_that = [&url](const Value& each) { return each.text == url->host; };
    if (!url) {
      tell_webhook(*webhook, webhook->text.starts_with("https:")
                                 ? "is https, which portd does not speak; state an http URL of this machine, behind "
                                   "which a program may pass alerts on"
                                 : "must be an http URL such as http://localhost:9000/alerts");
    } else if (!is_loopback(url->host) && (allowed == nullptr || std::ranges::none_of(allowed->children, is_that))) {
      tell_webhook(*webhook, "leads to " + in_quotes(url->host) +
                                 ", and alerts stay on this machine; list that host under alerts.allowed_hosts");
    }
  }

  void tell_webhook(const Value& webhook, std::string message) {
    if (is_crowded(mistakes_, webhook.source.get())) {
      mistakes_.push_back({.source = webhook.source, .place = webhook.place, .message = std::move(message)});
    } else {
      mistakes_.push_back(mistake_at(webhook, "alerts.webhook", std::move(message)));
    }
  }

  const Value& merged_;
  const Originals& originals_;
  const Machine& machine_;
  std::vector<Mistake>& mistakes_;
};

class Loading {
 public:
  explicit Loading(const Machine& machine) : machine_(machine) { merged_.type = Value::Type::map; }

  void add(Document document) {
    mistakes_.insert(mistakes_.end(), document.mistakes.begin(), document.mistakes.end());
    originals_.add(document.root);
    add(std::move(document.root));
  }

  // Every layer is checked by itself, so that a mistake shows even where a later layer covers it.
  void add(Value layer) {
    validate(layer, Scope::daemon, mistakes_);
    if (layer.type == Value::Type::map) merge(merged_, std::move(layer));
  }

  void add_flags(const std::vector<FlagSetting>& flags) { add(flag_layer(flags, Scope::daemon, mistakes_)); }

  Loaded finish(const Variables& variables) {
    drop_nulls(merged_);
    if (!has_errors(mistakes_)) require(merged_, mistakes_);
    Agreement(merged_, originals_, machine_, mistakes_).check();
    Loaded loaded;
    if (!has_errors(mistakes_)) loaded.settings = Reading(merged_, variables).settings();
    sort_by_place(mistakes_);
    keep_most_told(mistakes_);
    loaded.merged = std::move(merged_);
    loaded.mistakes = std::move(mistakes_);
    return loaded;
  }

 private:
  const Machine& machine_;
  Value merged_;
  Originals originals_;
  std::vector<Mistake> mistakes_;
};

Loaded load(const Sources& sources, const fs::path* replaced, const std::string* content, const Machine& machine) {
  Loading loading(machine);
  for (const SettingsFile& file : sources.files) {
    if (replaced != nullptr && file.path == *replaced) {
      loading.add(read_text(file.path, *content, file.layer));
    } else {
      loading.add(read_document(file.path, file.layer, file.required));
    }
  }
  loading.add(variable_layer(sources.variables, Scope::daemon));
  loading.add_flags(sources.flags);
  return loading.finish(sources.variables);
}

// The one that somebody asked for, by flag or PORTD_CONFIG.
std::optional<fs::path> stated_file(const Variables& variables, const std::optional<fs::path>& config_flag) {
  if (config_flag) return config_flag;
  return stated_variable(variables, "PORTD_CONFIG");
}

// portd.yaml, or portd.json where only that is there.
fs::path file_in(const fs::path& folder) {
  std::error_code ignored;
  const bool only_json = fs::exists(folder / "portd.json", ignored) && !fs::exists(folder / "portd.yaml", ignored);
  return folder / (only_json ? "portd.json" : "portd.yaml");
}

void list_below(const Value& value, const std::string& key, std::vector<ShownSetting>& list) {
  if (value.type == Value::Type::map && !value.children.empty()) {
    for (const Value& child : value.children) list_below(child, below(key, child.name), list);
    return;
  }
  list.push_back({key, Json(as_json(value)), value.layer, value.where()});
}

}  // namespace

Loaded load_settings(const Sources& sources, const Machine& machine) {
  return load(sources, nullptr, nullptr, machine);
}

Loaded load_settings_with(const Sources& sources, const fs::path& file, const std::string& content,
                          const Machine& machine) {
  return load(sources, &file, &content, machine);
}

std::optional<fs::path> user_file(const Variables& variables, const std::optional<fs::path>& config_flag) {
  if (auto stated = stated_file(variables, config_flag)) return stated;
  // The XDG base directory specification: a relative XDG_CONFIG_HOME is ignored.
  fs::path folder = stated_variable(variables, "XDG_CONFIG_HOME").value_or("");
  if (!folder.is_absolute()) {
    const auto home = stated_variable(variables, "HOME");
    if (!home) return std::nullopt;
    folder = fs::path(*home) / ".config";
  }
  return file_in(folder / "portd");
}

Sources default_sources(const Variables& variables, const std::optional<fs::path>& config_flag,
                        std::vector<FlagSetting> flags) {
  Sources sources{.files = {{file_in("/etc/portd"), Layer::system}}, .variables = variables, .flags = std::move(flags)};
  if (auto file = user_file(variables, config_flag)) {
    const bool required = stated_file(variables, config_flag).has_value();
    sources.files.push_back({std::move(*file), Layer::user, required});
  }
  return sources;
}

std::vector<ShownSetting> list_settings(const Value& merged, Scope scope) {
  Value all = built_in_layer(scope);
  if (merged.type == Value::Type::map) merge(all, merged);
  std::vector<ShownSetting> list;
  for (const Value& section : all.children) list_below(section, section.name, list);
  return list;
}

}  // namespace portd::config
