#include "daemon/log.hpp"

#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <filesystem>
#include <vector>

#include "common/json.hpp"
#include "common/printable.hpp"
#include "common/time.hpp"
#include "common/wording.hpp"

namespace portd {
namespace {

constexpr std::size_t largest_file = std::size_t{10} * 1024 * 1024;
constexpr std::size_t files_kept = 5;

// A record is one line, whatever came from outside into it, and nothing in it steers a terminal: what is escaped here
// need not be where a line is written.
class TextLine : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const std::string safe = escaped({message.payload.data(), message.payload.size()});
    spdlog::details::log_msg printed = message;
    printed.payload = safe;
    pattern_.format(printed, line);
    message.color_range_start = printed.color_range_start;
    message.color_range_end = printed.color_range_end;
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<TextLine>(); }

 private:
  spdlog::pattern_formatter pattern_{"%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v"};
};

// The same for programs: all but ASCII is escaped.
class JsonLine : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& line) override {
    const auto level = spdlog::level::to_string_view(message.level);
    const Json json{{"time", to_rfc3339(std::chrono::time_point_cast<Millis>(message.time))},
                    {"level", std::string(level.data(), level.size())},
                    {"message", std::string(message.payload.data(), message.payload.size())}};
    const std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace) + "\n";
    line.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonLine>(); }
};

std::unique_ptr<spdlog::formatter> formatter_of(const std::string& format) {
  if (format == "json") return std::make_unique<JsonLine>();
  return std::make_unique<TextLine>();
}

Error cannot_open(const std::string& file, const std::string& reason) {
  return {Problem::invalid_value,
          "cannot be opened: " + in_quotes(file) + ": " + reason + "; choose another, or leave log.file out"};
}

// The open of a FIFO would wait for a reader.
bool is_something_else(const std::string& file) {
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
}

Result<spdlog::sink_ptr> open_file(const std::string& file) {
  if (is_something_else(file)) return cannot_open(file, "it is not a regular file");
  try {
    return spdlog::sink_ptr(std::make_shared<spdlog::sinks::rotating_file_sink_mt>(file, largest_file, files_kept));
  } catch (const spdlog::spdlog_ex& failure) {
    const std::string what = failure.what();  // "Failed opening file NAME for writing: REASON"
    return cannot_open(file, what.substr(what.rfind(": ") == std::string::npos ? 0 : what.rfind(": ") + 2));
  }
}

}  // namespace

Result<std::shared_ptr<spdlog::logger>> open_log(const config::Settings::Log& settings) {
  std::vector<spdlog::sink_ptr> sinks{std::make_shared<spdlog::sinks::stderr_color_sink_mt>()};
  if (!settings.file.empty()) {
    auto file = open_file(settings.file);
    if (!file) return file.error();
    sinks.push_back(std::move(*file));
  }
  auto log = std::make_shared<spdlog::logger>("portd", sinks.begin(), sinks.end());
  log->set_formatter(formatter_of(settings.format));
  log->set_level(spdlog::level::from_str(settings.level));
  log->flush_on(spdlog::level::trace);  // whoever follows the file sees each line at once
  return log;
}

void use_log(std::shared_ptr<spdlog::logger> log) { spdlog::set_default_logger(std::move(log)); }

}  // namespace portd
