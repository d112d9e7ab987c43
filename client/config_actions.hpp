#pragma once

#include <CLI/App.hpp>

#include "client/verb.hpp"

// The actions of `portc config`, one a file: client/commands/config_*.cpp.
namespace portd::client {

Verb config_show_action();
Verb config_get_action();
Verb config_set_action();
Verb config_unset_action();
Verb config_edit_action();
Verb config_validate_action();
Verb config_schema_action();
Verb config_path_action();

}  // namespace portd::client
