#pragma once

#include <string_view>
#include <vector>

namespace portd::client {

// What a person presses in a full-screen view.
enum class KeyPress { quit, up, down, page_up, page_down, home, end, sort, all };

// Of the bytes that a terminal sends (ECMA-48; xterm's arrows): what they do not know is passed over.
std::vector<KeyPress> key_presses_of(std::string_view bytes);

}  // namespace portd::client
