#pragma once

#include <spdlog/logger.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/error.hpp"
#include "config/settings.hpp"
#include "daemon/api/configuration_desk.hpp"

namespace portd {

// What portd was told: where its settings come from, which are in use, and how others are put into use while it runs.
// A text with mistakes changes nothing. What the schema marks with `x-restart` stays as it was when portd started.
// Loop thread only.
class Configuration : public api::ConfigurationDesk {
 public:
  using Changed = std::function<void(const config::Settings&)>;

  // Reads the sources, for the first time.
  Configuration(config::Sources sources, config::Machine machine);

  // Of the first reading. With an error among them nothing of this is to be used.
  const std::vector<config::Mistake>& mistakes() const { return used_.mistakes; }

  // Opens the log as the settings have it, and says there what is doubtful in them.
  // Error: invalid_value with the place, the log's file cannot be opened.
  Result<void> begin_log();

  const config::Settings& settings() const { return used_.settings; }

  // Called once other settings are in use.
  void on_changed(Changed changed) { changed_ = std::move(changed); }

  // Reads the sources again.
  void reload();

  Result<Json> show() const override;
  std::optional<Refusal> replace(const std::string& content) override;
  std::optional<Refusal> restate(const Json& settings) override;
  Judgement judge_daemon_text(const std::string& content) const override;
  Judgement judge_project_text(const std::string& content) const override;
  std::string_view schema() const override;

 private:
  using Log = std::shared_ptr<spdlog::logger>;

  config::Loaded load_with(const std::string& content) const;
  bool keeps_commands(const config::Loaded& after, const std::string& content, const std::string& before) const;
  Log open_log_of(config::Loaded& loaded) const;
  void use(config::Loaded loaded, Log log);
  void keep_until_restart(config::Settings& settings) const;
  void take_stock();
  void log_warnings() const;
  Result<std::string> read_user_file() const;

  config::Sources sources_;
  config::Machine machine_;
  std::optional<std::filesystem::path> file_;        // the user's
  config::Loaded used_;                              // what was read last and had no mistakes
  config::Settings started_;                         // what was in use at the start
  std::vector<config::ShownSetting> until_restart_;  // of these, what stays in use
  std::vector<config::ShownSetting> shown_;          // every setting that is in use
  std::vector<std::string> restart_needed_;          // keys of which another value is stated by now
  Changed changed_ = [](const config::Settings&) {};
};

}  // namespace portd
