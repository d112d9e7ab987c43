#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/error.hpp"
#include "common/json.hpp"

namespace portd::api {

// What the handlers of /config ask for; the composition root knows. Loop thread only.
class ConfigurationDesk {
 public:
  // Nothing changed. `mistakes`: an array, where the settings are what is wrong.
  struct Refusal {
    Error error;
    Json mistakes{};
  };
  // What a text is worth.
  struct Judgement {
    bool valid = false;
    Json mistakes{};
  };

  virtual ~ConfigurationDesk() = default;

  // The body of GET /config: what the user's file states now, which settings are in use, and where each came from.
  // Error: store_unavailable, the file cannot be read.
  virtual Result<Json> show() const = 0;

  // Replaces the user's file, and puts what it states into use; a text that it has already is only put into use.
  // Refusals: invalid_value, command_not_allowed, store_unavailable, disk_full.
  virtual std::optional<Refusal> replace(const std::string& content) = 0;
  // The same with what the file shall state, sections by name; its comments stay where they can.
  virtual std::optional<Refusal> restate(const Json& settings) = 0;

  // What the text would be as the user's file.
  virtual Judgement judge_daemon_text(const std::string& content) const = 0;
  // What it would be as a project's. No other file is read.
  virtual Judgement judge_project_text(const std::string& content) const = 0;

  // The JSON Schema of both.
  virtual std::string_view schema() const = 0;
};

}  // namespace portd::api
