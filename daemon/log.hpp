#pragma once

#include <spdlog/logger.h>

#include <memory>

#include "common/error.hpp"
#include "config/settings.hpp"

namespace portd {

// What portd writes about itself: lines on stderr, and in a file beside it that begins anew at 10 MB; five older ones
// are kept. Text for people, or one JSON object a line: {"time", "level", "message"}. Control characters in what is
// written come out escaped.
// Error: invalid_value, the file cannot be opened.
Result<std::shared_ptr<spdlog::logger>> open_log(const config::Settings::Log& settings);

// Everything is written there from now on. On the thread that logs.
void use_log(std::shared_ptr<spdlog::logger> log);

}  // namespace portd
