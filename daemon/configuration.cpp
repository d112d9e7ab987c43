#include "daemon/configuration.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "common/file.hpp"
#include "common/wording.hpp"
#include "config/key_path.hpp"
#include "config/restating.hpp"
#include "config/schema.hpp"
#include "config/text_check.hpp"
#include "config/validation.hpp"
#include "daemon/log.hpp"

namespace portd {
namespace {

using config::Loaded;
using config::Mistake;
using config::ShownSetting;

std::optional<std::filesystem::path> user_file_of(const config::Sources& sources) {
  const auto found = std::ranges::find(sources.files, config::Layer::user, &config::SettingsFile::layer);
  return found == sources.files.end() ? std::nullopt : std::optional(found->path);
}

config::KeyPath path_of(const std::string& key) {
  const auto path = config::parse_key(key);
  return path ? *path : config::KeyPath{key};
}

bool needs_restart(const ShownSetting& setting) {
  const Json* marked = config::subschema_at(path_of(setting.key)).find("x-restart");
  return marked != nullptr && *marked == true;
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

Json to_json(const std::vector<Mistake>& mistakes) {
  Json list = Json::array();
  for (const Mistake& mistake : mistakes) list.push_back(config::to_json(mistake));
  return list;
}

api::ConfigurationDesk::Refusal refusal(const std::vector<Mistake>& mistakes) {
  std::string detail;
  for (const Mistake& mistake : mistakes) detail += (detail.empty() ? "" : "\n") + config::describe(mistake);
  return {{Problem::invalid_value, std::move(detail)}, to_json(mistakes)};
}

// Of a file's text, whatever other layers make of it.
nlohmann::json commands_in(const std::filesystem::path& file, const std::string& content) {
  const config::Document document = config::read_text(file, content, config::Layer::user);
  const config::Value* commands = config::find(document.root, {"checks", "commands"});
  const bool none = commands == nullptr || commands->type == config::Value::Type::null;
  return none ? nlohmann::json::object() : config::as_json(*commands);
}

Error commands_differ(const std::filesystem::path& file) {
  return {Problem::command_not_allowed,
          "checks.commands would be other than " + in_quotes(file.string()) +
              " has it, and commands are taken from nobody but the file itself; edit it by hand (portc config edit), "
              "then send SIGHUP to portd, and leave checks.commands as it is here"};
}

// The log is appended to and its older files are renamed: not to a file of a caller's choice.
bool keeps_log_file(const std::filesystem::path& file, const std::string& content, const std::string& before) {
  const auto stated = [&file](const std::string& text) {
    const config::Document document = config::read_text(file, text, config::Layer::user);
    const config::Value* log = config::find(document.root, {"log", "file"});
    return log == nullptr ? std::string() : log->text;
  };
  return stated(content).empty() || stated(content) == stated(before);
}

Error log_file_differs(const std::filesystem::path& file) {
  return {Problem::command_not_allowed,
          "log.file would be other than " + in_quotes(file.string()) +
              " has it, and where portd writes is said by nobody but the file itself; edit it by hand (portc config "
              "edit), then send SIGHUP to portd"};
}

Error no_file() {
  return {Problem::store_unavailable,
          "there is no file to write: neither XDG_CONFIG_HOME nor HOME is set; start portd with --config FILE"};
}

// Of one setting by its name: {"ports": {"strategy": "hash"}}.
void put(Json& settings, const ShownSetting& shown) {
  Json* place = &settings;
  for (const std::string& name : path_of(shown.key)) place = &(*place)[name];
  *place = shown.value;
}

}  // namespace

Configuration::Configuration(config::Sources sources, config::Machine machine)
    : sources_(std::move(sources)),
      machine_(machine),
      file_(user_file_of(sources_)),
      used_(config::load_settings(sources_, machine_)),
      started_(used_.settings) {
  until_restart_ = config::list_settings(used_.merged, config::Scope::daemon);
  std::erase_if(until_restart_, [](const ShownSetting& setting) { return !needs_restart(setting); });
  take_stock();
}

Result<void> Configuration::begin_log() {
  Log log = open_log_of(used_);
  if (!log) return Error{Problem::invalid_value, config::describe(used_.mistakes.back())};
  use_log(std::move(log));
  log_warnings();
  return {};
}

void Configuration::reload() {
  Loaded loaded = config::load_settings(sources_, machine_);
  Log log = config::has_errors(loaded.mistakes) ? nullptr : open_log_of(loaded);
  if (log) return use(std::move(loaded), std::move(log));
  for (const Mistake& mistake : loaded.mistakes) {
    const bool error = mistake.severity == Mistake::Severity::error;
    spdlog::log(error ? spdlog::level::err : spdlog::level::warn, "{}", first_line(config::describe(mistake)));
  }
  spdlog::error("configuration not reloaded; portd goes on with what it had. Mend it and send SIGHUP again mistakes={}",
                loaded.mistakes.size());
}

Result<Json> Configuration::show() const {
  auto content = read_user_file();
  if (!content) return content.error();
  Json settings = Json::object();
  Json origins = Json::object();
  for (const ShownSetting& setting : shown_) {
    put(settings, setting);
    origins[setting.key] = {{"layer", to_text(setting.layer)}, {"where", setting.where}};
  }
  Json shown{{"file", file_ ? Json(std::filesystem::absolute(*file_).string()) : Json()},
             {"content", std::move(*content)},
             {"settings", std::move(settings)},
             {"origins", std::move(origins)},
             {"restart_needed", restart_needed_},
             {"warnings", to_json(used_.mistakes)}};
  return {boost::system::in_place_value, std::move(shown)};
}

// Nothing in here suspends, so nobody sees a part of it. The file is written last: until then all can be refused.
std::optional<api::ConfigurationDesk::Refusal> Configuration::replace(const std::string& content) {
  if (!file_) return Refusal{no_file()};
  const auto before = read_user_file();
  if (!before) return Refusal{before.error()};
  Loaded loaded = load_with(content);
  if (config::has_errors(loaded.mistakes)) return refusal(loaded.mistakes);
  if (!keeps_commands(loaded, content, *before)) return Refusal{commands_differ(*file_)};
  if (!keeps_log_file(*file_, content, *before)) return Refusal{log_file_differs(*file_)};
  Log log = open_log_of(loaded);
  if (!log) return refusal(loaded.mistakes);
  if (content != *before) {  // else the previous version would be lost for nothing
    if (auto written = replace_durably(*file_, content); !written) return Refusal{written.error()};
  }
  use(std::move(loaded), std::move(log));
  return std::nullopt;
}

std::optional<api::ConfigurationDesk::Refusal> Configuration::restate(const Json& settings) {
  if (!file_) return Refusal{no_file()};
  const auto before = read_user_file();
  if (!before) return Refusal{before.error()};
  const auto content = config::restated(*file_, *before, settings);
  if (!content) return Refusal{content.error()};
  return replace(*content);
}

api::ConfigurationDesk::Judgement Configuration::judge_daemon_text(const std::string& content) const {
  const Loaded loaded = load_with(content);
  return {!config::has_errors(loaded.mistakes), to_json(loaded.mistakes)};
}

api::ConfigurationDesk::Judgement Configuration::judge_project_text(const std::string& content) const {
  const std::vector<Mistake> mistakes = config::mistakes_in_project_text(content);
  return {!config::has_errors(mistakes), to_json(mistakes)};
}

std::string_view Configuration::schema() const { return config::schema_text(); }

Loaded Configuration::load_with(const std::string& content) const {
  if (file_) return config::load_settings_with(sources_, *file_, content, machine_);
  config::Sources sources = sources_;
  const std::filesystem::path name = "portd.yaml";
  sources.files.push_back({name, config::Layer::user});
  return config::load_settings_with(sources, name, content, machine_);
}

// What comes of the file counts too: a `null` in it takes back what the system's file states.
bool Configuration::keeps_commands(const Loaded& after, const std::string& content, const std::string& before) const {
  if (commands_in(*file_, content) != commands_in(*file_, before)) return false;
  const Loaded now = load_with(before);
  return config::has_errors(now.mistakes) || now.settings.checks.commands == after.settings.checks.commands;
}

// Nothing, and one mistake more, when its file cannot be opened.
Configuration::Log Configuration::open_log_of(Loaded& loaded) const {
  auto log = open_log(loaded.settings.log);
  if (log) return std::move(*log);
  const config::Value* stated = config::find(loaded.merged, {"log", "file"});
  const config::Value nowhere;
  loaded.mistakes.push_back(config::mistake_at(stated == nullptr ? nowhere : *stated, "log.file", log.error().detail));
  return nullptr;
}

void Configuration::use(Loaded loaded, Log log) {
  used_ = std::move(loaded);
  keep_until_restart(used_.settings);
  take_stock();
  use_log(std::move(log));
  changed_(used_.settings);
  log_warnings();
  if (!restart_needed_.empty()) spdlog::warn("restart needed keys=\"{}\"", joined(restart_needed_));
  spdlog::info("configuration reloaded");
}

// The typed twin of `x-restart`.
void Configuration::keep_until_restart(config::Settings& settings) const {
  settings.api.port = started_.api.port;
  settings.api.listen = started_.api.listen;
  settings.history.enabled = started_.history.enabled;
}

// Lists what is in use, and what would be after a restart.
void Configuration::take_stock() {
  shown_ = config::list_settings(used_.merged, config::Scope::daemon);
  restart_needed_.clear();
  for (ShownSetting& shown : shown_) {
    const auto kept = std::ranges::find(until_restart_, shown.key, &ShownSetting::key);
    if (kept == until_restart_.end()) continue;
    if (kept->value != shown.value) restart_needed_.push_back(shown.key);
    shown = *kept;
  }
}

void Configuration::log_warnings() const {
  for (const Mistake& mistake : used_.mistakes) spdlog::warn("{}", first_line(config::describe(mistake)));
}

// Empty while there is none.
Result<std::string> Configuration::read_user_file() const {
  if (!file_) return std::string();
  auto content = read_file(*file_, config::largest_document);
  if (content) return content;
  if (content.error().problem == Problem::not_found) return std::string();
  return Error{Problem::store_unavailable, content.error().detail};
}

}  // namespace portd
