#pragma once

#include "client/configuration.hpp"

namespace portd::client {

// All settings that hold here: those of portd, as the running one has them, else as it would start with them; then
// those of the project. Failure: configuration, every mistake in its detail.
Outcome<std::vector<config::ShownSetting>> shown_settings(Session& session, const ConfigOptions& options);

// A value on one line, as YAML's flow style writes it: next, [a, b], {a: 1}.
std::string value_text(const Json& value);

}  // namespace portd::client
