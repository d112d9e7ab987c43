#pragma once

#include <string>

namespace portd::client {

// "my-api": "MY_API", as a shell can have it; "3d": "_3D".
std::string variable_name(const std::string& name);

}  // namespace portd::client
