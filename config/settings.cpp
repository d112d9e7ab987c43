#include "config/settings.hpp"

#include <algorithm>

#include "common/file.hpp"
#include "config/document.hpp"
#include "config/setting_layers.hpp"

namespace portd::config {
namespace {

namespace fs = std::filesystem;

class Loading {
 public:
  void add_file(const fs::path& path, bool required) {
    const auto content = read_file(path, largest_document);
    if (!content) {
      if (content.error().problem == Problem::not_found && !required) return;
      mistakes_.push_back({path.string(), "", content.error().detail});
      return;
    }
    Document document = read_yaml(path.string(), *content);
    mistakes_.insert(mistakes_.end(), document.mistakes.begin(), document.mistakes.end());
    add(layer_of(document, mistakes_));
  }

  // Every layer is checked by itself, so that a mistake shows even where a later layer covers it.
  void add(const std::vector<LayerEntry>& layer) {
    for (const LayerEntry& entry : layer) {
      if (entry.null) {
        std::erase_if(merged_, [&](const auto& lower) { return lies_under(entry.key, lower.first); });
      } else if (Settings scratch; apply(entry, scratch)) {
        merged_.insert_or_assign(entry.key, entry);
      }
    }
  }

  void add_sets(const std::vector<std::string>& sets) { add(layer_of(sets, mistakes_)); }

  Loaded finish() {
    Loaded loaded;
    for (const auto& [key, entry] : merged_) apply(entry, loaded.settings);
    check_overlaps(loaded.settings.ports.ranges);
    check_commands(loaded.settings.checks.commands);
    loaded.mistakes = std::move(mistakes_);
    return loaded;
  }

 private:
  static bool lies_under(const std::string& section, const std::string& key) {
    return key == section || key.starts_with(section + ".");
  }

  bool apply(const LayerEntry& entry, Settings& settings) {
    const SettingRow* row = find_setting(entry.key);
    if (row == nullptr) {
      mistakes_.push_back({entry.where, entry.key, "is not a setting" + nearest_setting(entry.key)});
      return false;
    }
    const auto done = row->set(settings, names_in(*row, entry.key), entry.value);
    if (!done) mistakes_.push_back({entry.where, entry.key, done.error().detail});
    return done.has_value();
  }

  void check_commands(const std::map<InstanceKey, std::map<std::string, Check>>& commands) {
    for (const auto& [service, checks] : commands) {
      for (const auto& [id, check] : checks) {
        if (!check.command.empty()) continue;
        mistakes_.push_back({"", "checks.commands." + service.text() + "." + id,
                             "has no command; state one, such as command: [pg_isready, -q]"});
      }
    }
  }

  void check_overlaps(const std::map<std::string, PortRange>& ranges) {
    for (auto a = ranges.begin(); a != ranges.end(); ++a) {
      for (auto b = std::next(a); b != ranges.end(); ++b) {
        if (a->second.last < b->second.first || b->second.last < a->second.first) continue;
        // The built-in range has no place of its own.
        const auto stated = merged_.find("ports.ranges." + b->first);
        const auto& [name, range] = stated != merged_.end() ? *b : *a;
        const auto& [other, overlapped] = stated != merged_.end() ? *a : *b;
        const std::string key = "ports.ranges." + name;
        const auto entry = merged_.find(key);
        mistakes_.push_back({entry == merged_.end() ? "" : entry->second.where, key,
                             range.text() + " overlaps with ports.ranges." + other + ", " + overlapped.text() +
                                 "; a port belongs to one range"});
      }
    }
  }

  std::map<std::string, LayerEntry> merged_;
  std::vector<Mistake> mistakes_;
};

std::string variable(const std::map<std::string, std::string>& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

// The one that somebody asked for, by flag or PORTD_CONFIG.
std::optional<fs::path> stated_file(const std::map<std::string, std::string>& environment,
                                    const std::optional<fs::path>& config_flag) {
  if (config_flag) return config_flag;
  const std::string stated = variable(environment, "PORTD_CONFIG");
  return stated.empty() ? std::nullopt : std::optional<fs::path>(stated);
}

// The XDG base directory specification: a relative XDG_CONFIG_HOME is ignored.
std::optional<fs::path> user_file(const std::map<std::string, std::string>& environment) {
  fs::path folder = variable(environment, "XDG_CONFIG_HOME");
  if (!folder.is_absolute()) {
    const std::string home = variable(environment, "HOME");
    if (home.empty()) return std::nullopt;
    folder = fs::path(home) / ".config";
  }
  return folder / "portd" / "portd.yaml";
}

}  // namespace

Loaded load_settings(const Sources& sources, const std::map<std::string, std::string>& environment) {
  Loading loading;
  for (const fs::path& file : sources.files) {
    loading.add_file(file, std::ranges::find(sources.required, file) != sources.required.end());
  }
  loading.add(layer_of(environment));
  loading.add_sets(sources.sets);
  return loading.finish();
}

std::vector<fs::path> default_files(const std::map<std::string, std::string>& environment,
                                    const std::optional<fs::path>& config_flag) {
  std::vector<fs::path> files{"/etc/portd/portd.yaml"};
  auto file = stated_file(environment, config_flag);
  if (!file) file = user_file(environment);
  if (file) files.push_back(std::move(*file));
  return files;
}

Sources default_sources(const std::map<std::string, std::string>& environment,
                        const std::optional<fs::path>& config_flag, std::vector<std::string> sets) {
  Sources sources{.files = default_files(environment, config_flag), .sets = std::move(sets)};
  if (const auto stated = stated_file(environment, config_flag)) sources.required.push_back(*stated);
  return sources;
}

}  // namespace portd::config
