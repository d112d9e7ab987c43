#include "daemon/notify/notifier.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

#include "daemon/notify/alert_text.hpp"

namespace portd::notify {
namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Notifier::Notifier(boost::asio::io_context& loop, const Options& options, std::optional<rlim_t> descriptors)
    : on_desktop_(options.desktop),
      desktop_(
          loop, [](const Alert& alert) { return desktop_command(alert, variable); }, descriptors),
      webhook_(loop, host_name(), {}) {
  webhook_.use(options.webhook);
}

void Notifier::use(const Options& options) {
  on_desktop_ = options.desktop;
  webhook_.use(options.webhook);
}

void Notifier::tell(const Alert& alert) {
  const bool raised = alert.state == AlertState::raised;
  spdlog::log(raised ? spdlog::level::warn : spdlog::level::info, "{}", log_line(alert));
  if (raised && on_desktop_) desktop_.show(alert);
  webhook_.deliver(alert);
}

}  // namespace portd::notify
